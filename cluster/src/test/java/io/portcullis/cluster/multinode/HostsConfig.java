package io.portcullis.cluster.multinode;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.portcullis.pki.CertificateAuthority;
import io.portcullis.pki.ClientTrust;
import io.portcullis.pki.PkiException;
import io.portcullis.policy.HostId;
import io.portcullis.vnic.HostDirectory;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;
import org.apache.pekko.remote.testconductor.RoleName;
import org.apache.pekko.remote.testkit.MultiNodeConfig;
import org.jspecify.annotations.Nullable;
import scala.jdk.javaapi.CollectionConverters;

/** Roles {@code host-1}, {@code host-2}…, each a node with the product's own settings, on loopback and free ports. */
final class HostsConfig extends MultiNodeConfig {
    private static final String COMMON = """
        portcullis.cluster.port = 0
        portcullis.admin.port = 0
        portcullis.data-path { backend = memory, uplink = "memory:127.0.0.1:1/later", tunnel.port = 0 }
        pekko.test.single-expect-default = 10s
        pekko.testconductor.barrier-timeout = 120s
        # A placement stays on the node that started it: a test says where the coordinator of a migration is.
        pekko.cluster.sharding.rebalance-interval = 1h
        # A machine may stand still for a while; nobody is lost where a scenario does not say so.
        pekko.cluster.failure-detector.acceptable-heartbeat-pause = 60s
        pekko.coordinated-shutdown.run-by-jvm-shutdown-hook = off
        # The testkit would keep the system of a node that has left.
        pekko.coordinated-shutdown.terminate-actor-system = on
        """;

    private final List<RoleName> hosts = new ArrayList<>();

    /** @param settings that differ from {@code application.conf} in this scenario */
    HostsConfig(int count, String settings) {
        this(count, settings, false);
    }

    /** With the certificates that {@link #issueCertificates} made: the hosts speak TLS only. */
    static HostsConfig secured(int count) {
        return new HostsConfig(count, "", true);
    }

    /** To be called before the roles start: an authority in the scenario's directory, and a certificate for each host. */
    static void issueCertificates(Path directory, int count) throws PkiException {
        Instant now = Instant.now();
        CertificateAuthority authority =
                CertificateAuthority.init(directory.resolve("ca"), "scenario", Duration.ofDays(2), now);
        for (int number = 1; number <= count; number++) {
            List<String> loopback = List.of("127.0.0.1", "localhost");
            authority.issue(
                    new CertificateAuthority.Request("host-" + number, loopback, Duration.ofDays(1)), false, now);
        }
    }

    /** What a client of such hosts believes. */
    static @Nullable SSLContext trust(URI admin) {
        try {
            return admin.getScheme().equals("http")
                    ? null
                    : ClientTrust.inAuthoritiesOf(MultiNodeScenario.directory().resolve("ca/ca.crt"));
        } catch (PkiException e) {
            throw new IllegalStateException(e);
        }
    }

    private HostsConfig(int count, String settings, boolean secured) {
        Config directory = ConfigFactory.parseString("portcullis.data-dir = \"" + MultiNodeScenario.directory() + "\"");
        commonConfig(ConfigFactory.parseString(settings)
                .withFallback(ConfigFactory.parseString(COMMON))
                .withFallback(Pace.config())
                .withFallback(directory)
                .withFallback(ConfigFactory.parseResources("application.conf")));
        testTransport(true);
        for (int number = 1; number <= count; number++) {
            RoleName role = role("host-" + number);
            hosts.add(role);
            String own =
                    """
                    portcullis.host = %s
                    pekko.cluster.roles = ["%s", "%s%s"]
                    """.formatted(role.name(), HostDirectory.HOST_ROLE, HostDirectory.HOST_ID_ROLE_PREFIX, role.name());
            nodeConfig(only(role), only(ConfigFactory.parseString(secured ? own + tls(role) : own)));
        }
    }

    private static String tls(RoleName role) {
        Path files = MultiNodeScenario.directory().resolve("ca/nodes").resolve(role.name());
        return """
            portcullis.tls { ca = "%1$s/ca.crt", cert = "%1$s/node.crt", key = "%1$s/node.key" }
            portcullis.admin.tls = on
            pekko.remote.artery.transport = tls-tcp
            """.formatted(files);
    }

    RoleName host(int number) {
        return hosts.get(number - 1);
    }

    List<RoleName> hosts() {
        return List.copyOf(hosts);
    }

    static HostId id(RoleName role) {
        return new HostId(role.name());
    }

    private static <T> scala.collection.immutable.Seq<T> only(T element) {
        return CollectionConverters.asScala(List.of(element)).toSeq();
    }
}
