package io.portcullis.cluster.multinode;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.api.PlacementView;
import io.portcullis.api.PortcullisClient;
import io.portcullis.api.RestoredView;
import io.portcullis.api.VmView;
import io.portcullis.loadtest.lab.MemoryLab;
import io.portcullis.loadtest.traffic.IdleConnection;
import io.portcullis.persistence.Checkpoints;
import io.portcullis.persistence.testkit.FreePorts;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A host dies, the hypervisor starts its VM elsewhere, and the host comes back. */
class LostHostTest {
    private static final String SURVIVOR = "host-1";
    private static final String LOST = "host-2";

    /** Of the two halves of a cluster of two, the one with the lower address goes on. */
    private static final int[] PORTS =
            IntStream.generate(FreePorts::next).limit(2).sorted().toArray();

    private static final String[] SETTINGS = {
        "portcullis.cluster.seeds-list=127.0.0.1:" + PORTS[0],
        "portcullis.checkpoint.interval=50ms",
        "pekko.cluster.split-brain-resolver.stable-after=4s",
        "pekko.cluster.down-removal-margin=1s"
    };

    @Test
    void shouldGiveItsVmToAnotherHostAndNeverEnforceItAgain(@TempDir Path directory) throws Exception {
        try (MemoryLab lab = MemoryLab.create();
                HostProcess survivor =
                        HostProcess.start(SURVIVOR, PORTS[0], lab.uplink(SURVIVOR), directory, SETTINGS);
                PortcullisClient client = survivor.awaitReady();
                HostProcess lost = HostProcess.start(LOST, PORTS[1], lab.uplink(LOST), directory, SETTINGS)) {
            lost.awaitReady().close();
            ScenarioTenant tenant = ScenarioTenant.create(lab, client, LOST, SURVIVOR);
            Checkpoints checkpoints = new Checkpoints(lost.checkpoints());
            MultiNodeScenario.until("a checkpoint", HostProcess.LIMIT, () -> isRestorable(checkpoints));

            lost.kill();
            MultiNodeScenario.until(
                    "the VM counts as down",
                    HostProcess.LIMIT,
                    () -> PlacementView.DOWN.equals(web(client).placement().hostStatus()));
            assertThat(web(client).placement().phase()).isEqualTo("PLACED");
            assertThat(client.metrics()).contains("portcullis_vms_down 1.0");

            VmView taken = client.attach(ScenarioTenant.NAME, ScenarioTenant.WEB, SURVIVOR);
            assertThat(taken.placement())
                    .isEqualTo(new PlacementView(
                            SURVIVOR,
                            2,
                            "PLACED",
                            null,
                            PlacementView.UP,
                            LOST,
                            null,
                            new RestoredView(RestoredView.NOTHING, null, 0, 0, "it had no replica"),
                            null));
            try (IdleConnection connection = IdleConnection.open(
                    tenant.consumer().sockets(), tenant.web().sockets(), tenant.web(true, 443))) {
                connection.serverSpeaksFirst();
            }

            lost.startAgain();
            try (PortcullisClient back = lost.awaitReady()) {
                MultiNodeScenario.until("it lets go", HostProcess.LIMIT, () -> !isRestorable(checkpoints));
                assertThat(back.host(LOST).vnics()).isZero();
                assertThat(web(back).placement()).isEqualTo(taken.placement());
                assertThat(web(back).vnics().getFirst().status())
                        .satisfies(status -> assertThat(status.host()).isEqualTo(SURVIVOR))
                        .satisfies(status -> assertThat(status.mode()).isEqualTo("ENFORCING"));
                assertThat(back.metrics()).contains("portcullis_vms_down 0.0");
            }
        }
    }

    private static boolean isRestorable(Checkpoints checkpoints) {
        return checkpoints.read(ScenarioTenant.WEB_VNIC).isPresent();
    }

    private static VmView web(PortcullisClient client) {
        return client.vm(ScenarioTenant.NAME, ScenarioTenant.WEB);
    }
}
