package io.portcullis.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portcullis.pki.CertificateAuthority;
import io.portcullis.pki.NodeTls;
import io.portcullis.pki.TlsFiles;
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

/** Three actor systems of this process with the settings of nodes, each with an address and a certificate of its own, that look for each other. */
final class DiscoveringNodes implements AutoCloseable {
    static final Duration LIMIT = Duration.ofSeconds(180);
    static final int COUNT = 3;
    private static final Duration DAY = Duration.ofDays(1);

    private final CertificateAuthority authority;
    private final Path folder;
    private final int port;
    private final List<ActorSystem> systems = new ArrayList<>();

    /**
     * None that runs yet.
     *
     * @param folder for all that they write
     * @param port where they ask each other
     */
    DiscoveringNodes(CertificateAuthority authority, Path folder, int port) {
        this.authority = authority;
        this.folder = folder;
        this.port = port;
    }

    static CertificateAuthority authority(Path folder) throws Exception {
        return CertificateAuthority.init(folder, "test", DAY.multipliedBy(2), Instant.now());
    }

    static TlsFiles certificate(CertificateAuthority authority, String host, String address) throws Exception {
        return authority.issue(new CertificateAuthority.Request(host, List.of(address), DAY), false, Instant.now());
    }

    static List<String> addresses() {
        return IntStream.rangeClosed(1, COUNT)
                .mapToObj(DiscoveringNodes::address)
                .toList();
    }

    private static String address(int number) {
        return "127.0.0." + number;
    }

    /** @param discovery what an operator sets to have them found */
    void start(Map<String, String> discovery) throws Exception {
        for (int number = 1; number <= COUNT; number++) {
            start(number, discovery);
        }
    }

    private void start(int number, Map<String, String> discovery) throws Exception {
        String host = "host-" + number;
        String address = address(number);
        TlsFiles files = certificate(authority, host, address);
        Map<String, String> settings = new LinkedHashMap<>(discovery);
        settings.put("portcullis.host", host);
        settings.put("portcullis.data-dir", folder.resolve("data").toString());
        settings.put("portcullis.cluster.address", address);
        settings.put("portcullis.cluster.port", "0");
        settings.put("portcullis.data-path.tunnel.address", address);
        settings.put("portcullis.discovery.port", String.valueOf(port));
        settings.put("portcullis.discovery.nodes", String.valueOf(COUNT));
        settings.put("portcullis.tls.ca", files.authority().toString());
        settings.put("portcullis.tls.cert", files.certificate().toString());
        settings.put("portcullis.tls.key", files.key().toString());
        settings.put("pekko.management.cluster.bootstrap.contact-point-discovery.stable-margin", "1s");
        settings.put("pekko.coordinated-shutdown.run-by-jvm-shutdown-hook", "off");
        NodeConfig config = NodeConfig.load(null, settings);
        Optional<NodeTls> tls = NodeSecurity.load(config);
        ActorSystem system = ActorSystem.create(PortcullisNode.SYSTEM_NAME, ArteryTls.setup(config.system(), tls));
        systems.add(system);
        NodeDiscovery.start(system, config.discovery(), tls)
                .toCompletableFuture()
                .get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    }

    void awaitOneCluster() {
        for (ActorSystem system : systems) {
            await().atMost(LIMIT).until(() -> up(system) == COUNT);
        }
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(systems)
                        .extracting(system -> Cluster.get(system).state().getLeader())
                        .containsOnly(Cluster.get(systems.getFirst()).state().getLeader()));
    }

    private static long up(ActorSystem system) {
        return StreamSupport.stream(Cluster.get(system).state().getMembers().spliterator(), false)
                .filter(member -> member.status().equals(MemberStatus.up()))
                .count();
    }

    @Override
    public void close() {
        systems.forEach(ActorSystem::terminate);
        systems.forEach(system -> await().atMost(LIMIT)
                .until(() -> system.getWhenTerminated().toCompletableFuture().isDone()));
    }
}
