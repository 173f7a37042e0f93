package io.portcullis.datapath.engine;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.engine.ShadowReport.Difference;
import io.portcullis.datapath.engine.ShadowReport.Example;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.policy.IpFamily;
import io.portcullis.policy.MacAddress;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Examples of what a shadow would change at one vNIC, the latest {@value #CAPACITY}. One that comes again, from whatever source port, is counted with
 * the one that there is, so that one busy client does not push all others out. One thread; does not allocate.
 */
final class DifferenceRing {
    static final int CAPACITY = 16;

    private final Slot[] slots = new Slot[CAPACITY];
    private int used;

    private static final class Slot {
        private Difference difference = Difference.WOULD_DENY;
        private Direction direction = Direction.IN;
        private int etherType;
        private long sourceMac;
        private long destinationMac;
        private @Nullable IpFamily family;
        private long sourceHigh;
        private long sourceLow;
        private long destinationHigh;
        private long destinationLow;
        private int protocol;
        private int sourcePort;
        private int destinationPort;
        private int icmpType;
        private int icmpCode;
        private String ruleNow = "";
        private String ruleThen = "";
        private long atNanos;
        private long times;

        private boolean isLike(
                Difference other, PacketView packet, Direction otherDirection, String otherNow, String otherThen) {
            return difference == other
                    && direction == otherDirection
                    && family == packet.family
                    && (family == null ? isLikeFrame(packet) : isLikePacket(packet))
                    && ruleNow.equals(otherNow)
                    && ruleThen.equals(otherThen);
        }

        private boolean isLikeFrame(PacketView packet) {
            return etherType == packet.etherType
                    && sourceMac == packet.sourceMac
                    && destinationMac == packet.destinationMac;
        }

        private boolean isLikePacket(PacketView packet) {
            return sourceLow == packet.sourceLow
                    && destinationLow == packet.destinationLow
                    && sourceHigh == packet.sourceHigh
                    && destinationHigh == packet.destinationHigh
                    && protocol == packet.protocol
                    && (packet.isIcmp()
                            ? icmpType == packet.icmpType && icmpCode == packet.icmpCode
                            : destinationPort == packet.destinationPort);
        }

        private void set(Difference newDifference, PacketView packet, Direction newDirection) {
            difference = newDifference;
            direction = newDirection;
            etherType = packet.etherType;
            sourceMac = packet.sourceMac;
            destinationMac = packet.destinationMac;
            family = packet.family;
            sourceHigh = packet.sourceHigh;
            sourceLow = packet.sourceLow;
            destinationHigh = packet.destinationHigh;
            destinationLow = packet.destinationLow;
            protocol = packet.protocol;
            destinationPort = packet.destinationPort;
            icmpType = packet.icmpType;
            icmpCode = packet.icmpCode;
        }

        private Example example(long nowNanos) {
            boolean isIp = family != null;
            boolean isIcmp = protocol == PacketView.PROTOCOL_ICMP || protocol == PacketView.PROTOCOL_ICMPV6;
            return new Example(
                    difference,
                    direction,
                    etherType,
                    new MacAddress(sourceMac),
                    new MacAddress(destinationMac),
                    address(family, sourceHigh, sourceLow),
                    address(family, destinationHigh, destinationLow),
                    isIp ? protocol : 0,
                    isIp ? sourcePort : 0,
                    isIp ? destinationPort : 0,
                    isIp && isIcmp ? icmpType : 0,
                    isIp && isIcmp ? icmpCode : 0,
                    ruleNow,
                    ruleThen,
                    Math.max(0, nowNanos - atNanos),
                    times);
        }
    }

    DifferenceRing() {
        for (int i = 0; i < CAPACITY; i++) {
            slots[i] = new Slot();
        }
    }

    void note(
            Difference difference,
            PacketView packet,
            Direction direction,
            String ruleNow,
            String ruleThen,
            long nowNanos) {
        Slot slot = find(difference, packet, direction, ruleNow, ruleThen);
        if (slot == null) {
            slot = used < CAPACITY ? slots[used++] : oldest();
            slot.set(difference, packet, direction);
            slot.ruleNow = ruleNow;
            slot.ruleThen = ruleThen;
            slot.times = 0;
        }
        slot.sourcePort = packet.sourcePort;
        slot.atNanos = nowNanos;
        slot.times++;
    }

    private @Nullable Slot find(
            Difference difference, PacketView packet, Direction direction, String ruleNow, String ruleThen) {
        for (int i = 0; i < used; i++) {
            if (slots[i].isLike(difference, packet, direction, ruleNow, ruleThen)) {
                return slots[i];
            }
        }
        return null;
    }

    private Slot oldest() {
        Slot oldest = slots[0];
        for (int i = 1; i < CAPACITY; i++) {
            if (slots[i].atNanos - oldest.atNanos < 0) {
                oldest = slots[i];
            }
        }
        return oldest;
    }

    /** Newest first. */
    List<Example> list(long nowNanos) {
        List<Example> examples = new ArrayList<>(used);
        for (int i = 0; i < used; i++) {
            examples.add(slots[i].example(nowNanos));
        }
        examples.sort(Comparator.comparingLong(Example::ageNanos));
        return examples;
    }

    private static @Nullable InetAddress address(@Nullable IpFamily family, long high, long low) {
        if (family == null) {
            return null;
        }
        byte[] bytes = family == IpFamily.IPV4
                ? ByteBuffer.allocate(Integer.BYTES).putInt((int) low).array()
                : ByteBuffer.allocate(2 * Long.BYTES).putLong(high).putLong(low).array();
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException impossible) {
            throw new IllegalStateException("an address has 4 or 16 bytes", impossible);
        }
    }
}
