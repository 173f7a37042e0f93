package io.portcullis.migration.model;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Decides after each round of a pre-copy whether another one is worth it. Pure.
 *
 * <p>A round takes as long as its connections take to be sent, and meanwhile others change: rounds shrink as long as fewer change than are
 * sent. They shrink down to what changes during the shortest possible round, which no further one makes smaller.
 */
public final class PreCopyPlan {
    /** So few never delay a cut. */
    static final long ALWAYS_FITS = 64;
    /** Rounds with fewer connections say nothing of the time that one takes. */
    private static final long MEASURED_ENTRIES = 4_096;
    /** Of a connection, before any round has told. */
    static final long ASSUMED_NANOS_PER_ENTRY = 1_000;
    /** A round that leaves more than this part of what the one before left has achieved nothing. */
    private static final double LEAST_PROGRESS = 0.8;
    /** Rounds in a row without progress that end it. */
    private static final int PATIENCE_ROUNDS = 2;

    private PreCopyPlan() {}

    /** What to do now. */
    public enum Next {
        /** Another round. */
        ROUND,
        /** What is left fits the pause. */
        CUT,
        /** What is left does not fit, but another round would not leave less: the cut is made all the same. */
        CUT_NOT_CONVERGING,
        /** Nor does it after the last round allowed. */
        CUT_AFTER_LAST_ROUND
    }

    /** After these rounds, of one vNIC or of several together. */
    public static Next after(List<CopyRound> rounds, PreCopyBudget budget) {
        if (rounds.isEmpty()) {
            return Next.ROUND;
        }
        if (fits(rounds, budget)) {
            return Next.CUT;
        }
        if (rounds.size() >= budget.maxRounds()) {
            return Next.CUT_AFTER_LAST_ROUND;
        }
        return isStuck(rounds) ? Next.CUT_NOT_CONVERGING : Next.ROUND;
    }

    /** Expected time that one connection of the rest adds to the pause, in which no bandwidth is waited for. */
    public static long nanosPerEntry(List<CopyRound> rounds) {
        return rounds.stream()
                .filter(round -> round.entries() >= MEASURED_ENTRIES)
                .mapToLong(round -> Math.max(1, (round.nanos() - round.waitNanos()) / round.entries()))
                .min()
                .orElse(ASSUMED_NANOS_PER_ENTRY);
    }

    /** What is said of a cut that is made though the rest does not fit the pause; null if it does. */
    public static @Nullable String problem(List<CopyRound> rounds, PreCopyBudget budget) {
        Next next = after(rounds, budget);
        if (next == Next.CUT || next == Next.ROUND) {
            return null;
        }
        CopyRound last = rounds.getLast();
        double changedPerSecond = last.changed() * 1e9 / Math.max(1, last.nanos());
        return String.format(
                Locale.ROOT,
                "pre-copy ended after %d rounds with %d changed connections left, more than the pause budget allows: "
                        + "%.0f changed a second, and %.0f a second can be sent",
                rounds.size(),
                last.changed(),
                changedPerSecond,
                sentPerSecond(rounds));
    }

    /** With the waits for bandwidth, which each round has. */
    private static double sentPerSecond(List<CopyRound> rounds) {
        return rounds.stream()
                .filter(round -> round.entries() >= MEASURED_ENTRIES)
                .mapToDouble(round -> round.entries() * 1e9 / Math.max(1, round.nanos()))
                .max()
                .orElse(1e9 / ASSUMED_NANOS_PER_ENTRY);
    }

    private static boolean fits(List<CopyRound> rounds, PreCopyBudget budget) {
        long left = rounds.getLast().changed();
        return left <= ALWAYS_FITS || left * nanosPerEntry(rounds) <= budget.pauseNanos();
    }

    private static boolean isStuck(List<CopyRound> rounds) {
        int last = rounds.size() - 1;
        if (last < PATIENCE_ROUNDS) {
            return false;
        }
        for (int i = last; i > last - PATIENCE_ROUNDS; i--) {
            if (rounds.get(i).changed() < LEAST_PROGRESS * rounds.get(i - 1).changed()) {
                return false;
            }
        }
        return true;
    }
}
