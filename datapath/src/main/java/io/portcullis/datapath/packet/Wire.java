package io.portcullis.datapath.packet;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Numbers in network byte order at any alignment. The segment checks its own bounds; callers check the frame's first. */
public final class Wire {
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private Wire() {}

    public static int u8(MemorySegment memory, long offset) {
        return memory.get(ValueLayout.JAVA_BYTE, offset) & 0xff;
    }

    public static int u16(MemorySegment memory, long offset) {
        return memory.get(SHORT, offset) & 0xffff;
    }

    public static int i32(MemorySegment memory, long offset) {
        return memory.get(INT, offset);
    }

    public static long u32(MemorySegment memory, long offset) {
        return memory.get(INT, offset) & 0xffff_ffffL;
    }

    public static long u48(MemorySegment memory, long offset) {
        return (long) u16(memory, offset) << 32 | u32(memory, offset + 2);
    }

    public static long i64(MemorySegment memory, long offset) {
        return memory.get(LONG, offset);
    }

    public static void put8(MemorySegment memory, long offset, int value) {
        memory.set(ValueLayout.JAVA_BYTE, offset, (byte) value);
    }

    public static void put16(MemorySegment memory, long offset, int value) {
        memory.set(SHORT, offset, (short) value);
    }

    public static void put32(MemorySegment memory, long offset, int value) {
        memory.set(INT, offset, value);
    }

    public static void put48(MemorySegment memory, long offset, long value) {
        put16(memory, offset, (int) (value >>> 32));
        put32(memory, offset + 2, (int) value);
    }

    public static void put64(MemorySegment memory, long offset, long value) {
        memory.set(LONG, offset, value);
    }
}
