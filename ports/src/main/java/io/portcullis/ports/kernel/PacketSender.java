package io.portcullis.ports.kernel;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.portcullis.datapath.port.PortException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Sends complete frames out of a device of a network namespace, as its kernel would, by an AF_PACKET socket (packet(7)) that receives nothing. Thread-safe; frames of one thread go
 * in order.
 */
public final class PacketSender implements AutoCloseable {
    private static final int AF_PACKET = 17;
    private static final int SOCK_RAW_CLOEXEC = 3 | 0x80000;
    private static final long SIOCGIFINDEX = 0x8933;
    private static final int MAX_FRAME_BYTES = 65_536;

    private final int fd;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment buffer = arena.allocate(MAX_FRAME_BYTES);
    private boolean isClosed;

    private PacketSender(int fd) {
        this.fd = fd;
    }

    /**
     * Opens one.
     *
     * @param specification {@code tap:NAMESPACE/DEVICE}, though any kind of device will do; {@code tap:/DEVICE} in the own one
     */
    public static PacketSender open(String specification) throws PortException {
        TapSpecification where = TapSpecification.parse(specification);
        return new PacketSender(NetworkNamespace.call(where.namespace(), () -> open(where)));
    }

    private static int open(TapSpecification where) throws PortException {
        int fd = Libc.socket(AF_PACKET, SOCK_RAW_CLOEXEC, 0);
        if (fd < 0) {
            String mend = Errno.isPrivilege(-fd) ? "; run as root (CAP_NET_RAW is needed)" : "";
            throw new PortException(where + ": cannot send: " + Errno.text(-fd) + mend);
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment request = arena.allocate(40, 8);
            request.setString(0, where.device());
            int found = Libc.ioctl(fd, SIOCGIFINDEX, request.address());
            MemorySegment address = arena.allocate(20, 4);
            address.set(JAVA_SHORT, 0, (short) AF_PACKET);
            address.set(JAVA_INT, 4, request.get(JAVA_INT, 16));
            int bound = found < 0 ? found : Libc.bind(fd, address.address(), (int) address.byteSize());
            if (bound < 0) {
                Libc.close(fd);
                throw new PortException(
                        where + ": cannot send: " + Errno.text(-bound) + "; look: " + where.showCommand());
            }
            return fd;
        }
    }

    /** Sends a copy; false if the kernel does not take it now, or the sender is closed. */
    public synchronized boolean send(byte[] frame) {
        if (isClosed) {
            return false;
        }
        MemorySegment.copy(frame, 0, buffer, JAVA_BYTE, 0, frame.length);
        long written;
        do {
            written = Libc.write(fd, buffer.address(), frame.length);
        } while (written == -Errno.EINTR);
        return written == frame.length;
    }

    @Override
    public synchronized void close() {
        if (!isClosed) {
            isClosed = true;
            Libc.close(fd);
            arena.close();
        }
    }
}
