package io.portcullis.datapath.track;

import java.util.Arrays;

/**
 * Which rule and revision allow the connections of a table, and which did first: each such record that is in use once, so that a
 * connection needs three bytes to name it. A record that no connection names any more is used again. One thread; allocates only when
 * more of them are in use than ever before.
 */
final class Admissions {
    /** Rule 0 and revision 0, and whatever does not fit; never freed. */
    static final int UNKNOWN = 0;
    /** As many as three bytes can tell. */
    static final int MAX_RECORDS = 1 << 24;

    private static final int FIRST_RECORDS = 4;

    private long[] ruleIds = new long[FIRST_RECORDS];
    private long[] revisions = new long[FIRST_RECORDS];
    private long[] firstRuleIds = new long[FIRST_RECORDS];
    private long[] firstRevisions = new long[FIRST_RECORDS];
    /** How many connections name it. */
    private int[] references = new int[FIRST_RECORDS];
    /** The last tick of the table's clock at which a connection that names it was seen to have had a packet, made odd; 0 for none. */
    private int[] seenTicks = new int[FIRST_RECORDS];
    /** The next record with the same place, or the next free one; -1 ends. */
    private int[] next = new int[FIRST_RECORDS];
    /** By hash: the first record, or -1. */
    private int[] places = filled(FIRST_RECORDS);

    private int used = 1;
    private int firstFree = -1;
    private int last = UNKNOWN;

    /** Names a record once more. */
    int acquire(long ruleId, long revision, long firstRuleId, long firstRevision) {
        if (last != UNKNOWN && references[last] > 0 && is(last, ruleId, revision, firstRuleId, firstRevision)) {
            references[last]++;
            return last;
        }
        if ((ruleId | revision | firstRuleId | firstRevision) == 0) {
            return UNKNOWN;
        }
        int record = places[place(ruleId, revision, firstRuleId, firstRevision)];
        while (record >= 0 && !is(record, ruleId, revision, firstRuleId, firstRevision)) {
            record = next[record];
        }
        if (record < 0) {
            record = add(ruleId, revision, firstRuleId, firstRevision);
        }
        references[record]++;
        last = record;
        return record;
    }

    private boolean is(int record, long ruleId, long revision, long firstRuleId, long firstRevision) {
        return ruleIds[record] == ruleId
                && revisions[record] == revision
                && firstRuleIds[record] == firstRuleId
                && firstRevisions[record] == firstRevision;
    }

    /** Names a record once less. */
    void release(int record) {
        if (record == UNKNOWN || --references[record] > 0) {
            return;
        }
        int place = place(record);
        int before = places[place];
        if (before == record) {
            places[place] = next[record];
        } else {
            while (next[before] != record) {
                before = next[before];
            }
            next[before] = next[record];
        }
        next[record] = firstFree;
        firstFree = record;
    }

    /** A connection that names the record had a packet then. */
    void seen(int record, int tick) {
        int odd = tick | 1;
        if (seenTicks[record] == 0 || odd - seenTicks[record] > 0) {
            seenTicks[record] = odd;
        }
    }

    /** Of {@link #seen}, since the last call; 0 for none. */
    int takeSeenTick(int record) {
        int tick = seenTicks[record];
        seenTicks[record] = 0;
        return tick;
    }

    long ruleId(int record) {
        return ruleIds[record];
    }

    long revision(int record) {
        return revisions[record];
    }

    long firstRuleId(int record) {
        return firstRuleIds[record];
    }

    long firstRevision(int record) {
        return firstRevisions[record];
    }

    /** Records below this number may be in use. */
    int limit() {
        return used;
    }

    long bytes() {
        return ruleIds.length * 44L + places.length * 4L;
    }

    private int add(long ruleId, long revision, long firstRuleId, long firstRevision) {
        int record = firstFree;
        if (record >= 0) {
            firstFree = next[record];
        } else if (used == MAX_RECORDS) {
            return UNKNOWN;
        } else {
            if (used == ruleIds.length) {
                grow();
            }
            record = used++;
        }
        ruleIds[record] = ruleId;
        revisions[record] = revision;
        firstRuleIds[record] = firstRuleId;
        firstRevisions[record] = firstRevision;
        references[record] = 0;
        seenTicks[record] = 0;
        link(record);
        return record;
    }

    private void grow() {
        int records = used * 2;
        ruleIds = Arrays.copyOf(ruleIds, records);
        revisions = Arrays.copyOf(revisions, records);
        firstRuleIds = Arrays.copyOf(firstRuleIds, records);
        firstRevisions = Arrays.copyOf(firstRevisions, records);
        references = Arrays.copyOf(references, records);
        seenTicks = Arrays.copyOf(seenTicks, records);
        next = Arrays.copyOf(next, records);
        places = filled(records);
        // growing means that none is free: all but UNKNOWN are in use
        for (int record = 1; record < used; record++) {
            link(record);
        }
    }

    private void link(int record) {
        int place = place(record);
        next[record] = places[place];
        places[place] = record;
    }

    private int place(int record) {
        return place(ruleIds[record], revisions[record], firstRuleIds[record], firstRevisions[record]);
    }

    private int place(long ruleId, long revision, long firstRuleId, long firstRevision) {
        long present = ruleId * 0x9e37_79b9_7f4a_7c15L ^ revision;
        long first = firstRuleId * 0x94d0_49bb_1331_11ebL ^ firstRevision;
        long mixed = (present + Long.rotateLeft(first, 32)) * 0xbf58_476d_1ce4_e5b9L;
        return (int) (mixed >>> 40) & places.length - 1;
    }

    private static int[] filled(int size) {
        int[] array = new int[size];
        Arrays.fill(array, -1);
        return array;
    }
}
