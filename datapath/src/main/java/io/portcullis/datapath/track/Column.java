package io.portcullis.datapath.track;

/** A column that is filled from its begin, and read again. One thread. */
final class Column {
    final long[] values = new long[ColumnCoder.MAX_COUNT];
    int at;

    void add(long value) {
        values[at++] = value;
    }

    void addSigned(long value) {
        values[at++] = Varint.zigzag(value);
    }

    long next() {
        return values[at++];
    }

    long nextSigned() {
        long value = values[at++];
        return value >>> 1 ^ -(value & 1);
    }

    /** Whether the first numbers are all below this one. */
    boolean isBelow(int bound, int count) {
        long highest = -1;
        for (int i = 0; i < count; i++) {
            highest = Math.max(highest, values[i]);
        }
        return highest < bound;
    }
}
