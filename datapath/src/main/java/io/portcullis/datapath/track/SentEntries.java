package io.portcullis.datapath.track;

import java.util.Arrays;
import java.util.BitSet;

/** What the other side of an export has, by slots of this one. One thread. */
sealed interface SentEntries {
    boolean isIn(int slot);

    /** The other side gets this for the slot, instead of what it had of it; times do not count. */
    void put(int slot, EntryFields entry);

    /** The other side forgets what it has of the slot. */
    void remove(int slot);

    /** How many it has. */
    int entries();

    /** Of those, as in {@link TableSnapshot#digest}; 0 where none is kept. */
    long digest();

    /** With a digest of everything, for a hand-over: 8 bytes a slot. */
    static SentEntries withDigests() {
        return new Digests();
    }

    /** One bit a slot, for a copy that goes on as long as its table. */
    static SentEntries counted() {
        return new Counted();
    }

    /** Knows each connection's digest. */
    final class Digests implements SentEntries {
        private final EntryDigest entryDigest = new EntryDigest();
        /** Of the connection that the other side has of a slot, 0 for none. */
        private long[] digests = new long[64];

        private int entries;
        private long digest;

        private Digests() {}

        @Override
        public boolean isIn(int slot) {
            return slot < digests.length && digests[slot] != 0;
        }

        @Override
        public void put(int slot, EntryFields entry) {
            long own = entryDigest.of(entry);
            if (slot >= digests.length) {
                digests = Arrays.copyOf(digests, Math.max(slot + 1, 2 * digests.length));
            }
            entries += digests[slot] == 0 ? 1 : 0;
            digest += own - digests[slot];
            digests[slot] = own;
        }

        @Override
        public void remove(int slot) {
            digest -= digests[slot];
            digests[slot] = 0;
            entries--;
        }

        @Override
        public int entries() {
            return entries;
        }

        @Override
        public long digest() {
            return digest;
        }
    }

    /** Knows which there are. */
    final class Counted implements SentEntries {
        private final BitSet slots = new BitSet();
        private int entries;

        private Counted() {}

        @Override
        public boolean isIn(int slot) {
            return slots.get(slot);
        }

        @Override
        public void put(int slot, EntryFields entry) {
            entries += slots.get(slot) ? 0 : 1;
            slots.set(slot);
        }

        @Override
        public void remove(int slot) {
            slots.clear(slot);
            entries--;
        }

        @Override
        public int entries() {
            return entries;
        }

        @Override
        public long digest() {
            return 0;
        }
    }
}
