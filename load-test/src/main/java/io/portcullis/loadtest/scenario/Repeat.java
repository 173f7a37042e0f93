package io.portcullis.loadtest.scenario;

/**
 * How often something happens.
 *
 * @param times at most
 * @param restMillis after each time
 * @param untilMillis of the timeline; nothing begins later. {@link #FOREVER} if that does not matter
 */
public record Repeat(int times, int restMillis, int untilMillis) {
    public static final int FOREVER = Integer.MAX_VALUE;

    /** So many times with so long rests, however long it takes. */
    public static Repeat of(int times, int restMillis) {
        return new Repeat(times, restMillis, FOREVER);
    }

    boolean isOnce() {
        return times == 1;
    }

    Repeat times(int others) {
        return new Repeat(others, restMillis, untilMillis);
    }

    Repeat scaled(double factor) {
        return times == FOREVER ? this : times(Script.scaled(times, factor));
    }

    Repeat faster(int factor) {
        return new Repeat(times, restMillis / factor, untilMillis == FOREVER ? FOREVER : untilMillis / factor);
    }

    /** In words, to be put after what happens; empty if it happens once. */
    String text() {
        if (isOnce()) {
            return "";
        }
        return ", " + (times == FOREVER ? "again and again" : times + " times")
                + (untilMillis == FOREVER ? "" : " until " + untilMillis + " ms");
    }
}
