package io.portcullis.datapath.track;

/**
 * Times of connections in few bits: they are rounded to a power of two of ticks, and told in steps of that from the tick at which they are exported. As a table
 * that takes them in counts the same ticks ({@link CoarseClock#align(long, int, int)}), what was rounded once stays as it is, however often it moves on, and
 * small differences between clocks do not add up.
 *
 * <p>The last packet's time is told to a thousandth of the time-out, and to {@code 2^}{@value #MOST_IDLE_SHIFT} ticks at most. An age is told to its upper four bits.
 */
final class TickGrid {
    /** Of a time-out this is less than a thousandth. */
    private static final int TIMEOUT_BITS = 11;

    private static final int MOST_IDLE_SHIFT = 10;

    private static final int AGE_BITS = 4;
    private static final int AGE_STEPS = 1 << (AGE_BITS - 1);
    /** What was rounded may be younger by so much when it is exported again, and is rounded to the same; of older ones than this only. */
    private static final int AGE_SLACK = 64;

    private static final int LEAST_SLACK_AGE = 2_048;
    private static final long MAX_AGE = 0xffff_ffffL;

    private TickGrid() {}

    // ---- the last packet

    /** Of steps that go with this time-out. */
    static int idleShift(long timeout) {
        return Math.clamp(Long.SIZE - Long.numberOfLeadingZeros(timeout) - TIMEOUT_BITS, 0, MOST_IDLE_SHIFT);
    }

    /** @param idle ticks since it, from 0 to 24 days */
    static long idleSteps(long idle, int shift, int nowTick) {
        int seen = nowTick - (int) idle;
        int rounded = (seen + (1 << shift >> 1)) >> shift << shift;
        return Math.max(0, (nowTick >> shift << shift) - rounded) >> shift;
    }

    static long idle(long steps, int shift, int nowTick) {
        return (steps << shift) + (nowTick & (1 << shift) - 1);
    }

    // ---- ages

    /** Below 256. */
    static long ageCode(long age, int nowTick) {
        long told = age < LEAST_SLACK_AGE ? age : age - AGE_SLACK;
        int shift = Math.max(0, Long.SIZE - Long.numberOfLeadingZeros(told) - AGE_BITS);
        long steps = ageSteps(told, shift, nowTick);
        if (steps == 2 * AGE_STEPS) {
            shift++;
            steps = ageSteps(told, shift, nowTick);
        }
        return (long) shift * AGE_STEPS + steps;
    }

    /** From the step in which it began to this one. */
    private static long ageSteps(long age, int shift, int nowTick) {
        int mask = (1 << shift) - 1;
        return (age + (nowTick - (int) age & mask) - (nowTick & mask)) >> shift;
    }

    static long age(long code, int nowTick) {
        int shift = (int) Math.max(0, code / AGE_STEPS - 1);
        long steps = code - (long) shift * AGE_STEPS;
        return Math.min(MAX_AGE, (steps << shift) + (nowTick & (1 << shift) - 1));
    }
}
