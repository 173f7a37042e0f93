package io.portcullis.loadtest.vm;

import io.portcullis.datapath.packet.FrameBuilder;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.policy.MacAddress;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Who on the link has which address: ARP (RFC 826) and neighbour discovery (RFC 4861), asked and answered for one
 * {@link UserStack}. Guarded by the stack's lock.
 */
final class Neighbours {
    static final int SOLICITATION = 135;
    static final int ADVERTISEMENT = 136;

    private static final int SOLICITED_AND_OVERRIDE = 0x6000_0000;
    private static final int SOURCE_LINK_ADDRESS = 1;
    private static final int TARGET_LINK_ADDRESS = 2;
    private static final int ARP_AT = 14;
    private static final int ARP_REQUEST = 1;

    private final MacAddress mac;
    private final List<InetAddress> own;
    private final Consumer<FrameBuilder> send;
    private final Map<InetAddress, MacAddress> known = new HashMap<>();

    /**
     * @param own addresses that are answered for
     */
    Neighbours(MacAddress mac, List<InetAddress> own, Consumer<FrameBuilder> send) {
        this.mac = mac;
        this.own = own;
        this.send = send;
    }

    boolean knows(InetAddress address) {
        return known.containsKey(address);
    }

    /** A frame to a neighbour; to everybody if it is not known. */
    FrameBuilder to(InetAddress address) {
        return FrameBuilder.frame(mac, known.getOrDefault(address, MacAddress.BROADCAST));
    }

    void learn(InetAddress address, long macAddress) {
        known.put(address, new MacAddress(macAddress));
    }

    void ask(InetAddress from, InetAddress wanted) {
        send.accept(
                wanted instanceof Inet4Address
                        ? FrameBuilder.arpRequest(mac, from, wanted)
                        : solicitation(from, (Inet6Address) wanted));
    }

    void onArp(PacketView view, byte[] frame) {
        ByteBuffer arp = ByteBuffer.wrap(frame, ARP_AT, frame.length - ARP_AT).slice();
        InetAddress sender = Bytes.address(Bytes.slice(frame, ARP_AT + 14, 4));
        InetAddress target = Bytes.address(Bytes.slice(frame, ARP_AT + 24, 4));
        if (own.contains(target)) {
            learn(sender, view.sourceMac);
            if (arp.getShort(6) == ARP_REQUEST) {
                send.accept(FrameBuilder.arpReply(mac, target, new MacAddress(view.sourceMac), sender));
            }
        }
    }

    void onSolicitation(PacketView view, byte[] frame, InetAddress source) {
        InetAddress target = Bytes.address(Bytes.slice(frame, view.transportOffset + 8, 16));
        if (own.contains(target)) {
            learn(source, view.sourceMac);
            send.accept(FrameBuilder.frame(mac, new MacAddress(view.sourceMac))
                    .ip(target, source)
                    .hopLimit(255)
                    .icmp(ADVERTISEMENT, 0, SOLICITED_AND_OVERRIDE)
                    .payload(payload(target.getAddress(), TARGET_LINK_ADDRESS)));
        }
    }

    /** RFC 4861, 4.3: to the solicited-node multicast address, with the source link-layer address option. */
    private FrameBuilder solicitation(InetAddress from, Inet6Address target) {
        byte[] wanted = target.getAddress();
        byte[] group = new byte[16];
        group[0] = (byte) 0xff;
        group[1] = 2;
        group[11] = 1;
        group[12] = (byte) 0xff;
        System.arraycopy(wanted, 13, group, 13, 3);
        long groupMac =
                0x3333_ff00_0000L | ((wanted[13] & 0xffL) << 16) | ((wanted[14] & 0xffL) << 8) | (wanted[15] & 0xffL);
        return FrameBuilder.frame(mac, new MacAddress(groupMac))
                .ip(from, Bytes.address(group))
                .hopLimit(255)
                .icmp(SOLICITATION, 0, 0)
                .payload(payload(wanted, SOURCE_LINK_ADDRESS));
    }

    private byte[] payload(byte[] target, int option) {
        ByteBuffer payload =
                ByteBuffer.allocate(24).put(target).put((byte) option).put((byte) 1);
        payload.putShort((short) (mac.value() >>> 32)).putInt((int) mac.value());
        return payload.array();
    }
}
