package io.portcullis.datapath.classify;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.packet.EtherTypes;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.policy.Action;
import io.portcullis.policy.Stage;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.policy.table.TableRule;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The rules of category ETHERNET, which judge each frame by itself: of the provider's and of the tenant's the first that matches. What the
 * provider's refuses is refused; else the tenant's decides, and what that does not mind is as the provider's has it. They are sorted out by
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
    private final int[][] ofProvider;

    private final int[][] ofTenant;
    private final boolean isEmpty;

    public FrameRules(RuleTable table) {
        rules = table.rules();
        ofProvider = candidates(Stage.PROVIDER_ETHERNET);
        ofTenant = candidates(Stage.ETHERNET);
        isEmpty = isEmpty(ofProvider) && isEmpty(ofTenant);
    }

    private int[][] candidates(Stage stage) {
        int[][] candidates = new int[2 * KINDS][];
        int[] ofFrames = IntStream.range(0, rules.size())
                .filter(index -> rules.get(index).stage() == stage)
                .toArray();
        for (Direction direction : List.of(Direction.IN, Direction.OUT)) {
            for (int kind = 0; kind < KINDS; kind++) {
                int wanted = kind;
                int[] found = Arrays.stream(ofFrames)
                        .filter(index -> mayMatch(rules.get(index), wanted, direction))
                        .toArray();
                candidates[place(kind, direction)] = found.length == 0 ? NO_RULES : found;
            }
        }
        return candidates;
    }

    private static boolean isEmpty(int[][] candidates) {
        return Arrays.stream(candidates).allMatch(found -> found.length == 0);
    }

    /** Whether there are none, so that nobody need ask. */
    public boolean isEmpty() {
        return isEmpty;
    }

    /** Index in {@code RuleTable.rules()} of the rule that decides about the frame, or {@link #DEFAULT}. */
    public int classify(PacketView packet, Direction direction) {
        int above = matchOfProvider(packet, direction);
        return isFinal(above) ? above : joined(above, matchOfTenant(packet, direction));
    }

    /** The first of the provider's rules that matches the frame, or {@link #DEFAULT}. */
    public int matchOfProvider(PacketView packet, Direction direction) {
        return firstMatch(ofProvider, packet, direction);
    }

    /** The first of the tenant's rules that matches the frame, or {@link #DEFAULT}. */
    public int matchOfTenant(PacketView packet, Direction direction) {
        return firstMatch(ofTenant, packet, direction);
    }

    /** Whether the tenant's rules are not asked any more. */
    public boolean isFinal(int above) {
        return above != DEFAULT
                && switch (rules.get(above).action()) {
                    case DROP, REJECT -> true;
                    case ALLOW, PASS -> false;
                };
    }

    /** Which of both rules decides, where the provider's is not final. */
    public int joined(int above, int own) {
        boolean ownIsSilent =
                own == DEFAULT || (above != DEFAULT && rules.get(own).action() == Action.PASS);
        return ownIsSilent ? above : own;
    }

    private int firstMatch(int[][] candidates, PacketView packet, Direction direction) {
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
