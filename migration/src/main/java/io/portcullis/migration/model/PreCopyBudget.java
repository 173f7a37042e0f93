package io.portcullis.migration.model;

/**
 * When a pre-copy has done enough.
 *
 * @param pauseNanos what the rest of the table may add to the pause
 * @param maxRounds rounds before the cut is made with whatever is left
 */
public record PreCopyBudget(long pauseNanos, int maxRounds) {
    public PreCopyBudget {
        if (pauseNanos < 1 || maxRounds < 1) {
            throw new IllegalArgumentException(
                    "a pre-copy needs a pause and a round: " + pauseNanos + ", " + maxRounds);
        }
    }
}
