package io.portcullis.loadtest.bench;

import io.portcullis.datapath.memory.NativeMemory;
import java.util.SplittableRandom;

/**
 * What random reads of memory cost on this machine, in the same run as a measurement: nobody's table can be faster. Reads one
 * word of random cache lines on huge pages.
 *
 * @param dependentNanos each line's address stands in the line before
 * @param overlappedNanos addresses are known in advance
 * @param twoLinesNanos a line, and a second one whose address stands in it, in batches of 64: an index and an entry
 */
record MemoryFloor(double dependentNanos, double overlappedNanos, double twoLinesNanos) {
    private static final int LINE = 64;
    private static final int BATCH = 64;
    private static final int READS = 4_000_000;
    private static final int WARM_UP_ROUNDS = 8;
    private static final int ROUNDS = 4;

    /** Over a piece of this many cache lines. */
    static MemoryFloor of(int lines) {
        long bytes = ((long) lines * LINE + NativeMemory.HUGE_PAGE_BYTES - 1) & -NativeMemory.HUGE_PAGE_BYTES;
        NativeMemory.Piece piece = NativeMemory.reserve(bytes);
        try {
            NativeMemory.adviseHuge(piece.address(), bytes);
            cycle(piece.address(), lines);
            double dependent = Double.MAX_VALUE;
            double overlapped = Double.MAX_VALUE;
            double twoLines = Double.MAX_VALUE;
            long sum = 0;
            for (int round = 0; round < WARM_UP_ROUNDS; round++) {
                sum += dependent(piece.address(), READS / 100)
                        + overlapped(piece.address(), lines, READS / 100)
                        + twoLines(piece.address(), lines, READS / 100);
                CompilerPause.take();
            }
            for (int round = 0; round < ROUNDS; round++) {
                CompilerPause.take();
                long start = System.nanoTime();
                sum += dependent(piece.address(), READS / 4);
                long second = System.nanoTime();
                sum += overlapped(piece.address(), lines, READS);
                long third = System.nanoTime();
                sum += twoLines(piece.address(), lines, READS);
                long end = System.nanoTime();
                dependent = Math.min(dependent, (second - start) / (READS / 4.0));
                overlapped = Math.min(overlapped, (third - second) / (double) READS);
                twoLines = Math.min(twoLines, (end - third) / (double) READS);
            }
            CompilerPause.keep(sum);
            return new MemoryFloor(dependent, overlapped, twoLines);
        } finally {
            piece.free();
        }
    }

    /** Each line names the next one of a single random cycle (Sattolo 1986). */
    private static void cycle(long base, int lines) {
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < lines; i++) {
            NativeMemory.setInt(base + (long) i * LINE, i);
        }
        for (int i = lines - 1; i > 0; i--) {
            int other = random.nextInt(i);
            int mine = NativeMemory.getInt(base + (long) i * LINE);
            NativeMemory.setInt(base + (long) i * LINE, NativeMemory.getInt(base + (long) other * LINE));
            NativeMemory.setInt(base + (long) other * LINE, mine);
        }
    }

    private static long dependent(long base, int reads) {
        int line = 0;
        for (int i = 0; i < reads; i++) {
            line = NativeMemory.getInt(base + (long) line * LINE);
        }
        return line;
    }

    private static long overlapped(long base, int lines, int reads) {
        long sum = 0;
        long random = 88_172_645_463_325_252L;
        for (int i = 0; i < reads; i++) {
            random = random * 6_364_136_223_846_793_005L + 1_442_695_040_888_963_407L;
            sum += NativeMemory.getInt(base + (((random >>> 33) * lines) >>> 31) * LINE);
        }
        return sum;
    }

    private static long twoLines(long base, int lines, int reads) {
        int[] second = new int[BATCH];
        long sum = 0;
        long random = 88_172_645_463_325_252L;
        for (int i = 0; i < reads; i += BATCH) {
            for (int j = 0; j < BATCH; j++) {
                random = random * 6_364_136_223_846_793_005L + 1_442_695_040_888_963_407L;
                second[j] = NativeMemory.getInt(base + (((random >>> 33) * lines) >>> 31) * LINE);
            }
            for (int j = 0; j < BATCH; j++) {
                sum += NativeMemory.getInt(base + (long) second[j] * LINE);
            }
        }
        return sum;
    }
}
