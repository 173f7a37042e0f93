package io.portcullis.datapath.classify;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Chooses the tables of an index: greedily the masks under which the most entries have the fewest neighbours, then the same for
 * the entries that do not fix those bits, until a handful is left. One thread.
 */
final class Planner {
    /** Masks are chosen by so many of the entries, evenly spread. */
    static final int SAMPLE = 2_048;

    private static final int MAX_LENGTHS = 8;
    private static final int WORTH_OF_AN_ENTRY = 64;
    private static final int PRICE_OF_A_CROWD = 8;

    private final long[] entries;
    private final int crowd;
    private final int maxTables;
    private final int fewRemaining;
    private final short[] counts = new short[4 * SAMPLE];

    /**
     * @param crowd entries with the same bits from which on one more is no gain
     * @param fewRemaining so many entries are rather looked at one by one
     */
    Planner(long[] entries, int crowd, int maxTables, int fewRemaining) {
        this.entries = entries;
        this.crowd = crowd;
        this.maxTables = maxTables;
        this.fewRemaining = fewRemaining;
    }

    /** @param members offsets of entries */
    List<Masks> plan(int[] members) {
        List<Masks> plan = new ArrayList<>();
        int[] remaining = members;
        while (remaining.length > fewRemaining && plan.size() < maxTables) {
            Masks best = best(sample(remaining));
            if (best == null) {
                break;
            }
            plan.add(best);
            remaining = Arrays.stream(remaining)
                    .filter(at -> !best.accept(entries, at))
                    .toArray();
        }
        return plan;
    }

    private static int[] sample(int[] members) {
        if (members.length <= SAMPLE) {
            return members;
        }
        int[] sample = new int[SAMPLE];
        for (int i = 0; i < SAMPLE; i++) {
            sample[i] = members[(int) ((long) i * members.length / SAMPLE)];
        }
        return sample;
    }

    private @org.jspecify.annotations.Nullable Masks best(int[] sample) {
        int[] sources = lengths(sample, true);
        int[] destinations = lengths(sample, false);
        Masks best = null;
        long bestScore = 0;
        for (int source : sources) {
            for (int destination : destinations) {
                for (int ports = 0; ports < 8; ports++) {
                    if (source + destination + ports == 0) {
                        continue;
                    }
                    Masks masks = Masks.of(source, destination, (ports & 1) != 0, (ports & 2) != 0, (ports & 4) != 0);
                    long score = score(sample, masks);
                    if (score > bestScore) {
                        bestScore = score;
                        best = masks;
                    }
                }
            }
        }
        return best;
    }

    private long score(int[] sample, Masks masks) {
        int buckets = Integer.highestOneBit(Math.max(2, sample.length)) * 4;
        int shift = Long.SIZE - Integer.numberOfTrailingZeros(buckets);
        Arrays.fill(counts, 0, buckets, (short) 0);
        long score = 0;
        for (int at : sample) {
            if (masks.accept(entries, at)) {
                int neighbours = counts[(int) (masks.hashOf(entries, at) >>> shift)]++;
                score += neighbours < crowd ? WORTH_OF_AN_ENTRY - neighbours : -PRICE_OF_A_CROWD;
            }
        }
        return score;
    }

    /** The prefix lengths that occur, thinned out by how many entries have them; always with 0. */
    private int[] lengths(int[] sample, boolean sources) {
        int[] histogram = new int[33];
        for (int at : sample) {
            histogram[sources ? Entries.sourceBits(entries, at) : Entries.destinationBits(entries, at)]++;
        }
        int occurring = 0;
        for (int length = 1; length <= 32; length++) {
            occurring += histogram[length] > 0 ? 1 : 0;
        }
        int least = occurring <= MAX_LENGTHS ? 1 : Math.max(1, sample.length / MAX_LENGTHS / 2);
        int[] lengths = new int[34];
        int count = 1;
        int sum = 0;
        for (int length = 1; length <= 32; length++) {
            sum += histogram[length];
            if (histogram[length] > 0 && sum >= least) {
                lengths[count++] = length;
                sum = 0;
            }
        }
        return Arrays.copyOf(lengths, count);
    }
}
