package io.portcullis.policy.compile;

import io.portcullis.policy.IpFamily;
import io.portcullis.policy.table.IpRange;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Finds the sets of addresses that hold an address. Ranges are cut into CIDR blocks (RFC 4632), and these are found by hash: one
 * look-up for each prefix length in use. One thread.
 */
final class BlockIndex {
    private static final int IPV4_BITS = 32;
    private static final int IPV6_BITS = 128;

    /**
     * A block of addresses.
     *
     * @param hostBits by how many low bits its addresses differ; these are 0 in its first address
     */
    private record Block(IpFamily family, int hostBits, long high, long low) {
        boolean isAligned() {
            return (high & maskHigh(hostBits)) == 0 && (low & maskLow(hostBits)) == 0;
        }

        boolean endsBy(IpRange range) {
            int order = Long.compareUnsigned(lastHigh(), range.lastHigh());
            return order < 0 || (order == 0 && Long.compareUnsigned(lastLow(), range.lastLow()) <= 0);
        }

        boolean endsWith(IpRange range) {
            return lastHigh() == range.lastHigh() && lastLow() == range.lastLow();
        }

        long lastHigh() {
            return high | maskHigh(hostBits);
        }

        long lastLow() {
            return low | maskLow(hostBits);
        }
    }

    private final Map<Block, List<Posting>> postings = new HashMap<>();
    private final int[] ipv4BlocksByHostBits = new int[IPV4_BITS + 1];
    private final int[] ipv6BlocksByHostBits = new int[IPV6_BITS + 1];

    void add(List<IpRange> merged, Posting posting) {
        merged.forEach(range -> cut(range, block -> {
            postings.computeIfAbsent(block, _ -> new ArrayList<>(1)).add(posting);
            blocksByHostBits(range.family())[block.hostBits]++;
        }));
    }

    /** Forgets what was added with these ranges. */
    void remove(List<IpRange> merged, Posting posting) {
        merged.forEach(range -> cut(range, block -> {
            postings.computeIfPresent(block, (_, those) -> {
                those.remove(posting);
                return those.isEmpty() ? null : those;
            });
            blocksByHostBits(range.family())[block.hostBits]--;
        }));
    }

    /** Tells the postings of the sets that hold this one address. */
    void forEachHolding(IpRange address, Consumer<Posting> consumer) {
        if (postings.isEmpty()) {
            return;
        }
        int[] blocks = blocksByHostBits(address.family());
        for (int hostBits = 0; hostBits < blocks.length; hostBits++) {
            if (blocks[hostBits] > 0) {
                List<Posting> those = postings.get(new Block(
                        address.family(),
                        hostBits,
                        address.firstHigh() & ~maskHigh(hostBits),
                        address.firstLow() & ~maskLow(hostBits)));
                if (those != null) {
                    those.forEach(consumer);
                }
            }
        }
    }

    private int[] blocksByHostBits(IpFamily family) {
        return family == IpFamily.IPV4 ? ipv4BlocksByHostBits : ipv6BlocksByHostBits;
    }

    /** The fewest blocks that make up the range. */
    private static void cut(IpRange range, Consumer<Block> consumer) {
        int bits = range.family() == IpFamily.IPV4 ? IPV4_BITS : IPV6_BITS;
        Block block = new Block(range.family(), 0, range.firstHigh(), range.firstLow());
        while (true) {
            while (block.hostBits < bits) {
                Block larger = new Block(range.family(), block.hostBits + 1, block.high, block.low);
                if (!larger.isAligned() || !larger.endsBy(range)) {
                    break;
                }
                block = larger;
            }
            consumer.accept(block);
            if (block.endsWith(range)) {
                return;
            }
            long nextLow = block.lastLow() + 1;
            block = new Block(range.family(), 0, nextLow == 0 ? block.lastHigh() + 1 : block.lastHigh(), nextLow);
        }
    }

    private static long maskHigh(int hostBits) {
        return hostBits <= Long.SIZE ? 0 : -1L >>> (IPV6_BITS - hostBits);
    }

    private static long maskLow(int hostBits) {
        return hostBits >= Long.SIZE ? -1L : (1L << hostBits) - 1;
    }
}
