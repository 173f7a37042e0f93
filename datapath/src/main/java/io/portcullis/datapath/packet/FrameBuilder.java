package io.portcullis.datapath.packet;

import io.portcullis.datapath.port.Burst;
import io.portcullis.policy.MacAddress;
import java.lang.foreign.MemorySegment;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Makes frames with correct lengths and checksums, for announcements, generated traffic and tests; it allocates and is
 * not for the path of a packet. One thread; a builder may be used again after {@link #build()} with some values changed.
 *
 * {@snippet :
 * FrameBuilder.frame(vmMac, gatewayMac).ip(vm, server).tcp(40_000, 443).flags(PacketView.TCP_SYN).appendTo(burst);
 * }
 */
public final class FrameBuilder {
    private static final byte[] NOTHING = {};
    /** Reserved by IANA: an IP packet with only a payload. */
    private static final int NO_PROTOCOL = 255;

    private final MacAddress source;
    private final MacAddress destination;
    private int[] vlans = {};
    private int etherType;
    private byte[] sourceAddress = NOTHING;
    private byte[] destinationAddress = NOTHING;
    private int hopLimit = 64;
    private byte[] ipOptions = NOTHING;
    private int firstExtension;
    private byte[] extensions = NOTHING;
    private int fragmentId;
    private int fragmentOffset;
    private boolean hasMoreFragments;
    private boolean isFragment;
    private int protocol = NO_PROTOCOL;
    private int sourcePort;
    private int destinationPort;
    private int sequence;
    private int acknowledgement;
    private int flags;
    private int window = 65_535;
    private byte[] tcpOptions = NOTHING;
    private int icmpType;
    private int icmpCode;
    private int icmpRest;
    private byte[] payload = NOTHING;
    private int paddedBytes;

    private FrameBuilder(MacAddress source, MacAddress destination) {
        this.source = source;
        this.destination = destination;
    }

    public static FrameBuilder frame(MacAddress source, MacAddress destination) {
        return new FrameBuilder(source, destination);
    }

    /** Who has {@code target}? Broadcast. */
    public static FrameBuilder arpRequest(MacAddress sender, InetAddress senderAddress, InetAddress target) {
        return frame(sender, MacAddress.BROADCAST)
                .etherType(EtherTypes.ARP)
                .payload(arp(1, sender, senderAddress.getAddress(), new MacAddress(0), target.getAddress()));
    }

    public static FrameBuilder arpReply(
            MacAddress sender, InetAddress senderAddress, MacAddress target, InetAddress targetAddress) {
        return frame(sender, target)
                .etherType(EtherTypes.ARP)
                .payload(arp(2, sender, senderAddress.getAddress(), target, targetAddress.getAddress()));
    }

    /** The broadcast by which a MAC address is announced at a new place (a request as in RFC 903, as QEMU sends it). */
    public static FrameBuilder rarpAnnouncement(MacAddress mac) {
        byte[] nobody = new byte[4];
        return frame(mac, MacAddress.BROADCAST)
                .etherType(EtherTypes.RARP)
                .payload(arp(3, mac, nobody, mac, nobody))
                .padTo(60);
    }

    /** Adds a tag: the first call makes the outermost one. All but the last are service tags (802.1ad). */
    public FrameBuilder vlan(int id) {
        vlans = Arrays.copyOf(vlans, vlans.length + 1);
        vlans[vlans.length - 1] = id;
        return this;
    }

    /** A frame that is not IP; its content is the payload. */
    public FrameBuilder etherType(int type) {
        etherType = type;
        return this;
    }

    /** IPv4 or IPv6, as the addresses are. */
    public FrameBuilder ip(InetAddress from, InetAddress to) {
        sourceAddress = from.getAddress();
        destinationAddress = to.getAddress();
        etherType = from instanceof Inet4Address ? EtherTypes.IPV4 : EtherTypes.IPV6;
        return this;
    }

    public FrameBuilder hopLimit(int value) {
        hopLimit = value;
        return this;
    }

    /** IPv4 options, a multiple of 4 bytes up to 40. */
    public FrameBuilder ipOptions(byte[] options) {
        ipOptions = options.clone();
        return this;
    }

    /** IPv6 extension headers, ready-made; the last one's next-header field must name what follows. */
    public FrameBuilder extensions(int first, byte[] headers) {
        firstExtension = first;
        extensions = headers.clone();
        return this;
    }

    /**
     * Makes this a fragment: the transport header (in the first) and payload are what the fragment holds. A fragment with an
     * offset above 0 has no transport header.
     */
    public FrameBuilder fragment(int id, int offsetBytes, boolean more) {
        isFragment = true;
        fragmentId = id;
        fragmentOffset = offsetBytes;
        hasMoreFragments = more;
        return this;
    }

    public FrameBuilder tcp(int from, int to) {
        return transport(PacketView.PROTOCOL_TCP, from, to);
    }

    public FrameBuilder udp(int from, int to) {
        return transport(PacketView.PROTOCOL_UDP, from, to);
    }

    /** Any other protocol: the payload follows the IP header. */
    public FrameBuilder protocol(int number) {
        return transport(number, 0, 0);
    }

    /** ICMP over IPv4 or ICMPv6 over IPv6; call after {@link #ip}. {@code rest} is the header's second word. */
    public FrameBuilder icmp(int type, int code, int rest) {
        icmpType = type;
        icmpCode = code;
        icmpRest = rest;
        return transport(isIpv6() ? PacketView.PROTOCOL_ICMPV6 : PacketView.PROTOCOL_ICMP, 0, 0);
    }

    public FrameBuilder echoRequest(int identifier, int number) {
        return icmp(isIpv6() ? 128 : 8, 0, identifier << 16 | number);
    }

    public FrameBuilder echoReply(int identifier, int number) {
        return icmp(isIpv6() ? 129 : 0, 0, identifier << 16 | number);
    }

    public FrameBuilder flags(int tcpFlags) {
        flags = tcpFlags;
        return this;
    }

    public FrameBuilder sequence(int value) {
        sequence = value;
        return this;
    }

    public FrameBuilder acknowledgement(int value) {
        acknowledgement = value;
        return this;
    }

    public FrameBuilder window(int value) {
        window = value;
        return this;
    }

    /** A multiple of 4 bytes up to 40. */
    public FrameBuilder tcpOptions(byte[] options) {
        tcpOptions = options.clone();
        return this;
    }

    public FrameBuilder payload(byte[] bytes) {
        payload = bytes.clone();
        return this;
    }

    /** Pads with zeros behind the datagram, as a NIC does up to 60 bytes. */
    public FrameBuilder padTo(int bytes) {
        paddedBytes = bytes;
        return this;
    }

    /** The frame as bytes. */
    public byte[] build() {
        byte[] content = etherType == EtherTypes.IPV4 || etherType == EtherTypes.IPV6 ? datagram() : payload;
        int length = PacketParser.ETHERNET_BYTES + vlans.length * PacketParser.TAG_BYTES + content.length;
        ByteBuffer frame = ByteBuffer.allocate(Math.max(length, paddedBytes));
        putMac(frame, destination);
        putMac(frame, source);
        for (int i = 0; i < vlans.length; i++) {
            frame.putShort((short) (i < vlans.length - 1 ? EtherTypes.SERVICE_VLAN : EtherTypes.VLAN));
            frame.putShort((short) vlans[i]);
        }
        frame.putShort((short) etherType).put(content);
        return frame.array();
    }

    /**
     * Adds the frame with an empty virtio-net header to a burst.
     *
     * @return false if the burst has no room
     */
    public boolean appendTo(Burst burst) {
        if (!burst.hasRoom()) {
            return false;
        }
        byte[] frame = build();
        int at = burst.nextOffset();
        burst.memory()
                .asSlice((long) at - Burst.VNET_HEADER_BYTES, Burst.VNET_HEADER_BYTES)
                .fill((byte) 0);
        MemorySegment.copy(MemorySegment.ofArray(frame), 0, burst.memory(), at, frame.length);
        burst.commit(frame.length);
        return true;
    }

    private byte[] datagram() {
        byte[] transport = fragmentOffset > 0 ? payload : transport();
        return isIpv6() ? ipv6(transport) : ipv4(transport);
    }

    private byte[] ipv4(byte[] transport) {
        int headerLength = 20 + ipOptions.length;
        ByteBuffer packet = ByteBuffer.allocate(headerLength + transport.length);
        packet.put((byte) (0x40 | headerLength >> 2)).put((byte) 0).putShort((short) packet.capacity());
        int fragment = isFragment ? fragmentOffset >> 3 | (hasMoreFragments ? 0x2000 : 0) : 0x4000;
        packet.putShort((short) fragmentId).putShort((short) fragment);
        packet.put((byte) hopLimit).put((byte) protocol).putShort((short) 0);
        packet.put(sourceAddress).put(destinationAddress).put(ipOptions).put(transport);
        MemorySegment bytes = MemorySegment.ofArray(packet.array());
        packet.putShort(10, (short) Checksums.finish(Checksums.sum(bytes, 0, headerLength)));
        return packet.array();
    }

    private byte[] ipv6(byte[] transport) {
        int extensionBytes = extensions.length + (isFragment ? 8 : 0);
        ByteBuffer packet = ByteBuffer.allocate(40 + extensionBytes + transport.length);
        packet.putInt(6 << 28).putShort((short) (extensionBytes + transport.length));
        int afterExtensions = isFragment ? 44 : protocol;
        packet.put((byte) (extensions.length > 0 ? firstExtension : afterExtensions));
        packet.put((byte) hopLimit).put(sourceAddress).put(destinationAddress).put(extensions);
        if (isFragment) {
            packet.put((byte) protocol).put((byte) 0);
            packet.putShort((short) (fragmentOffset | (hasMoreFragments ? 1 : 0)))
                    .putInt(fragmentId);
        }
        return packet.put(transport).array();
    }

    private byte[] transport() {
        ByteBuffer bytes = switch (protocol) {
            case PacketView.PROTOCOL_TCP -> tcp();
            case PacketView.PROTOCOL_UDP ->
                ByteBuffer.allocate(8 + payload.length)
                        .putShort((short) sourcePort)
                        .putShort((short) destinationPort)
                        .putShort((short) (8 + payload.length))
                        .putShort((short) 0);
            case PacketView.PROTOCOL_ICMP, PacketView.PROTOCOL_ICMPV6 ->
                ByteBuffer.allocate(8 + payload.length)
                        .put((byte) icmpType)
                        .put((byte) icmpCode)
                        .putShort((short) 0)
                        .putInt(icmpRest);
            default -> ByteBuffer.allocate(payload.length);
        };
        bytes.put(payload);
        switch (protocol) {
            case PacketView.PROTOCOL_TCP -> bytes.putShort(16, checksum(bytes, true));
            case PacketView.PROTOCOL_UDP -> {
                short checksum = checksum(bytes, true);
                bytes.putShort(6, checksum == 0 ? -1 : checksum);
            }
            case PacketView.PROTOCOL_ICMP -> bytes.putShort(2, checksum(bytes, false));
            case PacketView.PROTOCOL_ICMPV6 -> bytes.putShort(2, checksum(bytes, true));
            default -> {}
        }
        return bytes.array();
    }

    private ByteBuffer tcp() {
        int headerLength = 20 + tcpOptions.length;
        return ByteBuffer.allocate(headerLength + payload.length)
                .putShort((short) sourcePort)
                .putShort((short) destinationPort)
                .putInt(sequence)
                .putInt(acknowledgement)
                .put((byte) (headerLength >> 2 << 4))
                .put((byte) flags)
                .putShort((short) window)
                .putInt(0)
                .put(tcpOptions);
    }

    private short checksum(ByteBuffer bytes, boolean withPseudoHeader) {
        long sum = Checksums.sum(MemorySegment.ofBuffer(bytes.slice(0, bytes.capacity())), 0, bytes.capacity());
        if (withPseudoHeader) {
            sum += Checksums.sum(MemorySegment.ofArray(sourceAddress), 0, sourceAddress.length)
                    + Checksums.sum(MemorySegment.ofArray(destinationAddress), 0, destinationAddress.length)
                    + protocol
                    + bytes.capacity();
        }
        return (short) Checksums.finish(sum);
    }

    private boolean isIpv6() {
        return etherType == EtherTypes.IPV6;
    }

    private FrameBuilder transport(int number, int from, int to) {
        protocol = number;
        sourcePort = from;
        destinationPort = to;
        return this;
    }

    private static byte[] arp(int operation, MacAddress sender, byte[] senderIp, MacAddress target, byte[] targetIp) {
        ByteBuffer arp = ByteBuffer.allocate(28);
        arp.putShort((short) 1).putShort((short) EtherTypes.IPV4).put((byte) 6).put((byte) 4);
        arp.putShort((short) operation);
        putMac(arp, sender);
        arp.put(senderIp);
        putMac(arp, target);
        return arp.put(targetIp).array();
    }

    private static void putMac(ByteBuffer bytes, MacAddress mac) {
        bytes.putShort((short) (mac.value() >>> 32)).putInt((int) mac.value());
    }
}
