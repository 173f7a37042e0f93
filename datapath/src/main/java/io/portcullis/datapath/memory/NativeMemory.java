package io.portcullis.datapath.memory;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.ByteOrder;
import java.util.Locale;
import java.util.Optional;
import org.agrona.UnsafeApi;

/**
 * Native memory by address. Each access is one instruction and nothing is checked ({@link UnsafeApi}: the JVM needs {@code
 * --add-opens java.base/jdk.internal.misc=ALL-UNNAMED}): whoever calls answers for the address, and forgets it when it frees the
 * memory. A segment of everything would be checked, by half as many instructions again on the path of a packet. Words are
 * little endian, as the machine has them: on another one (neither x86-64 nor arm64) this class refuses to load.
 *
 * <p>On Linux large pieces are mapped page by page as they are touched, and may be put on huge pages (madvise(2)); elsewhere
 * the advice does nothing.
 */
public final class NativeMemory {
    /** What a huge page is on x86-64 and on arm64 with 4-KiB pages. */
    public static final int HUGE_PAGE_BYTES = 2 << 20;

    private static final int CACHE_LINE_BYTES = 64;

    // sys/mman.h of Linux; the same on x86-64 and arm64
    private static final int PROT_READ_WRITE = 3;
    private static final int MAP_PRIVATE_ANONYMOUS_NORESERVE = 0x4022;
    private static final int MADV_DONTNEED = 4;
    private static final int MADV_HUGEPAGE = 14;
    private static final int MADV_COLLAPSE = 25;

    private static final boolean IS_LINUX =
            System.getProperty("os.name", "").toLowerCase(Locale.ROOT).startsWith("linux");
    private static final Optional<MethodHandle> MMAP = function(
            "mmap",
            FunctionDescriptor.of(
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_LONG));
    private static final Optional<MethodHandle> MUNMAP = function(
            "munmap", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
    private static final Optional<MethodHandle> MADVISE = function(
            "madvise",
            FunctionDescriptor.of(
                    ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT));

    static {
        if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
            throw new ExceptionInInitializerError("the data path runs on little-endian machines only (x86-64, arm64)");
        }
    }

    private NativeMemory() {}

    /** A piece of zeroed memory. */
    public interface Piece {
        long address();

        /** Its first {@code bytes}; not to be used once it is freed. */
        @SuppressWarnings("restricted")
        default MemorySegment segment(long bytes) {
            return MemorySegment.ofAddress(address()).reinterpret(bytes);
        }

        void free();
    }

    public static long getLong(long address) {
        return UnsafeApi.getLong(address);
    }

    public static void setLong(long address, long value) {
        UnsafeApi.putLong(address, value);
    }

    public static int getInt(long address) {
        return UnsafeApi.getInt(address);
    }

    public static void setInt(long address, int value) {
        UnsafeApi.putInt(address, value);
    }

    /** Unsigned. */
    public static int getShort(long address) {
        return UnsafeApi.getShort(address) & 0xffff;
    }

    public static void setShort(long address, int value) {
        UnsafeApi.putShort(address, (short) value);
    }

    /** Unsigned. */
    public static int getByte(long address) {
        return UnsafeApi.getByte(address) & 0xff;
    }

    public static void setByte(long address, int value) {
        UnsafeApi.putByte(address, (byte) value);
    }

    /** In network byte order, as in frames. */
    public static long getNetworkLong(long address) {
        return Long.reverseBytes(UnsafeApi.getLong(address));
    }

    public static int getNetworkInt(long address) {
        return Integer.reverseBytes(UnsafeApi.getInt(address));
    }

    public static void copy(long from, long to, long bytes) {
        UnsafeApi.copyMemory(from, to, bytes);
    }

    /** A small piece, aligned to cache lines. */
    public static Piece allocate(long bytes) {
        return new Small(bytes);
    }

    /** No arena: to close a shared one waits for every thread of the process, which takes milliseconds where cores are busy. */
    private static final class Small implements Piece {
        private final long allocated;
        private final long address;

        Small(long bytes) {
            allocated = UnsafeApi.allocateMemory(bytes + CACHE_LINE_BYTES);
            address = allocated + CACHE_LINE_BYTES - 1 & -CACHE_LINE_BYTES;
            UnsafeApi.setMemory(address, bytes, (byte) 0);
        }

        @Override
        public long address() {
            return address;
        }

        @Override
        public void free() {
            UnsafeApi.freeMemory(allocated);
        }
    }

    /** A large piece, aligned to huge pages, that takes memory only where it is touched (Linux). */
    public static Piece reserve(long bytes) {
        if (MMAP.isEmpty() || MUNMAP.isEmpty()) {
            return allocate(bytes);
        }
        long reserved = bytes + HUGE_PAGE_BYTES;
        long start = map(MMAP.get(), reserved);
        if (start == -1) {
            throw new OutOfMemoryError("the system maps no further " + reserved + " bytes for connections");
        }
        long address = start + HUGE_PAGE_BYTES - 1 & -HUGE_PAGE_BYTES;
        MethodHandle unmap = MUNMAP.get();
        return new Piece() {
            @Override
            public long address() {
                return address;
            }

            @Override
            public void free() {
                unmap(unmap, start, reserved);
            }
        };
    }

    /** Asks for huge pages from the first touch on. */
    public static void adviseHuge(long address, long bytes) {
        advise(address, bytes, MADV_HUGEPAGE);
    }

    /** Asks to put what is there on huge pages now (Linux 6.1; older ones do it in their own time). */
    public static void collapse(long address, long bytes) {
        advise(address, bytes, MADV_HUGEPAGE);
        advise(address, bytes, MADV_COLLAPSE);
    }

    /** Gives whole pages back; they are zero when they are touched again (elsewhere than on Linux nothing happens). */
    public static void giveBack(long address, long bytes) {
        advise(address, bytes, MADV_DONTNEED);
    }

    private static void advise(long address, long bytes, int advice) {
        if (MADVISE.isEmpty()) {
            return;
        }
        try {
            // only advice: whatever it answers, the memory works
            int _ = (int) MADVISE.get().invokeExact(address, bytes, advice);
        } catch (Throwable t) {
            throw new AssertionError("madvise takes two longs and an int", t);
        }
    }

    private static long map(MethodHandle mmap, long bytes) {
        try {
            return (long) mmap.invokeExact(0L, bytes, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS_NORESERVE, -1, 0L);
        } catch (Throwable t) {
            throw new AssertionError("mmap takes what its descriptor says", t);
        }
    }

    private static void unmap(MethodHandle munmap, long address, long bytes) {
        try {
            int _ = (int) munmap.invokeExact(address, bytes);
        } catch (Throwable t) {
            throw new AssertionError("munmap takes two longs", t);
        }
    }

    @SuppressWarnings("restricted")
    private static Optional<MethodHandle> function(String name, FunctionDescriptor descriptor) {
        if (!IS_LINUX) {
            return Optional.empty();
        }
        Linker linker = Linker.nativeLinker();
        return linker.defaultLookup().find(name).map(address -> linker.downcallHandle(address, descriptor));
    }
}
