package io.portcullis.datapath.track;

import io.portcullis.datapath.memory.NativeMemory;
import java.util.Arrays;

/**
 * Which rule and revision allow the connections of a table, and which did first: each such record that is in use once, so that a
 * connection needs three bytes to name it. A record that no connection names any more is used again. Where it was judged again, what
 * admitted it first is a record of its own. {@value #BYTES} bytes each, half a cache line, in native memory that grows as they are used. One
 * thread; allocates only when more of them are in use than ever before.
 */
final class Admissions {
    /** Rule 0 and revision 0, and whatever does not fit; never freed. */
    static final int UNKNOWN = 0;
    /** Of those who admitted nothing yet, whoever they are: nobody adds to it. */
    static final Admissions NONE_YET = new Admissions();
    /** As many as three bytes can tell. */
    static final int MAX_RECORDS = 1 << 24;

    private static final int FIRST_PLACES = 4;

    // ---- a record, by byte offset ----
    private static final int BYTES = 32;
    private static final int RULE_ID = 0;
    private static final int REVISION = 8;
    /** The record of what admitted it first; its own number if nothing else did since. */
    private static final int FIRST = 16;
    /** How many connections and records name it. */
    private static final int REFERENCES = 20;
    /** The last tick of the table's clock at which a connection that names it was seen to have had a packet, made odd; 0 for none. */
    private static final int SEEN_TICK = 24;
    /** The next record with the same place, or the next free one; -1 ends. */
    private static final int NEXT = 28;

    private final Lines records = new Lines(BYTES);
    /** By hash: the first record, or -1. A power of two of them. */
    private int[] places = filled(FIRST_PLACES);

    private int used = 1;
    private int firstFree = -1;
    private int last = UNKNOWN;

    /** Names a record once more. */
    int acquire(long ruleId, long revision, long firstRuleId, long firstRevision) {
        if (last != UNKNOWN) {
            long record = records.address(last);
            if (references(record) > 0 && is(record, ruleId, revision, firstRuleId, firstRevision)) {
                NativeMemory.setInt(record + REFERENCES, references(record) + 1);
                return last;
            }
        }
        if ((ruleId | revision | firstRuleId | firstRevision) == 0) {
            return UNKNOWN;
        }
        int found = places[place(ruleId, revision, firstRuleId, firstRevision)];
        while (found >= 0 && !is(records.address(found), ruleId, revision, firstRuleId, firstRevision)) {
            found = next(found);
        }
        if (found < 0) {
            found = add(ruleId, revision, firstRuleId, firstRevision);
        }
        long record = records.address(found);
        NativeMemory.setInt(record + REFERENCES, references(record) + 1);
        last = found;
        return found;
    }

    private boolean is(long record, long ruleId, long revision, long firstRuleId, long firstRevision) {
        if (NativeMemory.getLong(record + RULE_ID) != ruleId || NativeMemory.getLong(record + REVISION) != revision) {
            return false;
        }
        long first = records.address(NativeMemory.getInt(record + FIRST));
        return NativeMemory.getLong(first + RULE_ID) == firstRuleId
                && NativeMemory.getLong(first + REVISION) == firstRevision;
    }

    /** Names a record once less. */
    void release(int record) {
        if (record == UNKNOWN) {
            return;
        }
        long address = records.address(record);
        int references = references(address) - 1;
        NativeMemory.setInt(address + REFERENCES, references);
        if (references == 0) {
            unlink(record);
            int first = NativeMemory.getInt(address + FIRST);
            setNext(record, firstFree);
            firstFree = record;
            if (first != record) {
                release(first);
            }
        }
    }

    private void unlink(int record) {
        int place = place(record);
        int before = places[place];
        if (before == record) {
            places[place] = next(record);
            return;
        }
        while (next(before) != record) {
            before = next(before);
        }
        setNext(before, next(record));
    }

    /** A connection that names the record had a packet then. */
    void seen(int record, int tick) {
        records.ensure(used); // that nobody knows of may be seen before any other
        long at = records.address(record) + SEEN_TICK;
        int odd = tick | 1;
        int before = NativeMemory.getInt(at);
        if (before == 0 || odd - before > 0) {
            NativeMemory.setInt(at, odd);
        }
    }

    /** Of {@link #seen}, since the last call; 0 for none. */
    int takeSeenTick(int record) {
        long at = records.address(record) + SEEN_TICK;
        int tick = NativeMemory.getInt(at);
        if (tick != 0) {
            NativeMemory.setInt(at, 0);
        }
        return tick;
    }

    long ruleId(int record) {
        return NativeMemory.getLong(records.address(record) + RULE_ID);
    }

    long revision(int record) {
        return NativeMemory.getLong(records.address(record) + REVISION);
    }

    long firstRuleId(int record) {
        return ruleId(first(record));
    }

    long firstRevision(int record) {
        return revision(first(record));
    }

    private int first(int record) {
        return NativeMemory.getInt(records.address(record) + FIRST);
    }

    private static int references(long address) {
        return NativeMemory.getInt(address + REFERENCES);
    }

    private int next(int record) {
        return NativeMemory.getInt(records.address(record) + NEXT);
    }

    private void setNext(int record, int next) {
        NativeMemory.setInt(records.address(record) + NEXT, next);
    }

    /** Records below this number may be in use. */
    int limit() {
        return used;
    }

    long bytes() {
        return records.bytes(used) + places.length * 4L;
    }

    /** Forgets all records; the memory stays. */
    void clear() {
        places = filled(FIRST_PLACES);
        used = 1;
        firstFree = -1;
        last = UNKNOWN;
    }

    /** Gives back what is taken ahead of need. */
    void trim() {
        records.trim(used);
    }

    /** No other call is allowed afterwards. */
    void free() {
        records.free();
    }

    private int add(long ruleId, long revision, long firstRuleId, long firstRevision) {
        boolean isFirst = ruleId == firstRuleId && revision == firstRevision;
        int first = isFirst ? UNKNOWN : acquire(firstRuleId, firstRevision, firstRuleId, firstRevision);
        int record = firstFree;
        if (record >= 0) {
            firstFree = next(record);
        } else if (used == MAX_RECORDS) {
            release(first);
            return UNKNOWN;
        } else {
            records.ensure(used + 1);
            record = used++;
        }
        long address = records.address(record);
        NativeMemory.setLong(address + RULE_ID, ruleId);
        NativeMemory.setLong(address + REVISION, revision);
        NativeMemory.setInt(address + FIRST, isFirst ? record : first);
        NativeMemory.setInt(address + REFERENCES, 0);
        NativeMemory.setInt(address + SEEN_TICK, 0);
        if (used > places.length) {
            spread();
        } else {
            link(record);
        }
        return record;
    }

    /** Gives records more places; only ever when none is free, so that all but {@link #UNKNOWN} have one. */
    private void spread() {
        places = filled(2 * places.length);
        for (int record = 1; record < used; record++) {
            link(record);
        }
    }

    private void link(int record) {
        int place = place(record);
        setNext(record, places[place]);
        places[place] = record;
    }

    private int place(int record) {
        return place(ruleId(record), revision(record), firstRuleId(record), firstRevision(record));
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
