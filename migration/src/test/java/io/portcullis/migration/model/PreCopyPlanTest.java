package io.portcullis.migration.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PreCopyPlanTest {
    private static final PreCopyBudget BUDGET = new PreCopyBudget(500_000, 8);
    private static final long NANOS_PER_ENTRY = 1_000;
    private static final long SHORTEST_ROUND_NANOS = 3_000_000;

    @Test
    void shouldCutWhenTheRestFitsThePause() {
        assertThat(PreCopyPlan.after(List.of(), BUDGET)).isEqualTo(PreCopyPlan.Next.ROUND);
        assertThat(PreCopyPlan.after(List.of(round(1_000_000, 501)), BUDGET)).isEqualTo(PreCopyPlan.Next.ROUND);
        assertThat(PreCopyPlan.after(List.of(round(1_000_000, 500)), BUDGET)).isEqualTo(PreCopyPlan.Next.CUT);
        // a slow way: but so few are never worth a round
        CopyRound slow = new CopyRound(10_000, 0, 100_000, 100_000_000, PreCopyPlan.ALWAYS_FITS);
        assertThat(PreCopyPlan.after(List.of(slow), BUDGET)).isEqualTo(PreCopyPlan.Next.CUT);
    }

    @Test
    void shouldConvergeWhileMoreIsSentThanChanges() {
        List<CopyRound> rounds = run(1_000_000, 100_000);
        assertThat(PreCopyPlan.after(rounds, BUDGET)).isEqualTo(PreCopyPlan.Next.CUT);
        assertThat(rounds).hasSizeLessThan(6);
        assertThat(PreCopyPlan.problem(rounds, BUDGET)).isNull();
    }

    @Test
    void shouldSayThatItDoesNotConvergeWhenAsMuchChangesAsIsSent() {
        List<CopyRound> rounds = run(1_000_000, 1_000_000);
        assertThat(PreCopyPlan.after(rounds, BUDGET)).isEqualTo(PreCopyPlan.Next.CUT_NOT_CONVERGING);
        assertThat(rounds).hasSize(3);
        assertThat(PreCopyPlan.problem(rounds, BUDGET)).contains("3 rounds", "1000000 changed connections left");
    }

    @Test
    void shouldStopAfterTheLastRoundAllowed() {
        List<CopyRound> rounds = new ArrayList<>();
        for (long left = 1_000_000; rounds.size() < BUDGET.maxRounds(); left = left * 7 / 10) {
            rounds.add(round(left, left * 7 / 10));
        }
        assertThat(PreCopyPlan.after(rounds, BUDGET)).isEqualTo(PreCopyPlan.Next.CUT_AFTER_LAST_ROUND);
    }

    @Test
    void shouldNotExpectAPauseToWaitForBandwidth() {
        CopyRound paced = new CopyRound(100_000, 0, 1_600_000, 1_000_000_000, 500, 900_000_000);
        assertThat(PreCopyPlan.nanosPerEntry(List.of(paced))).isEqualTo(NANOS_PER_ENTRY);
        assertThat(PreCopyPlan.after(List.of(paced), BUDGET)).isEqualTo(PreCopyPlan.Next.CUT);

        List<CopyRound> stuck = List.of(paced(90_000), paced(90_000), paced(90_000));
        assertThat(PreCopyPlan.problem(stuck, BUDGET))
                .as("rounds wait for it")
                .contains("90000 changed a second, and 100000 a second can be sent");
    }

    private static CopyRound paced(long changed) {
        return new CopyRound(100_000, 0, 1_600_000, 1_000_000_000, changed, 900_000_000);
    }

    /** What happens to a table of which so many connections change a second. */
    private static List<CopyRound> run(long entries, long changesPerSecond) {
        List<CopyRound> rounds = new ArrayList<>();
        for (long dirty = entries; PreCopyPlan.after(rounds, BUDGET) == PreCopyPlan.Next.ROUND; ) {
            long nanos = SHORTEST_ROUND_NANOS + dirty * NANOS_PER_ENTRY;
            long changed = Math.min(entries, changesPerSecond * nanos / 1_000_000_000);
            rounds.add(new CopyRound(dirty, 0, 16 * dirty, nanos, changed));
            dirty = changed;
        }
        return rounds;
    }

    private static CopyRound round(long entries, long changed) {
        return new CopyRound(entries, 0, 16 * entries, NANOS_PER_ENTRY * entries, changed);
    }
}
