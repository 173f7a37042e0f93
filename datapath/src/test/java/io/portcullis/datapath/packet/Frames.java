package io.portcullis.datapath.packet;

import io.portcullis.policy.MacAddress;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.util.List;

/** Names and small helpers that tests of the data path share. */
public final class Frames {
    public static final MacAddress VM_MAC = MacAddress.parse("02:00:00:00:00:01");
    public static final MacAddress PEER_MAC = MacAddress.parse("02:00:00:00:00:02");
    public static final InetAddress VM = InetAddress.ofLiteral("10.0.0.1");
    public static final InetAddress PEER = InetAddress.ofLiteral("10.0.0.2");
    public static final InetAddress VM6 = InetAddress.ofLiteral("fd00::1");
    public static final InetAddress PEER6 = InetAddress.ofLiteral("fd00::2");
    /** Made from {@link #VM_MAC}. */
    public static final InetAddress VM_LINK_LOCAL = InetAddress.ofLiteral("fe80::ff:fe00:1");

    private Frames() {}

    public static FrameBuilder fromVm() {
        return FrameBuilder.frame(VM_MAC, PEER_MAC).ip(VM, PEER);
    }

    public static FrameBuilder fromVm6() {
        return FrameBuilder.frame(VM_MAC, PEER_MAC).ip(VM6, PEER6);
    }

    public static FrameBuilder toVm() {
        return FrameBuilder.frame(PEER_MAC, VM_MAC).ip(PEER, VM);
    }

    public static FrameBuilder toVm6() {
        return FrameBuilder.frame(PEER_MAC, VM_MAC).ip(PEER6, VM6);
    }

    /** One frame of every kind that the parser knows. */
    public static List<byte[]> corpus() {
        byte[] data = new byte[32];
        byte[] hopByHop = {60, 0, 1, 4, 0, 0, 0, 0, 43, 0, 1, 4, 0, 0, 0, 0, 6, 0, 4, 0, 0, 0, 0, 0};
        return List.of(
                fromVm().tcp(40_000, 443)
                        .flags(PacketView.TCP_SYN)
                        .tcpOptions(new byte[20])
                        .payload(data)
                        .build(),
                fromVm6()
                        .tcp(40_000, 443)
                        .flags(PacketView.TCP_ACK)
                        .payload(data)
                        .build(),
                fromVm().vlan(100).vlan(200).udp(53, 53).payload(data).build(),
                fromVm6().vlan(5).udp(53, 53).payload(data).build(),
                fromVm().ipOptions(new byte[] {1, 1, 1, 1, 1, 1, 1, 0})
                        .echoRequest(7, 1)
                        .payload(data)
                        .build(),
                fromVm6().echoRequest(7, 1).payload(data).build(),
                fromVm6().extensions(0, hopByHop).tcp(1, 2).payload(data).build(),
                fromVm().fragment(9, 0, true).udp(1, 2).payload(data).build(),
                fromVm().fragment(9, 40, false).udp(1, 2).payload(data).build(),
                fromVm6().fragment(9, 0, true).udp(1, 2).payload(data).build(),
                fromVm6().fragment(9, 40, false).udp(1, 2).payload(data).build(),
                fromVm().icmp(3, 3, 0)
                        .payload(datagramOf(toVm().tcp(443, 40_000).build()))
                        .build(),
                fromVm6()
                        .icmp(1, 4, 0)
                        .payload(datagramOf(toVm6().udp(53, 40_000).build()))
                        .build(),
                fromVm().protocol(PacketView.PROTOCOL_SCTP).payload(data).build(),
                fromVm().protocol(47).payload(data).build(),
                FrameBuilder.arpRequest(VM_MAC, VM, PEER).build(),
                FrameBuilder.rarpAnnouncement(VM_MAC).build());
    }

    /** The IP datagram of an untagged frame, as an ICMP error quotes it. */
    public static byte[] datagramOf(byte[] frame) {
        byte[] datagram = new byte[frame.length - 14];
        System.arraycopy(frame, 14, datagram, 0, datagram.length);
        return datagram;
    }

    /** Makes the checksum of an untagged frame's IPv4 header right again, if it has one, so that edits behind it are looked at. */
    public static byte[] repaired(byte[] frame) {
        if (frame.length < 34 || frame[12] != 8 || frame[13] != 0) {
            return frame;
        }
        int headerLength = Math.min((frame[14] & 15) << 2, frame.length - 14);
        if (headerLength < 20) {
            return frame;
        }
        MemorySegment header = MemorySegment.ofArray(frame).asSlice(14, headerLength);
        Wire.put16(header, 10, 0);
        Wire.put16(header, 10, Checksums.finish(Checksums.sum(header, 0, headerLength)));
        return frame;
    }

    /** Parses a frame that lies alone in exactly its own memory, so that a read beyond it throws. */
    public static ParseResult parse(byte[] frame, PacketView view) {
        MemorySegment memory =
                Arena.ofAuto().allocate(Math.max(1, frame.length), 1).asSlice(0, frame.length);
        MemorySegment.copy(MemorySegment.ofArray(frame), 0, memory, 0, frame.length);
        return PacketParser.parse(memory, 0, frame.length, view);
    }

    public static PacketView parsed(byte[] frame) {
        PacketView view = new PacketView();
        ParseResult result = parse(frame, view);
        if (result != ParseResult.OK) {
            throw new AssertionError("does not parse: " + result);
        }
        return view;
    }
}
