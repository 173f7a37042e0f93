package io.portcullis.datapath.track;

import java.util.Arrays;

/**
 * Which rule and revision admitted the connections of a table: each pair that is in use once, so that a connection needs
 * three bytes to name it. A pair that no connection names any more is used again. One thread; allocates only when more
 * pairs are in use than ever before.
 */
final class Admissions {
    /** Pair of rule 0 and revision 0, and of whatever does not fit; never freed. */
    static final int UNKNOWN = 0;
    /** As many as three bytes can tell. */
    static final int MAX_PAIRS = 1 << 24;

    private static final int FIRST_PAIRS = 4;

    private long[] ruleIds = new long[FIRST_PAIRS];
    private long[] revisions = new long[FIRST_PAIRS];
    /** How many connections name it. */
    private int[] references = new int[FIRST_PAIRS];
    /** The next pair with the same place, or the next free one; -1 ends. */
    private int[] next = new int[FIRST_PAIRS];
    /** By hash: the first pair, or -1. */
    private int[] places = filled(FIRST_PAIRS);

    private int used = 1;
    private int firstFree = -1;
    private int last = UNKNOWN;

    /** Names a pair once more. */
    int acquire(long ruleId, long revision) {
        if (ruleIds[last] == ruleId && revisions[last] == revision && last != UNKNOWN && references[last] > 0) {
            references[last]++;
            return last;
        }
        if (ruleId == 0 && revision == 0) {
            return UNKNOWN;
        }
        int pair = places[place(ruleId, revision)];
        while (pair >= 0 && (ruleIds[pair] != ruleId || revisions[pair] != revision)) {
            pair = next[pair];
        }
        if (pair < 0) {
            pair = add(ruleId, revision);
        }
        references[pair]++;
        last = pair;
        return pair;
    }

    /** Names a pair once less. */
    void release(int pair) {
        if (pair == UNKNOWN || --references[pair] > 0) {
            return;
        }
        int place = place(ruleIds[pair], revisions[pair]);
        int before = places[place];
        if (before == pair) {
            places[place] = next[pair];
        } else {
            while (next[before] != pair) {
                before = next[before];
            }
            next[before] = next[pair];
        }
        next[pair] = firstFree;
        firstFree = pair;
    }

    long ruleId(int pair) {
        return ruleIds[pair];
    }

    long revision(int pair) {
        return revisions[pair];
    }

    /** Pairs below this number may be in use. */
    int limit() {
        return used;
    }

    long bytes() {
        return ruleIds.length * 24L + places.length * 4L;
    }

    private int add(long ruleId, long revision) {
        int pair = firstFree;
        if (pair >= 0) {
            firstFree = next[pair];
        } else if (used == MAX_PAIRS) {
            return UNKNOWN;
        } else {
            if (used == ruleIds.length) {
                grow();
            }
            pair = used++;
        }
        ruleIds[pair] = ruleId;
        revisions[pair] = revision;
        references[pair] = 0;
        link(pair);
        return pair;
    }

    private void grow() {
        int pairs = used * 2;
        ruleIds = Arrays.copyOf(ruleIds, pairs);
        revisions = Arrays.copyOf(revisions, pairs);
        references = Arrays.copyOf(references, pairs);
        next = Arrays.copyOf(next, pairs);
        places = filled(pairs);
        // growing means that none is free: all but UNKNOWN are in use
        for (int pair = 1; pair < used; pair++) {
            link(pair);
        }
    }

    private void link(int pair) {
        int place = place(ruleIds[pair], revisions[pair]);
        next[pair] = places[place];
        places[place] = pair;
    }

    private int place(long ruleId, long revision) {
        long mixed = (ruleId * 0x9e37_79b9_7f4a_7c15L ^ revision) * 0xbf58_476d_1ce4_e5b9L;
        return (int) (mixed >>> 40) & places.length - 1;
    }

    private static int[] filled(int size) {
        int[] array = new int[size];
        Arrays.fill(array, -1);
        return array;
    }
}
