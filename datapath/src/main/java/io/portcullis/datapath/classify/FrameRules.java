package io.portcullis.datapath.classify;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.packet.EtherTypes;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.policy.Category;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.policy.table.TableRule;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The rules of category ETHERNET, which judge each frame by itself: the first that matches decides. They are sorted out by
 * ethertype and direction beforehand, because every frame passes here; what is left is looked at in order. Immutable,
 * thread-safe, no allocation per call.
 */
public final class FrameRules {
    /** No rule matched: IP and ARP go on, anything else is dropped. */
    public static final int DEFAULT = -1;

    private static final int KINDS = 4;
    private static final int[] NO_RULES = {};

    private final List<TableRule> rules;
    /** Indexes of rules, by kind of ethertype and direction. */
    private final int[][] candidates = new int[2 * KINDS][];

    private final boolean isEmpty;

    public FrameRules(RuleTable table) {
        rules = table.rules();
        int[] ofFrames = IntStream.range(0, rules.size())
                .filter(index -> rules.get(index).category() == Category.ETHERNET)
                .toArray();
        boolean isAny = false;
        for (Direction direction : List.of(Direction.IN, Direction.OUT)) {
            for (int kind = 0; kind < KINDS; kind++) {
                int wanted = kind;
                int[] found = Arrays.stream(ofFrames)
                        .filter(index -> mayMatch(rules.get(index), wanted, direction))
                        .toArray();
                isAny |= found.length > 0;
                candidates[place(kind, direction)] = found.length == 0 ? NO_RULES : found;
            }
        }
        isEmpty = !isAny;
    }

    /** Whether there are none, so that nobody need ask. */
    public boolean isEmpty() {
        return isEmpty;
    }

    /** Index in {@code RuleTable.rules()} of the first rule that matches the frame, or {@link #DEFAULT}. */
    public int classify(PacketView packet, Direction direction) {
        int[] places = candidates[place(kind(packet.etherType), direction)];
        for (int i = 0; i < places.length; i++) {
            if (RuleMatcher.matchesFrame(rules.get(places[i]), packet, direction)) {
                return places[i];
            }
        }
        return DEFAULT;
    }

    private static boolean mayMatch(TableRule rule, int kind, Direction direction) {
        List<Integer> etherTypes = rule.ethernet().etherTypes();
        return RuleMatcher.matches(rule.direction(), direction)
                && (etherTypes.isEmpty() || etherTypes.stream().anyMatch(etherType -> kind(etherType) == kind));
    }

    private static int place(int kind, Direction direction) {
        return direction == Direction.IN ? kind : KINDS + kind;
    }

    private static int kind(int etherType) {
        return switch (etherType) {
            case EtherTypes.IPV4 -> 0;
            case EtherTypes.IPV6 -> 1;
            case EtherTypes.ARP -> 2;
            default -> 3;
        };
    }
}
