package io.portcullis.loadtest.history;

import java.util.ArrayList;
import java.util.List;

/** Frames one after the other: flow, direction, number, host, time. Appended by one thread; others may read after it has ended. */
public final class FrameLog {
    /** Frames that a log takes; later ones are only counted. */
    public static final int MAX_FRAMES = 1 << 24;

    private static final int CHUNK = 1 << 16;
    private static final int HOST_BITS = 8;
    private static final long HOST_MASK = (1L << HOST_BITS) - 1;

    private final List<long[]> chunks = new ArrayList<>();
    private int size;
    private long missed;
    private long fullAtNanos = Long.MAX_VALUE;

    /**
     * Adds one.
     *
     * @param flow at most 2^31 - 1
     * @param host at most 127
     * @param nanos of {@link System#nanoTime}, below 2^55
     */
    public void append(int flow, boolean isToVm, int number, int host, long nanos) {
        if (size == MAX_FRAMES) {
            missed++;
            fullAtNanos = Math.min(fullAtNanos, nanos);
            return;
        }
        int at = size % CHUNK;
        if (at == 0) {
            chunks.add(new long[2 * CHUNK]);
        }
        long[] chunk = chunks.getLast();
        chunk[2 * at] = (long) flow << Integer.SIZE | (number & 0xffff_ffffL);
        chunk[2 * at + 1] = nanos << HOST_BITS | (long) host << 1 | (isToVm ? 1 : 0);
        size++;
    }

    public int size() {
        return size;
    }

    /** Frames that found no room. */
    public long missed() {
        return missed;
    }

    /** When the first frame found no room; {@link Long#MAX_VALUE} if all did. */
    public long fullAtNanos() {
        return fullAtNanos;
    }

    public int flow(int index) {
        return (int) (first(index) >>> Integer.SIZE);
    }

    public int number(int index) {
        return (int) first(index);
    }

    public boolean isToVm(int index) {
        return (second(index) & 1) != 0;
    }

    public int host(int index) {
        return (int) ((second(index) & HOST_MASK) >> 1);
    }

    public long nanos(int index) {
        return second(index) >> HOST_BITS;
    }

    private long first(int index) {
        return chunks.get(index / CHUNK)[2 * (index % CHUNK)];
    }

    private long second(int index) {
        return chunks.get(index / CHUNK)[2 * (index % CHUNK) + 1];
    }
}
