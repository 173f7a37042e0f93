package io.portcullis.pki;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeTlsTest {
    private static final Duration YEAR = Duration.ofDays(365);
    private static final int TIMEOUT_MILLIS = 20_000;

    @TempDir
    Path folder;

    private CertificateAuthority authority;
    private final List<String> news = new ArrayList<>();
    /** Connections have threads of their own. */
    private final Queue<String> refusedPeers = new ConcurrentLinkedQueue<>();

    private final NodeTls.Listener listener = new NodeTls.Listener() {
        @Override
        public void renewed(NodeCertificate certificate) {
            news.add("renewed " + certificate.serial());
        }

        @Override
        public void refused(PkiException failure) {
            news.add("refused " + failure.getMessage());
        }

        @Override
        public void peerRefused(String reason) {
            refusedPeers.add(reason);
        }
    };

    @BeforeEach
    void makeAuthority() throws PkiException {
        authority = CertificateAuthority.init(folder.resolve("ca"), "test", YEAR.multipliedBy(2), Instant.now());
    }

    @Test
    void shouldLetTwoNodesOfTheClusterSpeak() throws Exception {
        assertThat(exchange(node("host-1"), node("host-2"), "127.0.0.1")).isEqualTo("host-1 served");
    }

    @Test
    void shouldRefuseANodeOfAnotherAuthority() throws Exception {
        CertificateAuthority foreign =
                CertificateAuthority.init(folder.resolve("foreign"), "test", YEAR.multipliedBy(2), Instant.now());
        NodeTls intruder = NodeTls.load(issue(foreign, "host-2", Instant.now(), YEAR), listener);

        assertRefused(node("host-1"), intruder, "127.0.0.1");
        assertRefused(intruder, node("host-3"), "127.0.0.1");
    }

    @Test
    void shouldRefuseAnExpiredCertificateThoughItsNodeStarts() throws Exception {
        Instant longAgo = Instant.now().minus(Duration.ofDays(30));
        NodeTls expired = NodeTls.load(issue(authority, "host-2", longAgo, Duration.ofDays(1)), listener);

        assertRefused(node("host-1"), expired, "127.0.0.1");
        assertRefused(expired, node("host-3"), "127.0.0.1");
    }

    @Test
    void shouldRefuseWhoHasACertificateOfTheAuthorityButIsNoNode() throws Exception {
        NodeTls server = node("host-1");
        SSLContext client = clientOfTheAuthority("reporting");

        try (ServerSocket listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Socket socket = client.getSocketFactory().createSocket("127.0.0.1", listening.getLocalPort())) {
            CompletableFuture<String> served = serve(listening, server);
            assertThatExceptionOfType(IOException.class).isThrownBy(() -> readAll(socket));
            assertThat(served.handle((done, failure) -> failure != null).get(TIMEOUT_MILLIS, TimeUnit.MILLISECONDS))
                    .isTrue();
        }
        assertThat(refusedPeers).singleElement().asString().contains("CN=reporting: it is no node's certificate");
    }

    @Test
    void shouldRefuseWhoAnswersUnderAnAddressThatItsCertificateHasNot() throws Exception {
        TlsFiles elsewhere = authority.issue(
                new CertificateAuthority.Request("host-1", List.of("10.9.9.9"), YEAR), false, Instant.now());

        assertRefused(NodeTls.load(elsewhere, listener), node("host-2"), "127.0.0.1");
    }

    @Test
    void shouldRefusePlainTextAndWhoShowsNoCertificate() throws Exception {
        NodeTls server = node("host-1");
        try (ServerSocket listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Socket plain = new Socket(InetAddress.getLoopbackAddress(), listening.getLocalPort())) {
            CompletableFuture<String> served = serve(listening, server);
            plain.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes());
            assertThatExceptionOfType(Exception.class)
                    .isThrownBy(() -> served.get(TIMEOUT_MILLIS, TimeUnit.MILLISECONDS))
                    .withCauseInstanceOf(SSLException.class);
        }
        SSLContext nobody = ClientTrust.inAuthoritiesOf(authority.certificateFile());
        try (ServerSocket listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Socket socket = nobody.getSocketFactory().createSocket("127.0.0.1", listening.getLocalPort())) {
            CompletableFuture<String> served = serve(listening, server);
            assertThatExceptionOfType(IOException.class).isThrownBy(() -> readAll(socket));
            assertThat(served.handle((done, failure) -> failure != null).get(TIMEOUT_MILLIS, TimeUnit.MILLISECONDS))
                    .isTrue();
        }
    }

    @Test
    void shouldTakeReplacedFilesForNewConnectionsAndKeepTheOldOnesUntilThen() throws Exception {
        TlsFiles files = issue(authority, "host-1", Instant.now(), Duration.ofDays(10));
        NodeTls server = NodeTls.load(files, listener);
        String first = server.certificate().serial();
        NodeTls client = node("host-2");

        String key = Files.readString(files.key());
        TlsFiles renewed = authority.issue(request("host-1", Duration.ofDays(20)), true, Instant.now());
        assertThat(renewed).isEqualTo(files);
        String newKey = Files.readString(files.key());
        Pem.write(files.key(), key, true);
        assertThat(server.certificate().serial())
                .as("key and certificate do not fit")
                .isEqualTo(first);
        assertThat(news).singleElement().asString().contains("is not the key of");
        assertThat(exchange(server, client, "127.0.0.1")).isEqualTo("host-1 served");

        Pem.write(files.key(), newKey, true);
        assertThat(server.certificate().serial()).isNotEqualTo(first);
        assertThat(news)
                .last()
                .asString()
                .isEqualTo("renewed " + server.certificate().serial());
        assertThat(exchange(server, client, "127.0.0.1")).isEqualTo("host-1 served");
    }

    @Test
    void shouldSayWhatIsWrongWithFiles() throws Exception {
        TlsFiles good = issue(authority, "host-1", Instant.now(), YEAR);
        TlsFiles other = issue(authority, "host-2", Instant.now(), YEAR);
        CertificateAuthority foreign =
                CertificateAuthority.init(folder.resolve("foreign"), "test", YEAR.multipliedBy(2), Instant.now());

        assertUnusable(new TlsFiles(good.authority(), good.certificate(), folder.resolve("none")), "no such file");
        assertUnusable(new TlsFiles(good.authority(), good.certificate(), other.key()), "is not the key of");
        assertUnusable(new TlsFiles(foreign.certificateFile(), good.certificate(), good.key()), "was not issued by");
        assertUnusable(new TlsFiles(good.authority(), good.key(), good.key()), "no certificate");
        assertUnusable(new TlsFiles(good.authority(), good.authority(), good.key()), "is no node's certificate");
        assertUnusable(new TlsFiles(good.authority(), good.certificate(), good.certificate()), "others may use");
        Files.setPosixFilePermissions(good.key(), PosixFilePermissions.fromString("rw-r--r--"));
        assertUnusable(good, "others may use the private key");
    }

    private void assertUnusable(TlsFiles files, String words) {
        assertThatExceptionOfType(PkiException.class)
                .isThrownBy(() -> NodeTls.load(files, listener))
                .withMessageContaining(words);
    }

    private NodeTls node(String name) throws PkiException {
        return NodeTls.load(issue(authority, name, Instant.now(), YEAR), listener);
    }

    private static CertificateAuthority.Request request(String node, Duration validity) {
        return new CertificateAuthority.Request(node, List.of("127.0.0.1"), validity);
    }

    private static TlsFiles issue(CertificateAuthority by, String node, Instant when, Duration validity)
            throws PkiException {
        return by.issue(request(node, validity), false, when);
    }

    /** With a certificate that is good for everything but has no node's name. */
    private SSLContext clientOfTheAuthority(String name) throws Exception {
        X509Certificate issuer =
                Pem.readCertificates(authority.certificateFile()).getFirst();
        PrivateKey issuerKey = Pem.readPrivateKey(folder.resolve("ca/ca.key"), "EC");
        KeyPair keys = Certificates.newKeys();
        CertificateAuthority.Request request = request(name, YEAR);
        X509Certificate certificate = Certificates.endEntity(
                request, Certificates.addresses(request), keys.getPublic(), issuer, issuerKey, Instant.now());
        assertThat(NodeCertificate.of(certificate)).isEmpty();
        return NodeIdentity.context(
                List.of(certificate), keys.getPrivate(), NodeIdentity.nodesOnly(List.of(issuer), refusedPeers::add));
    }

    /** What the client reads from the server. */
    private static String exchange(NodeTls server, NodeTls client, String host) throws Exception {
        try (ServerSocket listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Socket socket = client.overConnected(new Socket("127.0.0.1", listening.getLocalPort()), host)) {
            CompletableFuture<String> served = serve(listening, server);
            String answer = readAll(socket);
            return answer.isEmpty()
                    ? "nothing"
                    : server.certificate().node() + " " + served.get(TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private static void assertRefused(NodeTls server, NodeTls client, String host) throws IOException {
        try (ServerSocket listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Socket socket = client.overConnected(new Socket("127.0.0.1", listening.getLocalPort()), host)) {
            CompletableFuture<String> served = serve(listening, server);
            assertThatExceptionOfType(IOException.class).isThrownBy(() -> readAll(socket));
            assertThat(served.handle((done, failure) -> failure == null ? done : "refused")
                            .join())
                    .isEqualTo("refused");
        }
    }

    /** Says a word to one connection, once its handshake is done. */
    private static CompletableFuture<String> serve(ServerSocket listening, NodeTls server) {
        return CompletableFuture.supplyAsync(() -> {
            try (Socket socket = server.overAccepted(listening.accept())) {
                socket.setSoTimeout(TIMEOUT_MILLIS);
                ((SSLSocket) socket).startHandshake();
                socket.getOutputStream().write("hello".getBytes());
                return "served";
            } catch (IOException refused) {
                throw new CompletionException(refused);
            }
        });
    }

    private static String readAll(Socket socket) throws IOException {
        socket.setSoTimeout(TIMEOUT_MILLIS);
        ((SSLSocket) socket).startHandshake();
        return new String(socket.getInputStream().readAllBytes());
    }
}
