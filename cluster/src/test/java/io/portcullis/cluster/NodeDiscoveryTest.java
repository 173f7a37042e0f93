package io.portcullis.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import io.portcullis.persistence.testkit.FreePorts;
import io.portcullis.pki.CertificateAuthority;
import io.portcullis.pki.ClientTrust;
import io.portcullis.pki.NodeTls;
import io.portcullis.pki.TlsFiles;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.cluster.Cluster;
import org.apache.pekko.cluster.MemberStatus;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three actor systems with the settings of nodes find each other by the address records of a DNS server. */
class NodeDiscoveryTest {
    private static final Duration LIMIT = Duration.ofSeconds(180);
    private static final Duration DAY = Duration.ofDays(1);
    private static final int NODES = 3;

    @TempDir
    Path folder;

    private final List<ActorSystem> systems = new ArrayList<>();

    @AfterEach
    void stop() {
        systems.forEach(ActorSystem::terminate);
        systems.forEach(system -> await().atMost(LIMIT)
                .until(() -> system.getWhenTerminated().toCompletableFuture().isDone()));
    }

    @Test
    void shouldFormOneClusterOfWhomDnsHasAddresses() throws Exception {
        CertificateAuthority authority = authority();
        int port = FreePorts.next();
        try (DnsServer dns = new DnsServer(addresses())) {
            for (int number = 1; number <= NODES; number++) {
                start(authority, number, port, dns);
            }

            awaitOneCluster();
            assertThat(dns.asked()).contains(DnsServer.NAME);
        }
        assertThatNobodyElseIsAnswered(authority, port);
    }

    private static void assertThatNobodyElseIsAnswered(CertificateAuthority authority, int port) throws Exception {
        var anybody = ClientTrust.inAuthoritiesOf(authority.certificateFile());
        try (Socket socket = anybody.getSocketFactory().createSocket("127.0.0.1", port)) {
            socket.setSoTimeout(Math.toIntExact(LIMIT.toMillis()));
            assertThatExceptionOfType(IOException.class).isThrownBy(() -> {
                socket.getOutputStream()
                        .write("GET /bootstrap/seed-nodes HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                assertThat(socket.getInputStream().readAllBytes()).isEmpty();
                throw new IOException("closed without an answer");
            });
        }
    }

    private CertificateAuthority authority() throws Exception {
        return CertificateAuthority.init(folder.resolve("ca"), "test", DAY.multipliedBy(2), Instant.now());
    }

    private static String address(int number) {
        return "127.0.0." + number;
    }

    private static List<String> addresses() {
        return IntStream.rangeClosed(1, NODES)
                .mapToObj(NodeDiscoveryTest::address)
                .toList();
    }

    private void awaitOneCluster() {
        for (ActorSystem system : systems) {
            await().atMost(LIMIT).until(() -> up(system) == NODES);
        }
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(systems)
                        .extracting(system -> Cluster.get(system).state().getLeader())
                        .containsOnly(Cluster.get(systems.getFirst()).state().getLeader()));
    }

    private void start(CertificateAuthority authority, int number, int port, DnsServer dns) throws Exception {
        String host = "host-" + number;
        String address = address(number);
        TlsFiles files =
                authority.issue(new CertificateAuthority.Request(host, List.of(address), DAY), false, Instant.now());
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("portcullis.host", host);
        settings.put("portcullis.data-dir", folder.resolve("data").toString());
        settings.put("portcullis.cluster.address", address);
        settings.put("portcullis.cluster.port", "0");
        settings.put("portcullis.data-path.tunnel.address", address);
        settings.put("portcullis.discovery.port", String.valueOf(port));
        settings.put("portcullis.discovery.nodes", String.valueOf(NODES));
        settings.put("portcullis.tls.ca", files.authority().toString());
        settings.put("portcullis.tls.cert", files.certificate().toString());
        settings.put("portcullis.tls.key", files.key().toString());
        settings.put("pekko.management.cluster.bootstrap.contact-point-discovery.stable-margin", "1s");
        settings.put("pekko.coordinated-shutdown.run-by-jvm-shutdown-hook", "off");
        settings.put("portcullis.discovery.method", "pekko-dns");
        settings.put("portcullis.discovery.service", DnsServer.NAME);
        settings.put("pekko.io.dns.async-dns.nameservers", dns.address());
        NodeConfig config = NodeConfig.load(null, settings);
        Optional<NodeTls> tls = NodeSecurity.load(config);
        ActorSystem system = ActorSystem.create(PortcullisNode.SYSTEM_NAME, ArteryTls.setup(config.system(), tls));
        systems.add(system);
        NodeDiscovery.start(system, config.discovery(), tls)
                .toCompletableFuture()
                .get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    }

    private static long up(ActorSystem system) {
        return StreamSupport.stream(Cluster.get(system).state().getMembers().spliterator(), false)
                .filter(member -> member.status().equals(MemberStatus.up()))
                .count();
    }
}
