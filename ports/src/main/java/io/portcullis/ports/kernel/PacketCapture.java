package io.portcullis.ports.kernel;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.portcullis.datapath.port.PortException;
import io.portcullis.ports.CapturedFrame;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Watches all frames that pass a device of a network namespace, both ways, with an AF_PACKET socket (packet(7)) and a thread of
 * its own. The kernel takes VLAN tags out of frames; they are put back where they were. What the socket could not keep is in
 * {@link #dropped()}: a proof by absence needs it to be 0.
 */
public final class PacketCapture implements AutoCloseable {
    /** Enough for Ethernet, tag, IP and TCP headers. */
    public static final int DEFAULT_SNAP_BYTES = 160;

    private static final int AF_PACKET = 17;
    private static final int SOCK_RAW_CLOEXEC = 3 | 0x80000;
    private static final short ETH_P_ALL_WIRE = 0x0300;
    private static final int SOL_SOCKET = 1;
    private static final int SO_RCVBUFFORCE = 33;
    private static final int SO_RCVTIMEO = 20;
    private static final int SO_TIMESTAMPNS = 35;
    private static final int SOL_PACKET = 263;
    private static final int PACKET_STATISTICS = 6;
    private static final int PACKET_AUXDATA = 8;
    private static final int PACKET_OUTGOING = 4;
    private static final int TP_STATUS_VLAN_VALID = 1 << 4;
    private static final int TP_STATUS_VLAN_TPID_VALID = 1 << 6;
    private static final int MSG_TRUNC = 0x20;
    private static final int MSG_DONTWAIT = 0x40;
    private static final int RECEIVE_BUFFER_BYTES = 16 << 20;
    private static final int MAC_ADDRESSES_BYTES = 12;
    private static final int TAG_BYTES = 4;
    private static final int CONTROL_BYTES = 256;
    private static final int CMSG_HEADER_BYTES = 16;
    private static final long SIOCGIFINDEX = 0x8933;

    private final String device;
    private final int fd;
    private final int snapBytes;
    private final Consumer<CapturedFrame> consumer;
    private final AtomicLong captured = new AtomicLong();
    private final AtomicLong dropped = new AtomicLong();
    private final Thread thread;
    private volatile long stopEpochNanos;
    private volatile boolean stop;
    private volatile @Nullable Throwable failure;

    private PacketCapture(String device, int fd, int snapBytes, Consumer<CapturedFrame> consumer) {
        this.device = device;
        this.fd = fd;
        this.snapBytes = snapBytes;
        this.consumer = consumer;
        thread = Thread.ofPlatform().daemon().name("capture-" + device).unstarted(this::run);
    }

    /**
     * Starts a capture; frames that pass after the return are seen.
     *
     * @param specification {@code tap:NAMESPACE/DEVICE}, though any kind of device will do; {@code tap:/DEVICE} in the own one
     * @param snapBytes how much of each frame to keep
     * @param consumer gets every frame, on the capture's thread
     */
    public static PacketCapture start(String specification, int snapBytes, Consumer<CapturedFrame> consumer)
            throws PortException {
        TapSpecification where = TapSpecification.parse(specification);
        int fd = NetworkNamespace.call(where.namespace(), () -> open(where));
        PacketCapture capture = new PacketCapture(where.device(), fd, snapBytes, consumer);
        capture.thread.start();
        return capture;
    }

    private static int open(TapSpecification where) throws PortException {
        // Protocol 0: nothing is received before bind() says from which device.
        int fd = Libc.socket(AF_PACKET, SOCK_RAW_CLOEXEC, 0);
        if (fd < 0) {
            String mend = Errno.isPrivilege(-fd) ? "; run as root (CAP_NET_RAW is needed)" : "";
            throw new PortException(where + ": cannot capture: " + Errno.text(-fd) + mend);
        }
        try (Arena arena = Arena.ofConfined()) {
            option(arena, fd, SOL_PACKET, PACKET_AUXDATA, 1);
            option(arena, fd, SOL_SOCKET, SO_TIMESTAMPNS, 1);
            option(arena, fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES);
            MemorySegment timeval = arena.allocate(16, 8);
            timeval.set(JAVA_LONG, 8, 100_000);
            Libc.setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, timeval.address(), 16);
            MemorySegment request = arena.allocate(40, 8);
            request.setString(0, where.device());
            int found = Libc.ioctl(fd, SIOCGIFINDEX, request.address());
            if (found < 0) {
                throw new PortException(
                        where + ": there is no device '" + where.device() + "'; look: " + where.showCommand());
            }
            MemorySegment address = arena.allocate(20, 4);
            address.set(JAVA_SHORT, 0, (short) AF_PACKET);
            address.set(JAVA_SHORT, 2, ETH_P_ALL_WIRE);
            address.set(JAVA_INT, 4, request.get(JAVA_INT, 16));
            int bound = Libc.bind(fd, address.address(), (int) address.byteSize());
            if (bound < 0) {
                throw new PortException(where + ": cannot capture: " + Errno.text(-bound));
            }
            return fd;
        } catch (PortException | RuntimeException e) {
            Libc.close(fd);
            throw e;
        }
    }

    private static void option(Arena arena, int fd, int level, int option, int value) throws PortException {
        MemorySegment segment = arena.allocate(JAVA_INT);
        segment.set(JAVA_INT, 0, value);
        int result = Libc.setsockopt(fd, level, option, segment.address(), Integer.BYTES);
        if (result < 0) {
            throw new PortException("socket option " + level + "/" + option + ": " + Errno.text(-result));
        }
    }

    private void run() {
        try (Arena arena = Arena.ofConfined()) {
            Message message = new Message(arena, snapBytes);
            while (receive(message)) {
                // Receiving is all.
            }
            readStatistics(arena);
        } catch (RuntimeException e) {
            failure = e;
        } finally {
            Libc.close(fd);
        }
    }

    /** Takes one frame, or waits for one a while; false when the capture is over and what had come before has been taken. */
    private boolean receive(Message message) {
        boolean stopping = stop;
        message.reset();
        long bytes = Libc.recvmsg(fd, message.header.address(), MSG_TRUNC | (stopping ? MSG_DONTWAIT : 0));
        if (bytes >= 0) {
            CapturedFrame frame = message.frame(device, (int) bytes);
            if (stopping && frame.epochNanos() > stopEpochNanos) {
                return false;
            }
            captured.incrementAndGet();
            consumer.accept(frame);
            return true;
        }
        if (bytes != -Errno.EAGAIN && bytes != -Errno.EINTR && bytes != -Errno.ENETDOWN) {
            throw new IllegalStateException("capture on " + device + ": " + Errno.text((int) -bytes));
        }
        return !stopping;
    }

    /** Reading resets the kernel's counters, so they are read once, at the end. */
    private void readStatistics(Arena arena) {
        MemorySegment statistics = arena.allocate(8, 4);
        MemorySegment length = arena.allocate(JAVA_INT);
        length.set(JAVA_INT, 0, 8);
        if (Libc.getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, statistics.address(), length.address()) >= 0) {
            dropped.set(Integer.toUnsignedLong(statistics.get(JAVA_INT, 4)));
        }
    }

    /** Frames handed to the consumer. */
    public long captured() {
        return captured.get();
    }

    /** Frames that the socket's buffer could not take; known after {@link #close()}. */
    public long dropped() {
        return dropped.get();
    }

    /**
     * Ends the capture and returns when the consumer has had every frame that passed before the call.
     *
     * @throws IllegalStateException if the capture or its consumer had failed on the way
     */
    @Override
    public void close() {
        Instant now = Instant.now();
        stopEpochNanos = now.getEpochSecond() * 1_000_000_000L + now.getNano();
        stop = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Throwable cause = failure;
        if (cause != null) {
            throw new IllegalStateException("the capture on " + device + " had failed", cause);
        }
    }

    /** struct msghdr with room for a frame, its link-layer address and control messages. */
    private static final class Message {
        private final MemorySegment header;
        private final MemorySegment address;
        private final MemorySegment control;
        private final MemorySegment data;

        Message(Arena arena, int snapBytes) {
            header = arena.allocate(56, 8);
            address = arena.allocate(20, 8);
            control = arena.allocate(CONTROL_BYTES, 8);
            data = arena.allocate(snapBytes, 8);
            MemorySegment vector = arena.allocate(16, 8);
            vector.set(JAVA_LONG, 0, data.address());
            vector.set(JAVA_LONG, 8, data.byteSize());
            header.set(JAVA_LONG, 0, address.address());
            header.set(JAVA_LONG, 16, vector.address());
            header.set(JAVA_LONG, 24, 1);
            header.set(JAVA_LONG, 32, control.address());
        }

        void reset() {
            header.set(JAVA_INT, 8, (int) address.byteSize());
            header.set(JAVA_LONG, 40, control.byteSize());
        }

        CapturedFrame frame(String device, int wireBytes) {
            long nanos = 0;
            int tag = 0;
            long end = header.get(JAVA_LONG, 40);
            for (long at = 0; at + CMSG_HEADER_BYTES <= end; ) {
                long length = control.get(JAVA_LONG, at);
                int level = control.get(JAVA_INT, at + 8);
                int type = control.get(JAVA_INT, at + 12);
                long body = at + CMSG_HEADER_BYTES;
                if (level == SOL_SOCKET && type == SO_TIMESTAMPNS) {
                    nanos = control.get(JAVA_LONG, body) * 1_000_000_000L + control.get(JAVA_LONG, body + 8);
                } else if (level == SOL_PACKET && type == PACKET_AUXDATA) {
                    tag = tag(body);
                }
                at += Math.max(CMSG_HEADER_BYTES, length + 7 & -8);
            }
            boolean toHost = address.get(JAVA_BYTE, 10) == PACKET_OUTGOING;
            byte[] bytes = bytes((int) Math.min(wireBytes, data.byteSize()), tag);
            return new CapturedFrame(nanos, device, toHost, bytes, wireBytes + (tag == 0 ? 0 : TAG_BYTES));
        }

        /** struct tpacket_auxdata: the tag that the kernel took out, or 0. */
        private int tag(long body) {
            int status = control.get(JAVA_INT, body);
            if ((status & TP_STATUS_VLAN_VALID) == 0) {
                return 0;
            }
            int tpid = (status & TP_STATUS_VLAN_TPID_VALID) != 0
                    ? Short.toUnsignedInt(control.get(JAVA_SHORT, body + 18))
                    : 0x8100;
            return tpid << 16 | Short.toUnsignedInt(control.get(JAVA_SHORT, body + 16));
        }

        private byte[] bytes(int length, int tag) {
            if (tag == 0 || length < MAC_ADDRESSES_BYTES) {
                return data.asSlice(0, length).toArray(JAVA_BYTE);
            }
            byte[] bytes = new byte[length + TAG_BYTES];
            MemorySegment.copy(data, JAVA_BYTE, 0, bytes, 0, MAC_ADDRESSES_BYTES);
            for (int i = 0; i < TAG_BYTES; i++) {
                bytes[MAC_ADDRESSES_BYTES + i] = (byte) (tag >>> (24 - 8 * i));
            }
            int rest = length - MAC_ADDRESSES_BYTES;
            MemorySegment.copy(data, JAVA_BYTE, MAC_ADDRESSES_BYTES, bytes, MAC_ADDRESSES_BYTES + TAG_BYTES, rest);
            return bytes;
        }
    }
}
