package io.portcullis.datapath.classify;

/**
 * The bits by which a table of an index tells its entries apart, and the hash over them. An entry may live in a table if it
 * fixes every bit of both masks, so that equal flows under the masks are all that can match it.
 */
record Masks(long addresses, long transport) {
    /** Transport fields that an entry fixes or not, as a set of bits: both ports, and the protocol. */
    private static final int SOURCE_PORT = 1;

    private static final int DESTINATION_PORT = 2;
    private static final int PROTOCOL = 4;
    /** Sets of them. */
    static final int TRANSPORTS = 8;

    private static final long SOURCE_PORT_BITS = 0xffffL << FlowWords.SOURCE_PORT_SHIFT;
    private static final long DESTINATION_PORT_BITS = 0xffffL << FlowWords.DESTINATION_PORT_SHIFT;

    /** The bits of a set of transport fields. */
    static long transport(int fields) {
        return ((fields & SOURCE_PORT) != 0 ? SOURCE_PORT_BITS : 0)
                | ((fields & DESTINATION_PORT) != 0 ? DESTINATION_PORT_BITS : 0)
                | ((fields & PROTOCOL) != 0 ? FlowWords.TAG_PROTOCOL : 0);
    }

    /** The set of transport fields that an entry fixes. */
    static int transportsOf(long[] entries, int at) {
        return (Entries.hasOneSourcePort(entries, at) ? SOURCE_PORT : 0)
                | (Entries.hasOneDestinationPort(entries, at) ? DESTINATION_PORT : 0)
                | (Entries.hasOneProtocol(entries, at) ? PROTOCOL : 0);
    }

    /** The upper bits of both addresses. */
    static long prefixes(int sourceBits, int destinationBits) {
        return (~(-1L >>> sourceBits) & FlowWords.SOURCE)
                | (~(FlowWords.DESTINATION >>> destinationBits) & FlowWords.DESTINATION);
    }

    boolean accept(long[] entries, int at) {
        long fixed = transport(transportsOf(entries, at));
        return ((addresses & ~entries[at + 1]) | (transport & ~fixed)) == 0;
    }

    long hashOf(long[] entries, int at) {
        return hash(entries[at], Entries.transportValue(entries, at), addresses, transport);
    }

    /** Good in its upper bits. */
    static long hash(long addresses, long transport, long addressMask, long transportMask) {
        return (addresses & addressMask) * 0x9e37_79b9_7f4a_7c15L
                + (transport & transportMask) * 0xd6e8_feb8_6659_fd93L;
    }
}
