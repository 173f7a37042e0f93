package io.portcullis.cluster.multinode;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.api.HostView;
import io.portcullis.api.PlacementView;
import io.portcullis.api.PortcullisClient;
import io.portcullis.cluster.HostUnderTest;
import io.portcullis.datapath.runtime.VnicMode;
import io.portcullis.datapath.runtime.VnicStatus;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.remote.testconductor.RoleName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A host loses all others for so long that the cluster goes on without it. Its VMs stay where they are, and enforced. */
class DownedHostTest {
    @Test
    void shouldEnforceOnWhenTheClusterTakesAHostForDead(@TempDir Path directory) throws Exception {
        MultiNodeRunner.run(Scenario.class, 3, directory);
    }

    static final class Scenario extends ClusterScenario {
        private static final String SETTINGS = """
            pekko.cluster.split-brain-resolver.stable-after = 2s
            pekko.cluster.down-removal-margin = 1s
            pekko.cluster.failure-detector { heartbeat-interval = 300ms, acceptable-heartbeat-pause = 5s }
            """;

        private final RoleName first = config.host(1);
        private final RoleName second = config.host(2);
        private final RoleName lost = config.host(3);
        private final Path over = directory().resolve("over");

        Scenario() {
            super(new HostsConfig(3, SETTINGS));
        }

        @Override
        void play() throws Exception {
            if (isRole(first)) {
                startLab();
            }
            barrier("lab");
            // The first host opens the shared database and keeps it for the others.
            if (isRole(first)) {
                startHost();
            }
            barrier("first started");
            if (isRole(first)) {
                barrier("started");
                conduct();
            } else {
                HostUnderTest host = startHost();
                barrier("started");
                barrier("placed");
                if (isRole(lost)) {
                    outliveItsActors(host);
                } else {
                    until("the lost host is no member any more", LIMIT, () -> membersUp() == 2);
                    until("the end", LIMIT, () -> Files.exists(over));
                }
                stopWatch();
            }
            close();
        }

        private void conduct() throws Exception {
            PortcullisClient client = client(first);
            ScenarioTenant tenant = ScenarioTenant.create(lab(), client, lost.name(), first.name());
            ScenarioTraffic traffic = ScenarioTraffic.start(tenant);
            barrier("placed");
            dismiss(lost);
            cut(first, lost);
            cut(second, lost);

            until("the lost host is no member any more", LIMIT, () -> membersUp() == 2);
            until("its actors have ended", LIMIT, () -> Files.exists(survived()));
            traffic.awaitProgress();
            assertThat(client.vm(ScenarioTenant.NAME, ScenarioTenant.WEB).placement())
                    .isEqualTo(new PlacementView(lost.name(), 1, "PLACED", null, PlacementView.DOWN, null));
            HostView host = client.host(lost.name());
            assertThat(host.status()).isEqualTo("DOWN");
            assertThat(host.vms()).containsExactly(ScenarioTenant.id(ScenarioTenant.WEB));
            traffic.stopIntact();
            Files.createFile(over);
            stopWatch();
            assertThat(assertOneEnforcer()).isEqualTo(List.of(lost.name() + " with epoch 1"));
        }

        /** The resolver of the minority ends its own actor system; the data path is not part of it. */
        private void outliveItsActors(HostUnderTest host) throws Exception {
            await(system().whenTerminated(), LIMIT);
            VnicStatus status = host.dataPath()
                    .status(ScenarioTenant.WEB_VNIC)
                    .toCompletableFuture()
                    .get(LIMIT.toSeconds(), TimeUnit.SECONDS);
            assertThat(status.mode()).isEqualTo(VnicMode.ENFORCING);
            Files.createFile(survived());
            until("the end", LIMIT, () -> Files.exists(over));
        }

        private Path survived() {
            return directory().resolve("survived");
        }
    }
}
