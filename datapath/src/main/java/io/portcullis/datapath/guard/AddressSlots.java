package io.portcullis.datapath.guard;

/** Addresses of one family: fixed ones, and behind them learned ones that come and go. One thread; nothing allocates but the constructor, and of what only learned ones need nothing where none are learned. */
final class AddressSlots {
    static final byte NO_SOURCE = 0;

    private static final long[] NO_NUMBERS = {};
    private static final byte[] NO_SOURCES = {};
    private static final boolean[] NO_ENDS = {};

    /** High and low half of one address after the other. */
    private final long[] addresses;

    private final byte[] sources;
    private final boolean[] ends;
    private final long[] endNanos;
    private int fixed;
    private int count;

    /** @param declared how many {@link #addFixed} may add */
    AddressSlots(int declared, int learned) {
        int capacity = declared + learned;
        addresses = capacity == 0 ? NO_NUMBERS : new long[2 * capacity];
        sources = learned == 0 ? NO_SOURCES : new byte[capacity];
        ends = learned == 0 ? NO_ENDS : new boolean[capacity];
        endNanos = learned == 0 ? NO_NUMBERS : new long[capacity];
    }

    /** Before any {@link #add}. */
    void addFixed(long high, long low) {
        put(high, low);
        fixed = count;
    }

    /** There must be room. */
    int add(long high, long low) {
        sources[count] = NO_SOURCE;
        ends[count] = false;
        return put(high, low);
    }

    private int put(long high, long low) {
        addresses[2 * count] = high;
        addresses[2 * count + 1] = low;
        return count++;
    }

    /** Where the address is, or -1. */
    int find(long high, long low) {
        for (int i = 0; i < count; i++) {
            if (addresses[2 * i + 1] == low && addresses[2 * i] == high) {
                return i;
            }
        }
        return -1;
    }

    /** Of one that is not fixed; the last one takes its place. */
    void remove(int slot) {
        count--;
        addresses[2 * slot] = addresses[2 * count];
        addresses[2 * slot + 1] = addresses[2 * count + 1];
        sources[slot] = sources[count];
        ends[slot] = ends[count];
        endNanos[slot] = endNanos[count];
    }

    /** Ends that were set so far counted from 0; they count from here. */
    void beginAt(long nowNanos) {
        for (int i = fixed; i < count; i++) {
            endNanos[i] += nowNanos;
        }
    }

    void removeLearned() {
        count = fixed;
    }

    /** How many are gone because their time is over. */
    int removeEnded(long nowNanos) {
        int before = count;
        for (int i = count - 1; i >= fixed; i--) {
            if (ends[i] && nowNanos - endNanos[i] >= 0) {
                remove(i);
            }
        }
        return before - count;
    }

    boolean isFixed(int slot) {
        return slot < fixed;
    }

    int count() {
        return count;
    }

    int learned() {
        return count - fixed;
    }

    long high(int slot) {
        return addresses[2 * slot];
    }

    long low(int slot) {
        return addresses[2 * slot + 1];
    }

    byte source(int slot) {
        return sources[slot];
    }

    void setSource(int slot, byte source) {
        sources[slot] = source;
    }

    void setEnd(int slot, boolean isEnding, long nanos) {
        ends[slot] = isEnding;
        endNanos[slot] = nanos;
    }
}
