package io.portcullis.ports.pcap;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The link types of capture files (the registry of draft-ietf-opsawg-pcaplinktype) that can hold IP right behind their header,
 * and how their packets become Ethernet frames: Ethernet; raw IP; BSD null and loop-back; Linux cooked, versions 1 and 2.
 * Stateless.
 */
public final class LinkTypes {
    /** BSD loop-back: an address family of 4 bytes in the byte order of whoever captured. */
    public static final int NULL = 0;

    public static final int ETHERNET = 1;
    public static final int RAW = 101;
    /** As NULL, in network byte order. */
    public static final int LOOP = 108;
    /** Linux cooked capture, as on the device "any". */
    public static final int LINUX_COOKED = 113;

    public static final int IPV4 = 228;
    public static final int IPV6 = 229;
    public static final int LINUX_COOKED_2 = 276;

    /** Raw IP under the numbers that some systems wrote before there was {@link #RAW}. */
    private static final int RAW_BSD = 12;

    private static final int RAW_OPENBSD = 14;

    /** What {@link #toEthernet} answers for a packet that cannot hold IP or whose link type is not known here. */
    public static final int NOT_ETHERNET = -1;

    private static final int ETHERNET_HEADER_BYTES = 14;
    private static final int FAMILY_BYTES = 4;
    private static final int COOKED_BYTES = 16;
    private static final int COOKED_2_BYTES = 20;
    private static final int LEAST_ETHERTYPE = 0x600;
    private static final int ETHERTYPE_IPV4 = 0x0800;
    private static final int ETHERTYPE_IPV6 = 0x86dd;

    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private LinkTypes() {}

    /** Whether {@link #toEthernet} can find IP in packets of this type. */
    public static boolean isKnown(int linkType) {
        return switch (linkType) {
            case NULL, ETHERNET, RAW, RAW_BSD, RAW_OPENBSD, LOOP, LINUX_COOKED, IPV4, IPV6, LINUX_COOKED_2 -> true;
            default -> false;
        };
    }

    /** Most bytes that {@link #toEthernet} makes of a packet's {@code bytes}. */
    public static int mostEthernetBytes(int bytes) {
        return bytes + ETHERNET_HEADER_BYTES;
    }

    /**
     * Writes a captured packet as an Ethernet frame. Made-up MAC addresses are locally administered ones.
     *
     * @param target has room for {@link #mostEthernetBytes} from {@code offset} on
     * @return the frame's length, or {@link #NOT_ETHERNET}
     */
    public static int toEthernet(int linkType, byte[] packet, MemorySegment target, long offset) {
        return switch (linkType) {
            case ETHERNET -> {
                MemorySegment.copy(packet, 0, target, ValueLayout.JAVA_BYTE, offset, packet.length);
                yield packet.length;
            }
            case RAW, RAW_BSD, RAW_OPENBSD, IPV4, IPV6 -> frame(versionType(packet, 0), packet, 0, target, offset);
            // the number of a family differs from system to system, the version of IP does not
            case NULL, LOOP -> frame(versionType(packet, FAMILY_BYTES), packet, FAMILY_BYTES, target, offset);
            case LINUX_COOKED -> frame(type(packet, COOKED_BYTES - 2), packet, COOKED_BYTES, target, offset);
            case LINUX_COOKED_2 -> frame(type(packet, 0), packet, COOKED_2_BYTES, target, offset);
            default -> NOT_ETHERNET;
        };
    }

    private static int frame(int etherType, byte[] packet, int start, MemorySegment target, long offset) {
        if (etherType < LEAST_ETHERTYPE || packet.length < start) {
            return NOT_ETHERNET;
        }
        target.asSlice(offset, ETHERNET_HEADER_BYTES).fill((byte) 0);
        target.set(ValueLayout.JAVA_BYTE, offset, (byte) 2);
        target.set(ValueLayout.JAVA_BYTE, offset + 6, (byte) 2);
        target.set(ValueLayout.JAVA_BYTE, offset + 11, (byte) 1);
        target.set(U16, offset + 12, (short) etherType);
        int bytes = packet.length - start;
        MemorySegment.copy(packet, start, target, ValueLayout.JAVA_BYTE, offset + ETHERNET_HEADER_BYTES, bytes);
        return ETHERNET_HEADER_BYTES + bytes;
    }

    private static int type(byte[] packet, int at) {
        return packet.length < at + 2 ? 0 : (packet[at] & 0xff) << 8 | (packet[at + 1] & 0xff);
    }

    private static int versionType(byte[] packet, int at) {
        return switch (packet.length <= at ? 0 : (packet[at] & 0xff) >>> 4) {
            case 4 -> ETHERTYPE_IPV4;
            case 6 -> ETHERTYPE_IPV6;
            default -> 0;
        };
    }
}
