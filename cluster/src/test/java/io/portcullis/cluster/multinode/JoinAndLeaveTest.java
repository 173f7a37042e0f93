package io.portcullis.cluster.multinode;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.api.HostView;
import io.portcullis.api.MigrationView;
import io.portcullis.api.PlacementView;
import io.portcullis.api.PortcullisClient;
import java.nio.file.Path;
import java.util.List;
import org.apache.pekko.remote.testconductor.RoleName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A host comes, takes a VM, and goes again; the VM's connections know nothing of it. */
class JoinAndLeaveTest {
    @Test
    void shouldMoveAVmToAHostThatJoinsAndAwayBeforeItLeaves(@TempDir Path directory) throws Exception {
        MultiNodeRunner.run(Scenario.class, 3, directory);
    }

    static final class Scenario extends ClusterScenario {
        private final RoleName first = config.host(1);
        private final RoleName second = config.host(2);
        private final RoleName guest = config.host(3);

        Scenario() {
            super(new HostsConfig(3, ""));
        }

        @Override
        void play() throws Exception {
            if (isRole(first)) {
                startLab();
            }
            barrier("lab");
            if (!isRole(guest)) {
                startHost();
            }
            barrier("two-started");
            if (isRole(first)) {
                conduct();
            } else if (isRole(guest)) {
                visit();
            } else {
                stay();
            }
            close();
        }

        private void conduct() throws Exception {
            PortcullisClient client = client(first);
            assertThat(client.hosts()).extracting(HostView::name).containsExactly("host-1", "host-2");
            ScenarioTenant tenant = ScenarioTenant.create(lab(), client, "host-2", "host-1");
            ScenarioTraffic traffic = ScenarioTraffic.start(tenant);
            barrier("tenant");
            barrier("joined");
            assertThat(client.hosts()).extracting(HostView::name).containsExactly("host-1", "host-2", "host-3");
            MigrationView begun = client.migrate(ScenarioTenant.id(ScenarioTenant.WEB), guest.name());
            assertLossless(client.awaitMigration(begun.id(), LIMIT));
            assertPlaced(ScenarioTenant.WEB, guest, 2, config.hosts());
            traffic.awaitProgress();
            barrier("visited");

            dismiss(guest);
            client(second).leave(guest.name());
            until(
                    "host-3 has left",
                    LIMIT,
                    () -> client.hosts().stream().noneMatch(host -> host.name().equals(guest.name())));
            MigrationView evacuated =
                    client.migrations(ScenarioTenant.id(ScenarioTenant.WEB), 1).getFirst();
            assertLossless(evacuated);
            assertThat(evacuated.from()).isEqualTo(guest.name());
            assertThat(evacuated.requestedBy()).contains("evacuation of host-3");
            traffic.awaitProgress();
            traffic.stopIntact();
            PlacementView placement =
                    client.vm(ScenarioTenant.NAME, ScenarioTenant.WEB).placement();
            RoleName home = first.name().equals(placement.host()) ? first : second;
            assertPlaced(ScenarioTenant.WEB, home, 3, List.of(first, second));
            assertPlaced(ScenarioTenant.CONSUMER, first, 1, List.of(first, second));
            assertThat(client.hosts()).extracting(HostView::status).containsOnly("UP");
            stopWatch();
            barrier("watched");
            assertThat(assertOneEnforcer())
                    .containsExactly("host-2 with epoch 1", "host-3 with epoch 2", home.name() + " with epoch 3");
        }

        private void stay() throws Exception {
            barrier("tenant");
            barrier("joined");
            barrier("visited");
            until("host-3 is no member any more", LIMIT.multipliedBy(2), () -> membersUp() == 2);
            stopWatch();
            barrier("watched");
        }

        private void visit() throws Exception {
            barrier("tenant");
            startHost();
            barrier("joined");
            barrier("visited");
            // Nobody stops it: it ends because it has left.
            await(system().whenTerminated(), LIMIT.multipliedBy(2));
            stopWatch();
        }
    }
}
