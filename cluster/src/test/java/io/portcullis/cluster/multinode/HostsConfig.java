package io.portcullis.cluster.multinode;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.portcullis.policy.HostId;
import io.portcullis.vnic.HostDirectory;
import java.util.ArrayList;
import java.util.List;
import org.apache.pekko.remote.testconductor.RoleName;
import org.apache.pekko.remote.testkit.MultiNodeConfig;
import scala.jdk.javaapi.CollectionConverters;

/** Roles {@code host-1}, {@code host-2}…, each a node with the product's own settings, on loopback and free ports. */
final class HostsConfig extends MultiNodeConfig {
    private static final String COMMON = """
        portcullis.cluster.port = 0
        portcullis.admin.port = 0
        portcullis.data-path { backend = memory, tunnel.port = 0 }
        pekko.test.single-expect-default = 10s
        pekko.testconductor.barrier-timeout = 60s
        # A placement stays on the node that started it: a test says where the coordinator of a migration is.
        pekko.cluster.sharding.rebalance-interval = 1h
        pekko.cluster.gossip-interval = 200ms
        pekko.coordinated-shutdown.run-by-jvm-shutdown-hook = off
        # The testkit would keep the system of a node that has left.
        pekko.coordinated-shutdown.terminate-actor-system = on
        """;

    private final List<RoleName> hosts = new ArrayList<>();

    /** @param settings that differ from {@code application.conf} in this scenario */
    HostsConfig(int count, String settings) {
        Config directory = ConfigFactory.parseString("portcullis.data-dir = \"" + MultiNodeScenario.directory() + "\"");
        commonConfig(ConfigFactory.parseString(settings)
                .withFallback(ConfigFactory.parseString(COMMON))
                .withFallback(directory)
                .withFallback(ConfigFactory.parseResources("application.conf")));
        testTransport(true);
        for (int number = 1; number <= count; number++) {
            RoleName role = role("host-" + number);
            hosts.add(role);
            nodeConfig(only(role), only(ConfigFactory.parseString("""
                portcullis.host = %s
                pekko.cluster.roles = ["%s", "%s%s"]
                """.formatted(
                            role.name(), HostDirectory.HOST_ROLE, HostDirectory.HOST_ID_ROLE_PREFIX, role.name()))));
        }
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
