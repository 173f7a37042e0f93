package io.portcullis.datapath.track;

import java.util.Arrays;

/**
 * Time of a connection table in ticks of {@value #TICK_NANOS} ns that fit 32 bits, and the time-outs in use as codes of 8
 * bits. A connection ends at most one tick before its time-out would, never after. Ticks are compared modulo 2^32: time-outs may
 * be as long as {@link #MAX_TIMEOUT_NANOS}. One thread.
 */
final class CoarseClock {
    static final long TICK_NANOS = 1_000_000;
    /** 24 days; longer ones count as this. */
    static final long MAX_TIMEOUT_NANOS = TICK_NANOS * (Integer.MAX_VALUE / 1_000 * 1_000L);
    /** More different ones share a code with the next shorter one, which only a displayed idle time shows. */
    static final int MAX_CODES = 256;

    private static final int HINTS = 64;
    private static final byte[] NO_HINTS = new byte[HINTS];
    /** Only that of code 0. */
    private static final int[] NO_TIMEOUTS = new int[1];

    private static final int FIRST_TIMEOUTS = 4;

    /** Where ticks begin, so that a table that moved between clocks goes on in the middle of the same tick, and may count on from it. */
    private long phaseNanos;

    // ---- nobody's before the first time-out ----
    private int[] timeoutTicks = NO_TIMEOUTS;
    private byte[] hints = NO_HINTS;
    private int codes = 1;

    /** From now on it tells the same as another one, but learns nothing more from it: for another thread. */
    void copyFrom(CoarseClock other) {
        phaseNanos = other.phaseNanos;
        if (timeoutTicks.length != other.timeoutTicks.length) {
            begin(other.timeoutTicks.length);
        }
        System.arraycopy(other.timeoutTicks, 0, timeoutTicks, 0, timeoutTicks.length);
        codes = other.codes;
    }

    private void begin(int timeouts) {
        timeoutTicks = new int[timeouts];
        hints = new byte[HINTS];
    }

    int tick(long nowNanos) {
        return (int) Math.floorDiv(nowNanos - phaseNanos, TICK_NANOS);
    }

    /** How far the current tick has gone, in nanoseconds. */
    int phase(long nowNanos) {
        return (int) Math.floorMod(nowNanos - phaseNanos, TICK_NANOS);
    }

    /** From now on ticks are as if {@code intoTickNanos} of the current one had passed at {@code nowNanos}. */
    void align(long nowNanos, int intoTickNanos) {
        phaseNanos = Math.floorMod(nowNanos - intoTickNanos, TICK_NANOS);
    }

    /** As {@link #align(long, int)}, and this is the current tick. */
    void align(long nowNanos, int intoTickNanos, int nowTick) {
        phaseNanos = nowNanos - intoTickNanos - nowTick * TICK_NANOS;
    }

    /** Rounded up. */
    static int ticks(long nanos) {
        long bounded = Math.clamp(nanos, 0, MAX_TIMEOUT_NANOS);
        return (int) ((bounded + TICK_NANOS - 1) / TICK_NANOS);
    }

    /** Ticks of a code. */
    int timeout(int code) {
        return timeoutTicks[code];
    }

    /** Code of a time-out. */
    int code(int ticks) {
        int hint = hints[(ticks * 0x9e37_79b9) >>> 26] & 0xff;
        return timeoutTicks[hint] == ticks ? hint : search(ticks);
    }

    private int search(int ticks) {
        if (timeoutTicks.length == NO_TIMEOUTS.length) {
            begin(FIRST_TIMEOUTS);
        }
        int best = 0;
        for (int code = 0; code < codes; code++) {
            if (timeoutTicks[code] == ticks) {
                hints[(ticks * 0x9e37_79b9) >>> 26] = (byte) code;
                return code;
            }
            if (timeoutTicks[code] < ticks && timeoutTicks[code] > timeoutTicks[best]) {
                best = code;
            }
        }
        if (codes == MAX_CODES) {
            return best;
        }
        if (codes == timeoutTicks.length) {
            timeoutTicks = Arrays.copyOf(timeoutTicks, codes * 2);
        }
        timeoutTicks[codes] = ticks;
        return codes++;
    }
}
