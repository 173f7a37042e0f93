package io.portcullis.loadtest.bench;

import io.portcullis.datapath.packet.Checksums;
import io.portcullis.datapath.packet.Wire;
import io.portcullis.policy.MacAddress;
import java.lang.foreign.MemorySegment;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;

/**
 * TCP connections of many clients with one server, the VM: who they are, and how far each end is. Addresses, ports, initial sequence numbers and
 * the clients' windows are drawn at random. Frames carry a number, so that the receiver sees losses, and the time at which they were due.
 *
 * <p>Numbers of one end are written by one thread; the other one may read them late, which is as if an acknowledgement were older.
 */
final class MigrateFlows {
    static final MacAddress VM_MAC = new MacAddress(0x02_00_00_00_00_01L);
    static final MacAddress GATEWAY_MAC = new MacAddress(0x02_00_00_00_00_02L);
    static final int VM_ADDRESS = 0x0a_00_00_05;
    static final int VLAN = 100;
    /** Behind the headers: number of the frame, and the time at which it was due. */
    static final int PAYLOAD = 16;

    static final int SYN = 2;
    static final int ACK = 16;
    static final int PUSH = 8;

    private static final int ETHERNET = 14;
    private static final int TAG = 4;
    private static final int HEADERS = 40;
    private static final int SERVER_PORT = 443;
    private static final int FIRST_EPHEMERAL = 32_768;
    private static final int EPHEMERAL = 28_232;
    private static final int LEAST_WINDOW = 16_384;
    private static final int WINDOWS = 49_152;
    private static final int VM_WINDOW = 64_128;

    private final int[] address;
    private final short[] port;
    private final short[] window;
    private final int[] vmNext;
    private final int[] clientNext;
    /** What each end has of the other one: its acknowledgements. */
    private final int[] vmSeen;

    private final int[] clientSeen;
    private final int clients;

    MigrateFlows(int connections, long seed) {
        Random random = new Random(seed);
        address = new int[connections];
        port = new short[connections];
        window = new short[connections];
        vmNext = new int[connections];
        clientNext = new int[connections];
        vmSeen = new int[connections];
        clientSeen = new int[connections];
        Set<Integer> different = new HashSet<>();
        Set<Long> ends = new HashSet<>();
        for (int i = 0; i < connections; i++) {
            do {
                address[i] = anyUnicast(random);
                port[i] = (short) (FIRST_EPHEMERAL + random.nextInt(EPHEMERAL));
            } while (!ends.add((long) address[i] << 16 | (port[i] & 0xffff)));
            different.add(address[i]);
            window[i] = (short) (LEAST_WINDOW + random.nextInt(WINDOWS));
            vmNext[i] = random.nextInt();
            clientNext[i] = random.nextInt();
        }
        clients = different.size();
    }

    /** Public unicast, so that no rule of the protocol stack applies. */
    private static int anyUnicast(Random random) {
        int drawn;
        int first;
        do {
            drawn = random.nextInt();
            first = drawn >>> 24;
        } while (first == 0 || first == 10 || first == 127 || first == 169 || first >= 224);
        return drawn;
    }

    int connections() {
        return address.length;
    }

    /** Different addresses among them. */
    int clients() {
        return clients;
    }

    /**
     * Bits that a table of them is worth at least, for each: drawn addresses in any order, ports, sequence numbers and windows. Times and
     * counters come on top.
     */
    double floorBits() {
        int n = connections();
        double addresses = log2(0xdb_00_00_00L) - (log2(n) - 1 / Math.log(2));
        return addresses + log2(EPHEMERAL) + 2.0 * Integer.SIZE + log2(WINDOWS);
    }

    private static double log2(double value) {
        return Math.log(value) / Math.log(2);
    }

    // ---- what the client sends: tagged, for the uplink

    byte[] clientSyn(int i) {
        byte[] frame = frame(i, false, clientNext[i], 0, SYN, 0, 0);
        clientNext[i]++;
        return frame;
    }

    byte[] clientAck(int i) {
        return frame(i, false, clientNext[i], clientSeen[i], ACK, 0, 0);
    }

    byte[] clientData(int i, long number, long dueNanos) {
        byte[] frame = frame(i, false, clientNext[i], clientSeen[i], ACK | PUSH, number, dueNanos);
        clientNext[i] += PAYLOAD;
        return frame;
    }

    // ---- what the VM sends: untagged

    byte[] vmSynAck(int i) {
        byte[] frame = frame(i, true, vmNext[i], vmSeen[i], SYN | ACK, 0, 0);
        vmNext[i]++;
        return frame;
    }

    byte[] vmData(int i, long number, long dueNanos) {
        byte[] frame = frame(i, true, vmNext[i], vmSeen[i], ACK | PUSH, number, dueNanos);
        vmNext[i] += PAYLOAD;
        return frame;
    }

    // ---- what came

    /** The VM has got a frame of connection {@code i}. */
    void vmGot(int i, int sequence, int flags, int payload) {
        vmSeen[i] = sequence + payload + ((flags & SYN) != 0 ? 1 : 0);
    }

    void clientGot(int i, int sequence, int flags, int payload) {
        clientSeen[i] = sequence + payload + ((flags & SYN) != 0 ? 1 : 0);
    }

    /** One of these frames, as it arrived: at its Ethernet header, {@code tag} bytes of VLAN tag. */
    static final class Arrived {
        int connection;
        int sequence;
        int flags;
        int payload;
        long number;
        long dueNanos;

        /** Whether it is one. */
        boolean read(MemorySegment frame, long at, int length, int tag) {
            long ip = at + ETHERNET + tag;
            if (length < ETHERNET + tag + HEADERS
                    || Wire.u16(frame, at + 12 + tag) != 0x0800
                    || Wire.u8(frame, ip + 9) != 6) {
                return false;
            }
            long tcp = ip + 20;
            connection = Wire.u16(frame, ip + 4) << 16 | Wire.u16(frame, tcp + 18);
            sequence = Wire.i32(frame, tcp + 4);
            flags = Wire.u8(frame, tcp + 13);
            payload = Wire.u16(frame, ip + 2) - HEADERS;
            if (payload == PAYLOAD) {
                number = Wire.i64(frame, tcp + 20);
                dueNanos = Wire.i64(frame, tcp + 28);
            }
            return true;
        }
    }

    private byte[] frame(int i, boolean isVm, int sequence, int acknowledgement, int flags, long number, long due) {
        boolean hasPayload = (flags & PUSH) != 0;
        int tag = isVm ? 0 : TAG;
        int length = HEADERS + (hasPayload ? PAYLOAD : 0);
        byte[] bytes = new byte[ETHERNET + tag + length];
        MemorySegment frame = MemorySegment.ofArray(bytes);
        Wire.put48(frame, 0, isVm ? GATEWAY_MAC.value() : VM_MAC.value());
        Wire.put48(frame, 6, isVm ? VM_MAC.value() : GATEWAY_MAC.value());
        if (!isVm) {
            Wire.put16(frame, 12, 0x8100);
            Wire.put16(frame, 14, VLAN);
        }
        Wire.put16(frame, 12L + tag, 0x0800);
        int ip = ETHERNET + tag;
        Wire.put8(frame, ip, 0x45);
        Wire.put16(frame, ip + 2L, length);
        // the connection's number, where nobody looks: identification of what is no fragment, pointer to what is not
        // urgent
        Wire.put16(frame, ip + 4L, i >>> 16);
        Wire.put8(frame, ip + 8L, 64);
        Wire.put8(frame, ip + 9L, 6);
        Wire.put32(frame, ip + 12L, isVm ? VM_ADDRESS : address[i]);
        Wire.put32(frame, ip + 16L, isVm ? address[i] : VM_ADDRESS);
        Wire.put16(frame, ip + 10L, Checksums.finish(Checksums.sum(frame, ip, 20)));
        int tcp = ip + 20;
        Wire.put16(frame, tcp, isVm ? SERVER_PORT : port[i] & 0xffff);
        Wire.put16(frame, tcp + 2L, isVm ? port[i] & 0xffff : SERVER_PORT);
        Wire.put32(frame, tcp + 4L, sequence);
        Wire.put32(frame, tcp + 8L, acknowledgement);
        Wire.put8(frame, tcp + 12L, 0x50);
        Wire.put8(frame, tcp + 13L, flags);
        Wire.put16(frame, tcp + 14L, isVm ? VM_WINDOW : window[i] & 0xffff);
        if (hasPayload) {
            Wire.put64(frame, tcp + 20L, number);
            Wire.put64(frame, tcp + 28L, due);
        }
        Wire.put16(frame, tcp + 18L, i & 0xffff);
        long pseudo = Checksums.sum(frame, ip + 12L, 8) + 6 + (length - 20);
        Wire.put16(frame, tcp + 16L, Checksums.finish(pseudo + Checksums.sum(frame, tcp, length - 20)));
        return bytes;
    }
}
