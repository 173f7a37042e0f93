package io.portcullis.datapath.classify;

/**
 * The bits by which a table of an index tells its entries apart, and the hash over them. An entry may live in a table if it
 * fixes every bit of both masks, so that equal flows under the masks are all that can match it.
 */
record Masks(long addresses, long transport) {
    /** Bits of addresses that entries fix from the top of each; whole ports and the protocol, or not. */
    static Masks of(
            int sourceBits, int destinationBits, boolean sourcePort, boolean destinationPort, boolean protocol) {
        long transport = (sourcePort ? 0xffffL << FlowWords.SOURCE_PORT_SHIFT : 0)
                | (destinationPort ? 0xffffL << FlowWords.DESTINATION_PORT_SHIFT : 0)
                | (protocol ? FlowWords.TAG_PROTOCOL : 0);
        return new Masks(prefixes(sourceBits, destinationBits), transport);
    }

    /** The upper bits of both addresses. */
    static long prefixes(int sourceBits, int destinationBits) {
        return (~(-1L >>> sourceBits) & FlowWords.SOURCE)
                | (~(FlowWords.DESTINATION >>> destinationBits) & FlowWords.DESTINATION);
    }

    boolean accept(long[] entries, int at) {
        long fixed = (Entries.hasOneSourcePort(entries, at) ? 0xffffL << FlowWords.SOURCE_PORT_SHIFT : 0)
                | (Entries.hasOneDestinationPort(entries, at) ? 0xffffL << FlowWords.DESTINATION_PORT_SHIFT : 0)
                | (entries[at + 3] >>> 16 & FlowWords.TAG_BITS);
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
