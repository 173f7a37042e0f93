package io.portcullis.ports.kernel;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.portcullis.datapath.port.PortException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The eBPF programs that choose a TAP's queue: {@code r0 = index; exit}. Loaded once per process and index, kept open for its
 * life. Thread-safe. The kernel takes the result modulo the number of attached queues (drivers/net/tun.c, tun_ebpf_select_queue).
 */
final class SteeringPrograms {
    /** MAX_TAP_QUEUES of the kernel. */
    static final int MAX_QUEUES = 256;

    private static final int BPF_PROG_LOAD = 5;
    private static final int BPF_PROG_TYPE_SOCKET_FILTER = 1;
    private static final int MOVE_IMMEDIATE = 0xb7;
    private static final int EXIT = 0x95;
    private static final int ATTRIBUTE_BYTES = 120;
    private static final int INSTRUCTION_BYTES = 8;
    private static final int[] FDS = new int[MAX_QUEUES];

    private SteeringPrograms() {}

    /** Descriptor of the program that chooses queue {@code index}. */
    static synchronized int fd(int index) throws PortException {
        if (index < 0 || index >= MAX_QUEUES) {
            throw new IllegalArgumentException("queue index " + index);
        }
        if (FDS[index] == 0) {
            FDS[index] = load(index);
        }
        return FDS[index];
    }

    private static int load(int index) throws PortException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment program = arena.allocate(2 * INSTRUCTION_BYTES, 8);
            program.set(JAVA_BYTE, 0, (byte) MOVE_IMMEDIATE);
            program.set(JAVA_INT, 4, index);
            program.set(JAVA_BYTE, INSTRUCTION_BYTES, (byte) EXIT);
            MemorySegment attributes = arena.allocate(ATTRIBUTE_BYTES, 8);
            attributes.set(JAVA_INT, 0, BPF_PROG_TYPE_SOCKET_FILTER);
            attributes.set(JAVA_INT, 4, 2);
            attributes.set(JAVA_LONG, 8, program.address());
            attributes.set(JAVA_LONG, 16, arena.allocateFrom("Apache-2.0").address());
            int fd = Libc.bpf(BPF_PROG_LOAD, attributes.address(), ATTRIBUTE_BYTES);
            if (fd < 0) {
                String mend = Errno.isPrivilege(-fd) ? "; run as root (CAP_BPF or CAP_SYS_ADMIN is needed)" : "";
                throw new PortException("cannot load the steering program: " + Errno.text(-fd) + mend);
            }
            return fd;
        }
    }
}
