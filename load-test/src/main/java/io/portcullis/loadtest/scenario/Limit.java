package io.portcullis.loadtest.scenario;

/**
 * A figure that a run may not exceed, or must reach.
 *
 * @param figure as reports call it
 * @param isLeast whether the run must reach it
 */
public record Limit(String figure, long value, boolean isLeast) {
    /** Whether it is about what grows while a scenario is played. */
    public boolean isOfGrowth() {
        return figure.contains("Growth");
    }

    /** Whether a measured figure keeps it. */
    public boolean isKeptBy(double measured) {
        return isLeast ? measured >= value : measured <= value;
    }
}
