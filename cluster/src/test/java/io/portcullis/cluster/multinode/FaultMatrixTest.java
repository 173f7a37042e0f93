package io.portcullis.cluster.multinode;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.portcullis.persistence.testkit.PostgresServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Migrations are held in each of their phases ({@link HoldPoint}), then something happens to the hosts ({@link Fault}). {@link FaultOutcomes} says
 * what must be true afterwards, however each of them ended.
 */
class FaultMatrixTest {
    /** System property: repeats the choice of a run. */
    private static final String SEED_KEY = "faults.seed";

    /** Many times what it takes. */
    private static final Duration LIMIT = Duration.ofMinutes(10);

    @Test
    void shouldComeToATrueEndWhateverHappensToAMigration(@TempDir Path directory) throws Exception {
        List<Fault> quick =
                Arrays.stream(Fault.values()).filter(Fault::inEveryBuild).toList();
        long seed = Long.getLong(SEED_KEY, System.nanoTime());
        Fault chosen = quick.get(new Random(seed).nextInt(quick.size()));
        System.out.println("FAULTS -D" + SEED_KEY + "=" + seed + ": " + chosen);
        run(directory, chosen, List.of());
    }

    @ParameterizedTest
    @EnumSource(Fault.class)
    @Tag("faults")
    void shouldComeToATrueEndAfterEachFaultInEachPhase(Fault fault, @TempDir Path directory) throws Exception {
        List<String> settings = new ArrayList<>(List.of("-D" + FaultMatrixScenario.COUNTS_LOST_KEY + "=true"));
        if (fault != Fault.DATABASE_AWAY) {
            run(directory, fault, settings);
            return;
        }
        assumeTrue(PostgresServer.isInstalled(), "PostgreSQL is not installed");
        try (PostgresServer server = PostgresServer.start(null)) {
            settings.addAll(FaultMatrixScenario.databaseFlags(server));
            run(directory, fault, settings);
        }
    }

    private static void run(Path directory, Fault fault, List<String> settings) throws Exception {
        List<String> flags = new ArrayList<>(settings);
        flags.add("-D" + FaultMatrixScenario.FAULT_KEY + "=" + fault);
        flags.add("-D" + MultiNodeScenario.PARTICIPANTS_KEY + "=1");
        MultiNodeRunner.run(FaultMatrixScenario.class, FaultMatrixScenario.HOSTS, 1, directory, flags, LIMIT);
    }
}
