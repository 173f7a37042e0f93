package io.portcullis.ports.kernel;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.portcullis.datapath.port.Burst;
import io.portcullis.datapath.port.PortException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Attaches to an existing TAP device (drivers/net/tun.c). A queue's descriptor and a control socket in the device's namespace,
 * both owned by the caller of {@link #attach}.
 *
 * @param fd the queue, non-blocking, with virtio-net headers of {@value Burst#VNET_HEADER_BYTES} bytes
 * @param control a route netlink socket in the device's namespace, for questions about the device
 * @param alone whether no other queue was attached before this one
 */
record TapDevice(TapSpecification where, int fd, int control, boolean alone) {
    private static final int O_RDWR = 2;
    private static final int O_NONBLOCK = 0x800;
    private static final int O_CLOEXEC = 0x80000;
    private static final int AF_NETLINK = 16;
    private static final int SOCK_RAW = 3;

    private static final int IFF_TAP = 0x0002;
    private static final int IFF_NO_PI = 0x1000;
    private static final int IFF_VNET_HDR = 0x4000;
    private static final int IFF_MULTI_QUEUE = 0x0100;

    private static final long TUNSETIFF = 0x400454caL;
    private static final long TUNSETPERSIST = 0x400454cbL;
    private static final long TUNSETOFFLOAD = 0x400454d0L;
    private static final long TUNSETVNETHDRSZ = 0x400454d8L;
    private static final long TUNSETSTEERINGEBPF = 0x800454e0L;
    private static final long SIOCGIFINDEX = 0x8933;
    private static final long SIOCGIFTXQLEN = 0x8942;
    private static final long SIOCETHTOOL = 0x8946;
    private static final int ETHTOOL_GLINK = 0x0a;

    /** TUN_F_CSUM, TSO4, TSO6, TSO_ECN. */
    private static final long OFFLOAD_TCP = 0x0f;
    /** TUN_F_USO4 and USO6, known from Linux 6.2 on. */
    private static final long OFFLOAD_UDP = 0x60;

    private static final int IFREQ_BYTES = 40;
    private static final int IFREQ_VALUE = 16;

    /**
     * Attaches one more queue, switches offloads on and makes the device persistent, so that it outlives its holders.
     *
     * @param multiQueue true for the port of a VM; false for an uplink, which one process alone may hold
     */
    static TapDevice attach(TapSpecification where, boolean multiQueue) throws PortException {
        int[] fds = NetworkNamespace.call(where.namespace(), () -> open(where));
        TapDevice opened = new TapDevice(where, fds[0], fds[1], false);
        try (Arena arena = Arena.ofConfined()) {
            return opened.configure(arena, multiQueue);
        } catch (PortException | RuntimeException e) {
            opened.close();
            throw e;
        }
    }

    private static int[] open(TapSpecification where) throws PortException {
        int fd = Libc.open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
        if (fd < 0) {
            String mend = Errno.isPrivilege(-fd)
                    ? "; run as root (CAP_NET_ADMIN is needed)"
                    : "; load the driver: modprobe tun, and see that the container has the device";
            throw new PortException(where + ": cannot open /dev/net/tun: " + Errno.text(-fd) + mend);
        }
        int control = Libc.socket(AF_NETLINK, SOCK_RAW | O_CLOEXEC, 0);
        if (control < 0) {
            Libc.close(fd);
            throw new PortException(where + ": cannot open a socket: " + Errno.text(-control));
        }
        return new int[] {fd, control};
    }

    private TapDevice configure(Arena arena, boolean multiQueue) throws PortException {
        int index = index(arena);
        if (index < 0) {
            throw new PortException(where + ": there is no device '" + where.device() + "' (" + Errno.text(-index)
                    + "); create it: " + where.createCommand(multiQueue));
        }
        int queues = queues(arena, index);
        MemorySegment request = request(arena);
        int flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | (multiQueue ? IFF_MULTI_QUEUE : 0);
        request.set(JAVA_SHORT, IFREQ_VALUE, (short) flags);
        int attached = Libc.ioctl(fd, TUNSETIFF, request.address());
        if (attached < 0) {
            throw new PortException(where + ": " + whyNotAttached(-attached, multiQueue));
        }
        if (index(arena) != index) {
            throw new PortException(
                    where + ": the device was removed meanwhile; create it: " + where.createCommand(multiQueue));
        }
        MemorySegment headerBytes = arena.allocate(JAVA_INT);
        headerBytes.set(JAVA_INT, 0, Burst.VNET_HEADER_BYTES);
        must(Libc.ioctl(fd, TUNSETVNETHDRSZ, headerBytes.address()), "TUNSETVNETHDRSZ");
        int offload = Libc.ioctl(fd, TUNSETOFFLOAD, OFFLOAD_TCP | OFFLOAD_UDP);
        if (offload == -Errno.EINVAL) {
            offload = Libc.ioctl(fd, TUNSETOFFLOAD, OFFLOAD_TCP);
        }
        must(offload, "TUNSETOFFLOAD");
        must(Libc.ioctl(fd, TUNSETPERSIST, 1), "TUNSETPERSIST");
        // Asking for the link makes the kernel act on the new carrier at once; otherwise its link watch may take a
        // second, in
        // which a bridge drops what an uplink sends and the VM's queueing discipline what the VM sends.
        hasCarrier(arena);
        return new TapDevice(where, fd, control, queues == 0);
    }

    private String whyNotAttached(int errno, boolean multiQueue) {
        return switch (errno) {
            case Errno.EPERM, Errno.EACCES -> "not permitted to attach; run as root (CAP_NET_ADMIN is needed)";
            case Errno.EBUSY -> "another process holds the device, which has a single queue; stop that process";
            case Errno.E2BIG -> "all " + SteeringPrograms.MAX_QUEUES + " queues of the device are in use";
            case Errno.EINVAL ->
                "'" + where.device() + "' is no TAP device "
                        + (multiQueue ? "with" : "without") + " multi_queue; look at it: " + where.showCommand()
                        + ", and create it: " + where.createCommand(multiQueue);
            default -> "cannot attach: " + Errno.text(errno);
        };
    }

    private void must(int result, String what) throws PortException {
        if (result < 0) {
            throw new PortException(where + ": " + what + " failed: " + Errno.text(-result));
        }
    }

    private MemorySegment request(Arena arena) {
        MemorySegment request = arena.allocate(IFREQ_BYTES, 8);
        request.setString(0, where.device());
        return request;
    }

    private int index(Arena arena) {
        MemorySegment request = request(arena);
        int result = Libc.ioctl(control, SIOCGIFINDEX, request.address());
        return result < 0 ? result : request.get(JAVA_INT, IFREQ_VALUE);
    }

    /** How many queues are attached to the device. */
    private int queues(Arena arena, int index) throws PortException {
        int queues = TapQueueCount.ask(arena, control, index);
        if (queues < 0) {
            throw new PortException(where + ": cannot count the device's queues: " + Errno.text(-queues));
        }
        return queues;
    }

    /** How many queues are attached to the device now. */
    int queues() throws PortException {
        try (Arena arena = Arena.ofConfined()) {
            return queues(arena, index(arena));
        }
    }

    /** A TAP that is up has carrier while at least one queue is attached. */
    private boolean hasCarrier(Arena arena) {
        MemorySegment link = arena.allocate(8, 4);
        link.set(JAVA_INT, 0, ETHTOOL_GLINK);
        MemorySegment request = request(arena);
        request.set(JAVA_LONG, IFREQ_VALUE, link.address());
        return Libc.ioctl(control, SIOCETHTOOL, request.address()) >= 0 && link.get(JAVA_INT, 4) != 0;
    }

    /** How many frames the kernel keeps for a queue at most (txqueuelen). */
    int queueLimitFrames() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment request = request(arena);
            int result = Libc.ioctl(control, SIOCGIFTXQLEN, request.address());
            return result < 0 ? Integer.MAX_VALUE : request.get(JAVA_INT, IFREQ_VALUE);
        }
    }

    /** Installs the program that chooses queue {@code index}; it belongs to the device, whoever sets it. */
    void steerTo(int index) throws PortException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment program = arena.allocate(JAVA_INT);
            program.set(JAVA_INT, 0, SteeringPrograms.fd(index));
            must(Libc.ioctl(fd, TUNSETSTEERINGEBPF, program.address()), "TUNSETSTEERINGEBPF");
        }
    }

    /** Throws away what the queue still holds; the last queue of the device takes the freed index. */
    void close() {
        Libc.close(fd);
        Libc.close(control);
    }
}
