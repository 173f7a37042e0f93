package io.portcullis.datapath.classify;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Rule sets like those of real firewalls, and flows that meet them; everything follows from the seed. */
final class RandomMatches {
    private static final int[] LENGTHS = {0, 0, 8, 16, 20, 24, 24, 27, 28, 30, 32, 32, 32};
    private static final int[] PROTOCOLS = {6, 6, 6, 17, 1, 47};

    private final SplittableRandom random;
    private final int[] networks;

    RandomMatches(long seed, int networkCount) {
        random = new SplittableRandom(seed);
        networks = random.ints(networkCount).toArray();
    }

    List<FlowMatch> rules(int count) {
        List<FlowMatch> rules = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            rules.add(rule(i));
        }
        return rules;
    }

    FlowMatch rule(int priority) {
        int[] source = portRange();
        int[] destination = portRange();
        boolean anyProtocol = random.nextInt(6) == 0;
        return FlowMatch.ofPrefixes(
                priority,
                address(),
                LENGTHS[random.nextInt(LENGTHS.length)],
                address(),
                LENGTHS[random.nextInt(LENGTHS.length)],
                random.nextInt(4) == 0 ? source[0] : 0,
                random.nextInt(4) == 0 ? Math.max(source[0], source[1]) : 65_535,
                destination[0],
                destination[1],
                anyProtocol ? 0 : FlowWords.TAG_PROTOCOL,
                PROTOCOLS[random.nextInt(PROTOCOLS.length)]);
    }

    private int[] portRange() {
        return switch (random.nextInt(5)) {
            case 0 -> new int[] {0, 65_535};
            case 1 -> new int[] {1_024, 65_535};
            case 2 -> {
                int first = random.nextInt(65_536);
                yield new int[] {first, random.nextInt(first, 65_536)};
            }
            default -> {
                int port = random.nextInt(40) * 100;
                yield new int[] {port, port};
            }
        };
    }

    private int address() {
        return networks[random.nextInt(networks.length)] ^ random.nextInt(1 << random.nextInt(1, 12));
    }

    /** Most often inside of one of the rules. */
    long addresses(List<FlowMatch> rules) {
        if (rules.isEmpty() || random.nextInt(8) == 0) {
            return FlowWords.addresses(address(), address());
        }
        FlowMatch rule = rules.get(random.nextInt(rules.size()));
        return rule.addresses() | random.nextLong() & ~rule.addressMask();
    }

    long transport(List<FlowMatch> rules) {
        FlowMatch rule = rules.isEmpty() ? rule(0) : rules.get(random.nextInt(rules.size()));
        boolean first = random.nextBoolean();
        return FlowWords.transport(
                first ? rule.sourcePortFirst() : rule.sourcePortLast(),
                first ? rule.destinationPortFirst() : rule.destinationPortLast(),
                rule.tagMask() == 0 ? PROTOCOLS[random.nextInt(PROTOCOLS.length)] : rule.tag());
    }

    static int linear(List<FlowMatch> rules, long addresses, long transport) {
        int best = RuleIndex.NONE;
        for (FlowMatch rule : rules) {
            if (rule.priority() < best && rule.matches(addresses, transport)) {
                best = rule.priority();
            }
        }
        return best;
    }
}
