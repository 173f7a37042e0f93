package io.portcullis.datapath.classify;

/**
 * A flow as two words, which is all that {@link RuleIndex} sees of a packet: <em>addresses</em>, the source in the high and
 * the destination in the low 32 bits, and <em>transport</em>, from the top: source port (16), destination port (16), unused
 * (16), tag (16). The tag is the protocol number, with one bit above it for the direction.
 */
public final class FlowWords {
    /** The bit of the tag that says that the packet goes to the VM. */
    public static final int TAG_IN = 1 << 8;
    /** Bits of the tag that hold the protocol. */
    public static final int TAG_PROTOCOL = 0xff;

    static final long SOURCE = 0xffff_ffff_0000_0000L;
    static final long DESTINATION = 0xffff_ffffL;
    static final int SOURCE_PORT_SHIFT = 48;
    static final int DESTINATION_PORT_SHIFT = 32;
    static final int TAG_BITS = 0xffff;

    private FlowWords() {}

    /** Of two IPv4 addresses as unsigned 32-bit numbers. */
    public static long addresses(int source, int destination) {
        return (long) source << 32 | Integer.toUnsignedLong(destination);
    }

    public static long transport(int sourcePort, int destinationPort, int tag) {
        return (long) sourcePort << SOURCE_PORT_SHIFT | (long) destinationPort << DESTINATION_PORT_SHIFT | tag;
    }

    /** Both ports, each at the bottom of 32 bits of its own: what {@link Entries#matches} compares with a range at once. */
    static long ports(long transport) {
        return (transport >>> 16 & 0xffff_0000_0000L) | (transport >>> 32 & 0xffffL);
    }
}
