package io.portcullis.loadtest.flow;

import java.util.Arrays;

/** Numbered frames that came, counted by hundredths of a second. Written by the traffic's thread; others read after it has ended. */
public final class Throughput {
    public static final long BIN_NANOS = 10_000_000;
    /** Longest run that is counted so. */
    private static final int MAX_BINS = 2_000_000;

    private final long startNanos;
    private int[] bins = new int[1_024];
    private int count;

    Throughput(long startNanos) {
        this.startNanos = startNanos;
    }

    void count(long nanos) {
        long bin = (nanos - startNanos) / BIN_NANOS;
        if (bin < 0 || bin >= MAX_BINS) {
            return;
        }
        if (bin >= bins.length) {
            bins = Arrays.copyOf(bins, (int) Math.min(MAX_BINS, Math.max(bin + 1, 2L * bins.length)));
        }
        bins[(int) bin]++;
        count = Math.max(count, (int) bin + 1);
    }

    public long startNanos() {
        return startNanos;
    }

    /** Frames of each hundredth of a second since the start. */
    public int[] bins() {
        return Arrays.copyOf(bins, count);
    }
}
