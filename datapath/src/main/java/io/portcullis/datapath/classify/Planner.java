package io.portcullis.datapath.classify;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

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
    /** Beside each other, of the entries that masks are chosen by: which transport fields they fix, and the hash of those under any mask. */
    private final int[] fixed;

    private final long[][] transportHashes;
    /** Of those that fix some bits of addresses: their places in these, and the hash of these bits. */
    private final int[] chosen;

    private final long[] addressHashes;
    /** How many of them fix these transport fields and no others. */
    private final int[] fixing = new int[Masks.TRANSPORTS];

    private final short[] counts;

    /**
     * @param crowd entries with the same bits from which on one more is no gain
     * @param fewRemaining so many entries are rather looked at one by one
     */
    Planner(long[] entries, int crowd, int maxTables, int fewRemaining) {
        this.entries = entries;
        this.crowd = crowd;
        this.maxTables = maxTables;
        this.fewRemaining = fewRemaining;
        int most = Math.min(SAMPLE, entries.length / Entries.WORDS);
        fixed = new int[most];
        transportHashes = new long[Masks.TRANSPORTS][most];
        chosen = new int[most];
        addressHashes = new long[most];
        counts = new short[buckets(most)];
    }

    /** So many that hardly any two meet by chance: that says little of the table to be, and each of a sample stands for many. */
    private static int buckets(int sampled) {
        return Integer.highestOneBit(Math.max(2, sampled)) * 16;
    }

    /** @param members offsets of entries */
    List<Masks> plan(int[] members) {
        List<Masks> plan = new ArrayList<>();
        int[] remaining = members;
        while (remaining.length > fewRemaining && plan.size() < maxTables) {
            int[] sample = sample(remaining);
            Masks best = best(sample, remaining.length / sample.length);
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

    /** @param weight how many entries each of the sample stands for */
    private @Nullable Masks best(int[] sample, int weight) {
        int[] sources = lengths(sample, true);
        int[] destinations = lengths(sample, false);
        for (int i = 0; i < sample.length; i++) {
            fixed[i] = Masks.transportsOf(entries, sample[i]);
            long transport = Entries.transportValue(entries, sample[i]);
            for (int fields = 0; fields < Masks.TRANSPORTS; fields++) {
                transportHashes[fields][i] = Masks.hash(0, transport, 0, Masks.transport(fields));
            }
        }
        Masks best = null;
        long bestScore = 0;
        for (int source : sources) {
            for (int destination : destinations) {
                long prefixes = Masks.prefixes(source, destination);
                int accepted = accept(sample, prefixes);
                for (int fields = prefixes == 0 ? 1 : 0; fields < Masks.TRANSPORTS; fields++) {
                    // no more than that; and of equals the first one is taken
                    if ((long) fitting(fields) * WORTH_OF_AN_ENTRY > bestScore) {
                        long score = score(sample.length, accepted, fields, weight);
                        if (score > bestScore) {
                            bestScore = score;
                            best = new Masks(prefixes, Masks.transport(fields));
                        }
                    }
                }
            }
        }
        return best;
    }

    /** Chooses those of the sample that fix these bits of addresses; how many. */
    private int accept(int[] sample, long prefixes) {
        Arrays.fill(fixing, 0);
        int accepted = 0;
        for (int i = 0; i < sample.length; i++) {
            int at = sample[i];
            if ((prefixes & ~entries[at + 1]) == 0) {
                chosen[accepted] = i;
                addressHashes[accepted] = Masks.hash(entries[at], 0, prefixes, 0);
                fixing[fixed[i]]++;
                accepted++;
            }
        }
        return accepted;
    }

    /** How many of the chosen ones fix these transport fields. */
    private int fitting(int fields) {
        int fitting = 0;
        for (int others = fields; others < Masks.TRANSPORTS; others++) {
            fitting += (fields & ~others) == 0 ? fixing[others] : 0;
        }
        return fitting;
    }

    private long score(int sampled, int accepted, int fields, int weight) {
        int buckets = buckets(sampled);
        int shift = Long.SIZE - Integer.numberOfTrailingZeros(buckets);
        Arrays.fill(counts, 0, buckets, (short) 0);
        long[] hashes = transportHashes[fields];
        long score = 0;
        for (int i = 0; i < accepted; i++) {
            int member = chosen[i];
            if ((fields & ~fixed[member]) == 0) {
                int neighbours = weight * counts[(int) ((addressHashes[i] + hashes[member]) >>> shift)]++;
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
