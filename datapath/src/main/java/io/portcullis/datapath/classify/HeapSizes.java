package io.portcullis.datapath.classify;

/** Bytes that objects take on the heap of this machine (64-bit HotSpot, references of 4 bytes below 32 GB of heap). */
final class HeapSizes {
    /** A small object with a handful of fields. */
    static final int OBJECT = 48;

    private static final int ARRAY_HEADER = 16;
    private static final int ALIGNMENT = 8;
    private static final int REFERENCE = Runtime.getRuntime().maxMemory() < 32L << 30 ? Integer.BYTES : Long.BYTES;

    private HeapSizes() {}

    static long ofLongs(int length) {
        return ARRAY_HEADER + (long) length * Long.BYTES;
    }

    static long ofInts(int length) {
        return aligned(ARRAY_HEADER + (long) length * Integer.BYTES);
    }

    static long ofReferences(int length) {
        return aligned(ARRAY_HEADER + (long) length * REFERENCE);
    }

    private static long aligned(long bytes) {
        return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }
}
