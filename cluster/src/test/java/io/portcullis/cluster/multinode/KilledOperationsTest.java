package io.portcullis.cluster.multinode;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The node that runs operations on many VMs is killed in the middle of one: the next oldest one goes on with it. */
class KilledOperationsTest {
    /** Many times what it takes. */
    private static final Duration LIMIT = Duration.ofMinutes(10);

    @Test
    @Tag("faults")
    void shouldDrainAHostToTheEndWhenTheNodeThatDoesItIsKilled(@TempDir Path directory) throws Exception {
        List<String> flags = List.of(
                "-D" + MultiNodeScenario.PARTICIPANTS_KEY + "=1", "-D" + FaultMatrixScenario.COUNTS_LOST_KEY + "=true");
        MultiNodeRunner.run(Scenario.class, FaultMatrixScenario.HOSTS, 1, directory, flags, LIMIT);
    }

    static final class Scenario extends FaultMatrixScenario {
        @Override
        void conduct(FaultConductor conductor) throws Exception {
            conductor.playKilledOperations();
        }
    }
}
