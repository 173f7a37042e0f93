package io.portcullis.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portcullis.persistence.testkit.FreePorts;
import io.portcullis.pki.CertificateAuthority;
import io.portcullis.pki.NodeCertificate;
import io.portcullis.pki.NodeTls;
import io.portcullis.pki.PkiException;
import io.portcullis.pki.TlsFiles;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import javax.net.ssl.SSLSocket;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.actor.AddressFromURIString;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.cluster.Cluster;
import org.apache.pekko.cluster.MemberStatus;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Actor systems with the settings of nodes: who has no certificate of the cluster gets into no conversation. */
class TlsBetweenNodesTest {
    private static final Duration LIMIT = Duration.ofSeconds(90);
    /** For those that are refused however long they try. */
    private static final Duration SHORT_LIMIT = Duration.ofSeconds(3);

    private static final Duration DAY = Duration.ofDays(1);

    @TempDir
    Path folder;

    private CertificateAuthority authority;
    private final List<ActorSystem> systems = new ArrayList<>();
    private ActorSystem first;
    private String seed;

    @BeforeEach
    void formClusterOfTwo() throws Exception {
        authority = CertificateAuthority.init(folder.resolve("ca"), "test", DAY.multipliedBy(60), Instant.now());
        seed = "127.0.0.1:" + FreePorts.next();
        first = start("host-1", issue(authority, "host-1", Instant.now()));
        await().atMost(LIMIT).until(() -> isUp(first));
        ActorSystem second = start("host-2", issue(authority, "host-2", Instant.now()));
        await().atMost(LIMIT).until(() -> isUp(second));
    }

    @AfterEach
    void stop() {
        systems.forEach(ActorSystem::terminate);
        systems.forEach(system -> await().atMost(LIMIT)
                .until(() -> system.getWhenTerminated().toCompletableFuture().isDone()));
    }

    @Test
    void shouldLetNobodyInWhoseCertificateIsOfAnotherAuthorityOrHasExpired() throws Exception {
        CertificateAuthority foreign =
                CertificateAuthority.init(folder.resolve("foreign"), "test", DAY.multipliedBy(60), Instant.now());
        ActorSystem intruder = start("host-3", issue(foreign, "host-3", Instant.now()), SHORT_LIMIT);
        ActorSystem late =
                start("host-4", issue(authority, "host-4", Instant.now().minus(Duration.ofDays(30))), SHORT_LIMIT);

        for (ActorSystem refused : List.of(intruder, late)) {
            await().atMost(LIMIT)
                    .until(() -> CoordinatedShutdown.get(refused)
                            .getShutdownReason()
                            .filter(CoordinatedShutdown.clusterJoinUnsuccessfulReason()::equals)
                            .isPresent());
            assertThat(Cluster.get(refused).state().getMembers()).isEmpty();
        }
        assertThat(Cluster.get(first).state().getMembers())
                .hasSize(2)
                .allMatch(member -> member.status().equals(MemberStatus.up()));
    }

    @Test
    void shouldTellNothingToAPeerThatSpeaksInTheClear() throws Exception {
        int port = Integer.parseInt(seed.substring(seed.indexOf(':') + 1));
        try (Socket plain = new Socket(InetAddress.getLoopbackAddress(), port)) {
            plain.setSoTimeout(Math.toIntExact(LIMIT.toMillis()));
            // Artery's own greeting: magic, and the control stream.
            plain.getOutputStream().write(new byte[] {'A', 'K', 'K', 'A', 1});
            plain.getOutputStream().write(new byte[512]);
            byte[] answer = readToTheEnd(plain);

            assertThat(answer.length).as("at most an alert of TLS").isLessThanOrEqualTo(7);
            if (answer.length > 0) {
                assertThat(answer[0]).as("record type: alert").isEqualTo((byte) 21);
            }
        }
    }

    @Test
    void shouldTakeANewCertificateForNewConnectionsWithoutARestart() throws Exception {
        NodeTls observer = NodeTls.load(issue(authority, "host-9", Instant.now()), new TlsLog());
        String before = serialShownBy(observer);

        authority.issue(request("host-1"), true, Instant.now());

        NodeCertificate renewed = authority.nodes().stream()
                .filter(node -> node.node().equals("host-1"))
                .findFirst()
                .orElseThrow();
        assertThat(renewed.serial()).isNotEqualTo(before);
        assertThat(serialShownBy(observer)).isEqualTo(renewed.serial());
        ActorSystem third = start("host-3", issue(authority, "host-3", Instant.now()));
        await().atMost(LIMIT).until(() -> isUp(third));
        assertThat(Cluster.get(first).state().getUnreachable()).isEmpty();
    }

    private ActorSystem start(String host, TlsFiles files) throws NodeStartException {
        return start(host, files, LIMIT);
    }

    /** @param joinLimit when it gives up to join */
    private ActorSystem start(String host, TlsFiles files, Duration joinLimit) throws NodeStartException {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("portcullis.host", host);
        settings.put("portcullis.data-dir", folder.resolve("data").toString());
        settings.put("portcullis.cluster.seeds-list", seed);
        settings.put("portcullis.cluster.port", host.equals("host-1") ? seed.substring(seed.indexOf(':') + 1) : "0");
        settings.put("portcullis.tls.ca", files.authority().toString());
        settings.put("portcullis.tls.cert", files.certificate().toString());
        settings.put("portcullis.tls.key", files.key().toString());
        settings.put("pekko.cluster.shutdown-after-unsuccessful-join-seed-nodes", joinLimit.toSeconds() + "s");
        settings.put("pekko.cluster.seed-node-timeout", "500ms");
        settings.put("pekko.cluster.gossip-interval", "200ms");
        settings.put("pekko.coordinated-shutdown.run-by-jvm-shutdown-hook", "off");
        NodeConfig config = NodeConfig.load(null, settings);
        assertThat(config.system().getString("pekko.remote.artery.transport")).isEqualTo("tls-tcp");
        ActorSystem system = ActorSystem.create(
                PortcullisNode.SYSTEM_NAME, ArteryTls.setup(config.system(), NodeSecurity.load(config)));
        systems.add(system);
        Cluster.get(system).joinSeedNodes(List.of(AddressFromURIString.parse("pekko://portcullis@" + seed)));
        return system;
    }

    private static boolean isUp(ActorSystem system) {
        return StreamSupport.stream(Cluster.get(system).state().getMembers().spliterator(), false)
                .anyMatch(member ->
                        member.uniqueAddress().equals(Cluster.get(system).selfUniqueAddress())
                                && member.status().equals(MemberStatus.up()));
    }

    private static CertificateAuthority.Request request(String node) {
        return new CertificateAuthority.Request(node, List.of("127.0.0.1"), DAY);
    }

    private static TlsFiles issue(CertificateAuthority by, String node, Instant when) throws PkiException {
        return by.issue(request(node), false, when);
    }

    private String serialShownBy(NodeTls observer) throws IOException {
        int port = Integer.parseInt(seed.substring(seed.indexOf(':') + 1));
        try (SSLSocket socket = (SSLSocket) observer.overConnected(new Socket("127.0.0.1", port), "127.0.0.1")) {
            socket.setSoTimeout(Math.toIntExact(LIMIT.toMillis()));
            socket.startHandshake();
            X509Certificate shown = (X509Certificate) socket.getSession().getPeerCertificates()[0];
            return shown.getSerialNumber().toString(16);
        }
    }

    private static byte[] readToTheEnd(Socket socket) throws IOException {
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        try {
            socket.getInputStream().transferTo(read);
        } catch (SocketTimeoutException open) {
            throw new AssertionError("the connection is still open", open);
        } catch (IOException reset) {
            // As good as an end.
        }
        return read.toByteArray();
    }
}
