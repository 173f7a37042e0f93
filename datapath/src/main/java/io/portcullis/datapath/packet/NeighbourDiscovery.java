package io.portcullis.datapath.packet;

/**
 * Whether a message of neighbour discovery is valid as its receiver must see it: RFC 4861, 6.1, 7.1 and 8.1; not in fragments (RFC
 * 6980). Stateless, no allocation.
 */
public final class NeighbourDiscovery {
    public static final int ROUTER_SOLICITATION = 133;
    public static final int ROUTER_ADVERTISEMENT = 134;
    public static final int NEIGHBOUR_SOLICITATION = 135;
    public static final int NEIGHBOUR_ADVERTISEMENT = 136;
    public static final int REDIRECT = 137;

    public static final int SOURCE_LINK_LAYER = 1;
    public static final int TARGET_LINK_LAYER = 2;

    private static final int HOP_LIMIT = 255;
    private static final int PREFIX_INFORMATION = 3;
    private static final int MTU = 5;
    private static final int RECURSIVE_DNS = 25;
    private static final int OPTION_UNIT_BYTES = 8;
    /** Of solicitation and advertisement of a neighbour, and of a redirect. */
    private static final int TARGET_OFFSET = 8;

    private static final int FLAG_SOLICITED = 0x40;

    private NeighbourDiscovery() {}

    /** Judges one with {@link PacketView#isNeighbourDiscovery()}. */
    public static boolean isValid(PacketView packet) {
        if (packet.hopLimit != HOP_LIMIT || packet.isFragment || packet.icmpCode != 0) {
            return false;
        }
        if (packet.transportLength < optionsOffset(packet.icmpType)) {
            return false;
        }
        boolean isFromNobody = (packet.sourceHigh | packet.sourceLow) == 0;
        boolean isSound = switch (packet.icmpType) {
            case ROUTER_SOLICITATION -> !isFromNobody || !hasOption(packet, SOURCE_LINK_LAYER);
            case ROUTER_ADVERTISEMENT -> isLinkLocal(packet.sourceHigh);
            case NEIGHBOUR_SOLICITATION ->
                !isMulticast(targetHigh(packet))
                        && (!isFromNobody || (isSolicitedNode(packet) && !hasOption(packet, SOURCE_LINK_LAYER)));
            case NEIGHBOUR_ADVERTISEMENT ->
                !isMulticast(targetHigh(packet))
                        && !isFromNobody
                        && (!isMulticast(packet.destinationHigh) || !isSolicited(packet));
            default -> isLinkLocal(packet.sourceHigh) && !isMulticast(packet.destinationHigh);
        };
        return isSound && areOptionsValid(packet);
    }

    /** Upper half of the target address of a neighbour message or redirect. */
    public static long targetHigh(PacketView packet) {
        return Wire.i64(packet.memory, (long) packet.transportOffset + TARGET_OFFSET);
    }

    public static long targetLow(PacketView packet) {
        return Wire.i64(packet.memory, (long) packet.transportOffset + TARGET_OFFSET + 8);
    }

    /**
     * Whether every link-layer address that a valid message carries is this one (low 48 bits).
     *
     * @param packet one that {@link #isValid}
     */
    public static boolean bindsOnly(PacketView packet, long mac) {
        int end = packet.transportOffset + packet.transportLength;
        for (int at = firstOption(packet); at < end; at += optionBytes(packet, at)) {
            int type = Wire.u8(packet.memory, at);
            boolean isLinkLayer = type == SOURCE_LINK_LAYER || type == TARGET_LINK_LAYER;
            if (isLinkLayer && Wire.u48(packet.memory, at + 2L) != mac) {
                return false;
            }
        }
        return true;
    }

    private static int optionsOffset(int type) {
        return switch (type) {
            case ROUTER_SOLICITATION -> 8;
            case ROUTER_ADVERTISEMENT -> 16;
            case REDIRECT -> 40;
            default -> 24;
        };
    }

    private static int firstOption(PacketView packet) {
        return packet.transportOffset + optionsOffset(packet.icmpType);
    }

    private static int optionBytes(PacketView packet, int at) {
        return Wire.u8(packet.memory, at + 1L) * OPTION_UNIT_BYTES;
    }

    /** Each a multiple of 8 bytes, none empty, none beyond the message, known ones of their length (Ethernet: RFC 2464, 6). */
    private static boolean areOptionsValid(PacketView packet) {
        int end = packet.transportOffset + packet.transportLength;
        int at = firstOption(packet);
        while (at < end) {
            int rest = end - at;
            int bytes = rest < OPTION_UNIT_BYTES ? 0 : optionBytes(packet, at);
            if (bytes == 0 || bytes > rest || !isOptionLength(Wire.u8(packet.memory, at), bytes)) {
                return false;
            }
            at += bytes;
        }
        return true;
    }

    private static boolean isOptionLength(int type, int bytes) {
        return switch (type) {
            case SOURCE_LINK_LAYER, TARGET_LINK_LAYER, MTU -> bytes == 8;
            case PREFIX_INFORMATION -> bytes == 32;
            case RECURSIVE_DNS -> bytes >= 24 && (bytes & 15) == 8;
            default -> true;
        };
    }

    /** Stops at the first broken option, which {@link #areOptionsValid} finds too. */
    private static boolean hasOption(PacketView packet, int wanted) {
        int end = packet.transportOffset + packet.transportLength;
        int at = firstOption(packet);
        while (end - at >= OPTION_UNIT_BYTES) {
            int bytes = optionBytes(packet, at);
            if (Wire.u8(packet.memory, at) == wanted || bytes == 0) {
                return true;
            }
            at += bytes;
        }
        return false;
    }

    private static boolean isSolicited(PacketView packet) {
        return (Wire.u8(packet.memory, packet.transportOffset + 4L) & FLAG_SOLICITED) != 0;
    }

    /** ff02::1:ff00:0/104 (RFC 4291, 2.7.1). */
    private static boolean isSolicitedNode(PacketView packet) {
        return packet.destinationHigh == 0xff02_0000_0000_0000L && packet.destinationLow >>> 24 == 0x1_ffL;
    }

    private static boolean isMulticast(long high) {
        return high >>> 56 == 0xff;
    }

    private static boolean isLinkLocal(long high) {
        return high >>> 54 == 0x3fa;
    }
}
