package io.portcullis.cluster.multinode;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.api.PolicySpec;
import io.portcullis.api.PortcullisClient;
import io.portcullis.api.Resource;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.pekko.remote.testconductor.RoleName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A tenant whose model, edits and rule tables are many times what the transport between nodes takes in one message. Wherever the tenant's
 * actor is, two of the three nodes have it elsewhere.
 */
class LargeTenantTest {
    @Test
    void shouldApplyReadAndRealizeWhatIsLargerThanAMessageFromEveryNode(@TempDir Path directory) throws Exception {
        MultiNodeRunner.run(Scenario.class, 3, directory);
    }

    static final class Scenario extends ClusterScenario {
        private static final int RULES = 6_000;
        private static final String POLICY = "large";

        Scenario() {
            // Frames as small as Artery has them without configuration, and nothing pressed together to fit in.
            super(new HostsConfig(3, """
                pekko.remote.artery.advanced { maximum-frame-size = 256 KiB, maximum-large-frame-size = 256 KiB }
                pekko.serialization.jackson.jackson-cbor.compression.algorithm = off
                """));
        }

        @Override
        void play() throws Exception {
            if (isRole(config.host(1))) {
                startLab();
            }
            barrier("lab");
            startHost();
            barrier("started");
            if (isRole(config.host(1))) {
                ScenarioTenant.create(lab(), client(config.host(1)), "host-2", "host-3");
                for (RoleName role : config.hosts()) {
                    applyThrough(client(role), role.name());
                }
            }
            barrier("applied");
            close();
        }

        private void applyThrough(PortcullisClient asked, String description) throws Exception {
            long revision =
                    asked.apply(ScenarioTenant.NAME, policy(description)).revision();

            asked.awaitRealized(ScenarioTenant.NAME, revision, LIMIT);
            for (RoleName role : config.hosts()) {
                assertPolicy(client(role), description);
            }
            // one small change on top of what each node knows already
            asked.tag(ScenarioTenant.NAME, ScenarioTenant.WEB, List.of("asked:" + description), List.of());
            for (RoleName role : config.hosts()) {
                assertThat(client(role)
                                .vm(ScenarioTenant.NAME, ScenarioTenant.WEB)
                                .tags())
                        .as("as %s knows it", role.name())
                        .contains("asked:" + description);
                assertPolicy(client(role), description);
            }
        }

        private static void assertPolicy(PortcullisClient client, String description) {
            Resource<PolicySpec> policy = client.resource(ScenarioTenant.NAME, "policies", POLICY, PolicySpec.class);
            assertThat(policy.spec().description()).isEqualTo(description);
            assertThat(policy.spec().rules()).hasSize(RULES);
            assertThat(client.rules(ScenarioTenant.NAME, ScenarioTenant.WEB, "eth0")
                            .rules())
                    .hasSizeGreaterThan(RULES);
        }

        private static String policy(String description) {
            return "kind: Policy\nmetadata: {name: " + POLICY + "}\nspec:\n  category: APPLICATION\n  description: "
                    + description + "\n  rules:\n"
                    + IntStream.range(0, RULES)
                            .mapToObj(rule -> "    - {name: " + description + "-" + rule + ", sources: [172.16."
                                    + rule / 256 + "." + rule % 256
                                    + "], services: [https], direction: IN, action: ALLOW}\n")
                            .collect(Collectors.joining());
        }
    }
}
