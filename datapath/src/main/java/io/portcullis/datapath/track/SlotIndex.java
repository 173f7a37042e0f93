package io.portcullis.datapath.track;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Finds slots by the hash of their key: open addressing with linear probing, removal by backward shift, off heap. A place
 * holds the upper half of the hash, which also says where the search begins, and slot + 1; 0 is empty. Twice as large
 * whenever it is half full.
 */
final class SlotIndex {
    private static final int MIN_PLACES = 64;
    private static final long HASH_BITS = 0xffff_ffff_0000_0000L;

    /** The GC frees an outgrown one. */
    private MemorySegment places = allocate(MIN_PLACES);

    private int mask = MIN_PLACES - 1;
    private int count;

    /** Where the search for a hash begins. */
    int home(long hash) {
        return (int) (hash >>> 32) & mask;
    }

    int after(int place) {
        return place + 1 & mask;
    }

    /** 0 ends the search. */
    long at(int place) {
        return places.getAtIndex(Entry.LONG, place);
    }

    static boolean isSameHash(long content, long hash) {
        return ((content ^ hash) & HASH_BITS) == 0;
    }

    static int slot(long content) {
        return (int) content - 1;
    }

    void put(long hash, int slot) {
        if (2 * (count + 1) > mask + 1) {
            grow();
        }
        insert((hash & HASH_BITS) | (slot + 1));
        count++;
    }

    void remove(long hash, int slot) {
        int hole = home(hash);
        while (slot(at(hole)) != slot) {
            if (at(hole) == 0) {
                throw new IllegalStateException("slot " + slot + " holds no connection");
            }
            hole = after(hole);
        }
        for (int i = after(hole); at(i) != 0; i = after(i)) {
            int distance = i - home(at(i)) & mask;
            // moves back whatever may lie in the hole: its home is not between hole and itself
            if (distance >= (i - hole & mask)) {
                places.setAtIndex(Entry.LONG, hole, at(i));
                hole = i;
            }
        }
        places.setAtIndex(Entry.LONG, hole, 0);
        count--;
    }

    private void insert(long content) {
        int place = home(content);
        while (at(place) != 0) {
            place = after(place);
        }
        places.setAtIndex(Entry.LONG, place, content);
    }

    private void grow() {
        MemorySegment old = places;
        int oldPlaces = mask + 1;
        places = allocate(oldPlaces * 2);
        mask = oldPlaces * 2 - 1;
        for (int i = 0; i < oldPlaces; i++) {
            long content = old.getAtIndex(Entry.LONG, i);
            if (content != 0) {
                insert(content);
            }
        }
    }

    private static MemorySegment allocate(int places) {
        return Arena.ofAuto().allocate(8L * places, 64);
    }
}
