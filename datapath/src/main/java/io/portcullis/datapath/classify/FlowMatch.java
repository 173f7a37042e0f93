package io.portcullis.datapath.classify;

/**
 * What one entry of a {@link RuleIndex} wants of a {@link FlowWords flow}. Bounds are inclusive.
 *
 * @param priority 0 to {@code Integer.MAX_VALUE - 1}; the least one that matches wins
 * @param addresses source and destination under the mask
 * @param addressMask of each address the upper bits, any number of them
 * @param tagMask bits of the tag (15) that must be as in {@code tag}
 */
public record FlowMatch(
        int priority,
        long addresses,
        long addressMask,
        int sourcePortFirst,
        int sourcePortLast,
        int destinationPortFirst,
        int destinationPortLast,
        int tagMask,
        int tag) {

    public FlowMatch {
        if (priority < 0 || priority == RuleIndex.NONE) {
            throw new IllegalArgumentException("priority " + priority);
        }
    }

    /** Of two IPv4 prefixes; bits behind the prefixes do not count. */
    public static FlowMatch ofPrefixes(
            int priority,
            int source,
            int sourceLength,
            int destination,
            int destinationLength,
            int sourcePortFirst,
            int sourcePortLast,
            int destinationPortFirst,
            int destinationPortLast,
            int protocolMask,
            int protocol) {
        long mask = Masks.prefixes(sourceLength, destinationLength);
        return new FlowMatch(
                priority,
                FlowWords.addresses(source, destination) & mask,
                mask,
                sourcePortFirst,
                sourcePortLast,
                destinationPortFirst,
                destinationPortLast,
                protocolMask,
                protocol & protocolMask);
    }

    /** Whether the flow is as wanted; the plain version of what the index asks. */
    public boolean matches(long flowAddresses, long flowTransport) {
        int sourcePort = (int) (flowTransport >>> FlowWords.SOURCE_PORT_SHIFT);
        int destinationPort = (int) (flowTransport >>> FlowWords.DESTINATION_PORT_SHIFT) & 0xffff;
        return (flowAddresses & addressMask) == addresses
                && sourcePort >= sourcePortFirst
                && sourcePort <= sourcePortLast
                && destinationPort >= destinationPortFirst
                && destinationPort <= destinationPortLast
                && ((int) flowTransport & tagMask) == tag;
    }

    /** As {@link Entries}. */
    void copyTo(long[] entries, int at) {
        entries[at] = addresses;
        entries[at + 1] = addressMask;
        entries[at + 2] =
                Entries.portBounds(sourcePortFirst, sourcePortLast, destinationPortFirst, destinationPortLast);
        entries[at + 3] = Entries.order(priority, tagMask, tag);
    }

    long[] entry() {
        long[] entry = new long[Entries.WORDS];
        copyTo(entry, 0);
        return entry;
    }
}
