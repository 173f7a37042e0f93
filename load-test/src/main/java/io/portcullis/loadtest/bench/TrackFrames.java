package io.portcullis.loadtest.bench;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.packet.Checksums;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.datapath.packet.Wire;
import io.portcullis.datapath.port.Burst;
import io.portcullis.policy.MacAddress;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.UnknownHostException;

/**
 * TCP connections between one VM and many machines, by number, and frames of theirs whose sequence numbers go on from frame
 * to frame. Connection i belongs to rule {@code i % rules}; the VM opens those of odd rules. One thread.
 */
final class TrackFrames {
    static final MacAddress VM_MAC = new MacAddress(0x02_00_00_00_00_01L);
    static final int SERVER_PORT = 443;

    private static final long PEER_MAC = 0x02_00_00_00_00_02L;
    private static final int VM_IPV4 = 0x0a000001;
    /** 11.0.0.0/8, or the same in the low half under fd01::/64. */
    private static final int FIRST_REMOTE = 0x0b000000;

    private static final long VM_IPV6_HIGH = 0xfd00_0000_0000_0000L;
    private static final long REMOTE_IPV6_HIGH = 0xfd01_0000_0000_0000L;
    private static final int HOSTS_PER_RULE = 254;
    private static final int FIRST_PORT = 1_024;
    private static final int ETHERNET = 14;
    private static final int TCP = 20;
    private static final int WINDOW = 60_000;

    private final int rules;
    private final boolean isIpv6;
    private final int frameBytes;
    private final int headerBytes;
    /** Next sequence number of the VM's end and of the remote end. */
    private final int[] vmNext;

    private final int[] remoteNext;
    private final MemorySegment template;

    TrackFrames(int connections, int rules, boolean isIpv6, int frameBytes) {
        this.rules = rules;
        this.isIpv6 = isIpv6;
        headerBytes = ETHERNET + (isIpv6 ? 40 : 20) + TCP;
        this.frameBytes = Math.max(frameBytes, headerBytes);
        vmNext = new int[connections];
        remoteNext = new int[connections];
        template = MemorySegment.ofArray(new byte[Burst.VNET_HEADER_BYTES + this.frameBytes]);
        fillTemplate();
    }

    int frameBytes() {
        return frameBytes;
    }

    InetAddress vmAddress() {
        byte[] bytes = isIpv6 ? new byte[16] : new byte[4];
        MemorySegment memory = MemorySegment.ofArray(bytes);
        if (isIpv6) {
            Wire.put64(memory, 0, VM_IPV6_HIGH);
            Wire.put64(memory, 8, 1);
        } else {
            Wire.put32(memory, 0, VM_IPV4);
        }
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new AssertionError("4 and 16 bytes are addresses", e);
        }
    }

    /** Low half of the first address of a rule's /24 (IPv6: /120). */
    static long firstRemote(int rule) {
        return Integer.toUnsignedLong(FIRST_REMOTE + (rule << 8));
    }

    static long remoteHigh(boolean isIpv6) {
        return isIpv6 ? REMOTE_IPV6_HIGH : 0;
    }

    boolean isOpenedByVm(int connection) {
        return (connection % rules & 1) == 1;
    }

    /** Direction of what the end that opens the connection sends. */
    Direction opening(int connection) {
        return isOpenedByVm(connection) ? Direction.OUT : Direction.IN;
    }

    /** Begins a life: new initial sequence numbers. */
    void begin(int connection) {
        vmNext[connection] = connection * 0x9e37_79b1;
        remoteNext[connection] = connection * 0x85eb_ca6b;
    }

    /** Adds a segment of connection {@code connection}, all of the other end's data acknowledged; the sender's number goes on. */
    void append(Burst burst, int connection, Direction direction, int flags, boolean hasPayload) {
        boolean isOut = direction == Direction.OUT;
        int payload = hasPayload ? frameBytes - headerBytes : 0;
        MemorySegment memory = burst.memory();
        int at = burst.nextOffset();
        MemorySegment.copy(template, 0, memory, at - (long) Burst.VNET_HEADER_BYTES, template.byteSize());
        Wire.put48(memory, at, isOut ? PEER_MAC : VM_MAC.value());
        Wire.put48(memory, at + 6L, isOut ? VM_MAC.value() : PEER_MAC);
        int rule = connection % rules;
        int ofRule = connection / rules;
        int remote = (int) firstRemote(rule) + 1 + ofRule % HOSTS_PER_RULE;
        int clientPort = FIRST_PORT + ofRule / HOSTS_PER_RULE;
        int ip = at + ETHERNET;
        int tcp = isIpv6
                ? addressIpv6(memory, ip, isOut, remote, payload)
                : addressIpv4(memory, ip, isOut, remote, payload);
        boolean isFromClient = isOut == isOpenedByVm(connection);
        Wire.put16(memory, tcp, isFromClient ? clientPort : SERVER_PORT);
        Wire.put16(memory, tcp + 2L, isFromClient ? SERVER_PORT : clientPort);
        int[] own = isOut ? vmNext : remoteNext;
        int[] other = isOut ? remoteNext : vmNext;
        Wire.put32(memory, tcp + 4L, own[connection]);
        Wire.put32(memory, tcp + 8L, (flags & PacketView.TCP_ACK) == 0 ? 0 : other[connection]);
        Wire.put8(memory, tcp + 13L, flags);
        own[connection] += payload + ((flags & (PacketView.TCP_SYN | PacketView.TCP_FIN)) != 0 ? 1 : 0);
        burst.commit(frameBytes);
    }

    /** Gives the last frame of a burst its transport checksum, which those of {@link #append} lack. */
    void completeChecksum(Burst burst) {
        MemorySegment memory = burst.memory();
        int i = burst.count() - 1;
        int tcp = burst.offset(i) + headerBytes - TCP;
        int addressBytes = isIpv6 ? 32 : 8;
        int ip = burst.offset(i) + ETHERNET;
        int length = isIpv6 ? Wire.u16(memory, ip + 4L) : Wire.u16(memory, ip + 2L) - 20;
        long pseudo = Checksums.sum(memory, tcp - (long) addressBytes, addressBytes) + PacketView.PROTOCOL_TCP + length;
        Wire.put16(memory, tcp + 16L, Checksums.finish(pseudo + Checksums.sum(memory, tcp, length)));
    }

    private static int addressIpv4(MemorySegment memory, int ip, boolean isOut, int remote, int payload) {
        Wire.put16(memory, ip + 2L, 20 + TCP + payload);
        Wire.put32(memory, ip + 12L, isOut ? VM_IPV4 : remote);
        Wire.put32(memory, ip + 16L, isOut ? remote : VM_IPV4);
        int sum = 0;
        for (int word = 0; word < 20; word += 2) {
            sum += Wire.u16(memory, ip + (long) word);
        }
        sum = (sum >>> 16) + (sum & 0xffff);
        Wire.put16(memory, ip + 10L, ~(sum + (sum >>> 16)));
        return ip + 20;
    }

    private static int addressIpv6(MemorySegment memory, int ip, boolean isOut, int remote, int payload) {
        Wire.put16(memory, ip + 4L, TCP + payload);
        Wire.put64(memory, ip + 8L, isOut ? VM_IPV6_HIGH : REMOTE_IPV6_HIGH);
        Wire.put64(memory, ip + 16L, isOut ? 1 : Integer.toUnsignedLong(remote));
        Wire.put64(memory, ip + 24L, isOut ? REMOTE_IPV6_HIGH : VM_IPV6_HIGH);
        Wire.put64(memory, ip + 32L, isOut ? Integer.toUnsignedLong(remote) : 1);
        return ip + 40;
    }

    private void fillTemplate() {
        long at = Burst.VNET_HEADER_BYTES;
        Wire.put16(template, at + 12, isIpv6 ? 0x86dd : 0x0800);
        long ip = at + ETHERNET;
        if (isIpv6) {
            Wire.put8(template, ip, 0x60);
            Wire.put8(template, ip + 6, PacketView.PROTOCOL_TCP);
            Wire.put8(template, ip + 7, 64);
        } else {
            Wire.put8(template, ip, 0x45);
            Wire.put16(template, ip + 6, 0x4000);
            Wire.put8(template, ip + 8, 64);
            Wire.put8(template, ip + 9, PacketView.PROTOCOL_TCP);
        }
        long tcp = at + headerBytes - TCP;
        Wire.put8(template, tcp + 12, 0x50);
        Wire.put16(template, tcp + 14, WINDOW);
    }
}
