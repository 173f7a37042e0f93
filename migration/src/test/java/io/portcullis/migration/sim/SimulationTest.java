package io.portcullis.migration.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.LongFunction;
import java.util.random.RandomGenerator;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Placement and migration under everything that can go wrong, in virtual time. A failure prints its seed, the acts that suffice for it, and
 * what happened; {@code new Plan}, {@code Plan.random(seed)} repeat it.
 */
@Execution(ExecutionMode.CONCURRENT)
class SimulationTest {
    private static final int SEEDS = 10_000;
    private static final int HYPERVISED_SEEDS = 4_000;
    private static final int LATE_SEEDS = 2_000;
    /** Of plans whose acts other seeds have found. */
    private static final int FOUND_SEEDS = 300;

    /** Enough for the mistake that is found least often. */
    private static final int SEEDS_PER_MUTANT = 10_000;

    private static final Duration NIGHTLY = Duration.ofMinutes(Long.getLong("portcullis.sim.minutes", 60));
    private static final int NIGHTLY_BATCH = 20_000;

    @Test
    void shouldKeepItsPromisesWhateverGoesWrong() {
        expectNoViolation(0, SEEDS, Plan::random);
    }

    @Test
    void shouldKeepItsPromisesWhereAHypervisorMovesVms() {
        expectNoViolation(0, HYPERVISED_SEEDS, Plan::hypervised);
    }

    @Test
    @Tag("nightly")
    void shouldKeepItsPromisesForMillionsOfSeeds() {
        long first = RandomGenerator.getDefault().nextLong(1L << 40);
        long end = System.nanoTime() + NIGHTLY.toNanos();
        long seed = first;
        while (System.nanoTime() < end) {
            expectNoViolation(seed, NIGHTLY_BATCH, Plan::random);
            expectNoViolation(seed, NIGHTLY_BATCH / 4, Plan::hypervised);
            seed += NIGHTLY_BATCH;
        }
        System.out.println("SimulationTest: " + (seed - first) + " seeds from " + first);
    }

    @ParameterizedTest
    @EnumSource(value = Mutant.class, mode = EnumSource.Mode.MATCH_NONE, names = "ATTACH_.*")
    void shouldFindEveryMistakeThatIsBuiltIn(Mutant mutant) {
        Set<Mutant> mistake = Set.of(mutant);
        // A promise is broken late: the more time a migration takes, the sooner that is seen.
        boolean isAhead = mutant.isAhead() || mutant == Mutant.BREAK_PROMISE;
        LongFunction<Plan> plan = isAhead ? Plan::ahead : Plan::atOnce;
        OptionalLong seed = LongStream.range(0, SEEDS_PER_MUTANT)
                .filter(any -> Simulation.run(plan.apply(any), mistake, false).violation() != null)
                .findFirst();

        assertThat(seed).as("a seed that shows %s", mutant).isPresent();
    }

    /** Seed 777010970 of plans before seeds were scrambled: the database goes between the commit and its row, and the source's actors start again. */
    private static Plan releasedWhileTheDirectoryIsOld(long seed) {
        return new Plan(
                seed,
                true,
                List.of(
                        new Act.Attach(0, 0, 1),
                        new Act.Migrate(4_000, 0, 2),
                        new Act.DelayDirectory(4_150, 2_900),
                        new Act.RestartActors(4_365, 1)));
    }

    /** Seed 777010874 of plans before seeds were scrambled: a source that has its VM back under the reclaim epoch dies before its placement or its checkpoint says so. */
    private static Plan takenBackWhileTheRollBackIsHeldUp(long seed) {
        return new Plan(
                seed,
                true,
                List.of(
                        new Act.Attach(0, 0, 1),
                        new Act.Migrate(4_000, 0, 0),
                        new Act.CutTunnels(4_177, 3_881, 0),
                        new Act.Isolate(4_209, 15_844, 0, false),
                        new Act.RestartActors(4_363, 1),
                        new Act.Crash(5_849, 2_189, 1)));
    }

    /** Seed 2010572: a destination that has begun to enforce dies, gives the epoch up, and what it says of that is lost. */
    private static Plan givenUpAfterTheCommit(long seed) {
        return new Plan(
                seed,
                true,
                List.of(
                        new Act.Attach(0, 1, 1),
                        new Act.Hypervise(4_000, 1, 0),
                        new Act.StopVm(4_052, 1),
                        new Act.BadNetwork(4_108, 3_463, 43, 5, 1_691),
                        new Act.Crash(4_350, 164, 0)));
    }

    /** As seed 425439131745 had it, with a directory that hears late: a source whose actors start again while it is sealed reads nothing of its VM, and lets it go. */
    private static Plan letGoWhileItIsSealed(long seed) {
        return new Plan(
                seed,
                true,
                List.of(
                        new Act.Attach(0, 1, 2),
                        new Act.DelayDirectory(10, 9_600),
                        new Act.Migrate(4_000, 1, 1),
                        new Act.KeepRules(4_040, 3_800, 1),
                        new Act.Revoke(4_087, 1),
                        new Act.RestartActors(4_179, 2),
                        new Act.StopSessions(5_479, 1)));
    }

    /** As seed 48907 had it: a destination that enforces is taken for dead, and only one vNIC of the VM can still ask it. */
    private static Plan takenBackWithOneTunnel(long seed) {
        return new Plan(
                seed,
                true,
                List.of(
                        new Act.Attach(0, 0, 1),
                        new Act.Migrate(4_000, 0, 0),
                        new Act.Isolate(4_175, 16_000, 0, false),
                        new Act.BreakTunnel(5_000, 0, 0)));
    }

    /** A VM is detached while its host is down and the directory cannot be written, and is attached elsewhere. */
    private static Plan attachedWhileTheDirectoryIsOld(long seed) {
        return new Plan(
                seed,
                true,
                List.of(
                        new Act.Attach(0, 0, 1),
                        new Act.Crash(4_000, 22_000, 1),
                        new Act.DelayDirectory(14_000, 16_000),
                        new Act.Detach(18_000, 0),
                        new Act.Attach(22_000, 0, 2)));
    }

    /** As seed 263763612850 had it: a host looks into the directory just when it has refused the order to attach a VM that is taken from a lost one. */
    private static Plan refusedWhileItLooks(long seed) {
        return new Plan(
                seed,
                true,
                List.of(
                        new Act.Attach(0, 0, 1),
                        new Act.Crash(4_000, 40_000, 1),
                        new Act.RestartActors(14_000, 2),
                        new Act.Refuse(14_790, 2, 1),
                        new Act.Attach(14_803, 0, 2),
                        new Act.Attach(15_500, 0, 0)));
    }

    @Test
    void shouldNotAttachWhatItHasRefusedWhateverTheDirectorySays() {
        expectNoViolation(0, FOUND_SEEDS, SimulationTest::refusedWhileItLooks);
    }

    @Test
    void shouldKeepItsPromisesWhenTheDirectoryHearsLate() {
        expectNoViolation(0, LATE_SEEDS, Plan::withALateDirectory);
    }

    @Test
    void shouldAttachNothingWhileTheDirectoryNamesAnotherHost() {
        expectNoViolation(0, FOUND_SEEDS, SimulationTest::attachedWhileTheDirectoryIsOld);

        for (Mutant mutant : List.of(Mutant.ATTACH_UNWRITTEN, Mutant.ATTACH_BESIDE)) {
            assertThat(LongStream.range(0, FOUND_SEEDS))
                    .as("and %s", mutant)
                    .anyMatch(seed -> Simulation.run(attachedWhileTheDirectoryIsOld(seed), Set.of(mutant), false)
                                    .violation()
                            != null);
        }
    }

    /** As seed 17826 had it, with a directory that hears late: one host after the other has the VM and is lost, and the first is back before the directory can say that it is elsewhere. */
    private static Plan lostOneAfterTheOther(long seed) {
        return new Plan(
                seed,
                true,
                List.of(
                        new Act.Attach(0, 0, 2),
                        new Act.DelayDirectory(2_800, 13_900),
                        new Act.Crash(7_000, 6_800, 1),
                        new Act.RestartActors(7_600, 2),
                        new Act.Attach(8_300, 0, 1),
                        new Act.Attach(34_000, 0, 0)));
    }

    @Test
    void shouldAttachNothingBesideAnyOfSeveralHostsThatWereLost() {
        expectNoViolation(0, FOUND_SEEDS, SimulationTest::lostOneAfterTheOther);

        assertThat(LongStream.range(0, FOUND_SEEDS))
                .as("and with only the last of them asked to let go")
                .anyMatch(
                        seed -> Simulation.run(lostOneAfterTheOther(seed), Set.of(Mutant.ATTACH_BESIDE_EARLIER), false)
                                        .violation()
                                != null);
    }

    @Test
    void shouldTakeNoVnicBackThatCannotAskAsLongAsAnotherOfItsVmCan() {
        expectNoViolation(0, FOUND_SEEDS, SimulationTest::takenBackWithOneTunnel);

        assertThat(LongStream.range(0, FOUND_SEEDS))
                .as("and taken back without asking")
                .anyMatch(seed -> Simulation.run(takenBackWithOneTunnel(seed), Set.of(Mutant.TAKE_BACK_UNHEARD), false)
                                .violation()
                        != null);
    }

    @Test
    void shouldNotEnforceUnderAnEpochThatItHasGivenUpWhateverTheDirectorySays() {
        expectNoViolation(0, FOUND_SEEDS, SimulationTest::releasedWhileTheDirectoryIsOld);
        expectNoViolation(0, FOUND_SEEDS, SimulationTest::takenBackWhileTheRollBackIsHeldUp);
        expectNoViolation(0, FOUND_SEEDS, SimulationTest::givenUpAfterTheCommit);

        assertThat(LongStream.range(0, FOUND_SEEDS))
                .as("and without the note on it")
                .anyMatch(seed ->
                        Simulation.run(releasedWhileTheDirectoryIsOld(seed), Set.of(Mutant.FORGET_RELEASE), false)
                                        .violation()
                                != null);
    }

    @Test
    void shouldGiveAVmBackThatItsSourceHasLetGoMeanwhile() {
        expectNoViolation(0, FOUND_SEEDS, SimulationTest::letGoWhileItIsSealed);
    }

    @ParameterizedTest
    @ValueSource(longs = {3, 4, 5})
    void shouldRepeatARunExactly(long seed) {
        Plan plan = Plan.random(seed);

        assertThat(Simulation.run(plan, Set.of(), true)).isEqualTo(Simulation.run(plan, Set.of(), true));
    }

    @Test
    void shouldExplainAFailureByFewActs() {
        Set<Mutant> mistake = Set.of(Mutant.SKIP_SEAL);
        long seed = LongStream.range(0, SEEDS_PER_MUTANT)
                .filter(any -> Simulation.run(Plan.random(any), mistake, false).violation() != null)
                .findFirst()
                .orElseThrow();

        Plan shortest = new Shrinker(mistake).shrink(Plan.random(seed));

        // Without an attach and a migration nothing is sealed.
        assertThat(shortest.acts()).hasSizeLessThanOrEqualTo(3);
        assertThat(Shrinker.explain(Plan.random(seed), mistake)).contains("seed " + seed, "is enforced by");
    }

    private static void expectNoViolation(long first, int count, LongFunction<Plan> plan) {
        OptionalLong failing = LongStream.range(first, first + count)
                .parallel()
                .filter(seed ->
                        Simulation.run(plan.apply(seed), Set.of(), false).violation() != null)
                .findAny();
        assertThat(failing)
                .as(() -> Shrinker.explain(plan.apply(failing.orElseThrow()), Set.of()))
                .isEmpty();
    }
}
