package io.portcullis.policy.analyze;

import io.portcullis.policy.Action;
import io.portcullis.policy.Category;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.RuleDirection;
import io.portcullis.policy.Stage;
import io.portcullis.policy.TcpPickup;
import io.portcullis.policy.Tier;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.compile.GroupMembership;
import io.portcullis.policy.compile.PolicyCompiler;
import io.portcullis.policy.model.Rule;
import io.portcullis.policy.model.SecurityPolicy;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.Vnic;
import io.portcullis.policy.table.IpRange;
import io.portcullis.policy.table.IpRanges;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the rules of a tenant do with every frame at every vNIC, and at one that is yet to come, one rule after the other: the words of
 * {@link PolicyAnalyzer}, taken as they are. What a vNIC cannot send or get is left out by {@link #possible} alone.
 */
final class FrameByFrame {
    private static final List<RuleDirection> DIRECTIONS = List.of(RuleDirection.IN, RuleDirection.OUT);

    /** A rule, the frames that it matches, and (by place) those that it is the first of its category to match where they come as far. */
    record Judged(SecurityPolicy policy, Rule rule, BitSet matching, Map<Place, BitSet> decided) {
        String name() {
            return policy.name() + "/" + rule.name();
        }

        boolean isOfProvider() {
            return policy.tier() == Tier.PROVIDER;
        }

        boolean isUsed() {
            return decided.values().stream().anyMatch(frames -> !frames.isEmpty());
        }
    }

    /** @param vnic null for one that is yet to come */
    record Place(@Nullable Vnic vnic, RuleDirection direction) {}

    private final TenantModel model;
    private final GroupMembership membership;
    private final EveryFrame frames;
    private final BitSet ip = new BitSet();
    private final BitSet opening = new BitSet();
    final List<Place> places = new ArrayList<>();
    final Map<String, Judged> rules = new LinkedHashMap<>();
    private final Set<String> inTables;
    private final Map<Place, int[]> outcomes = new HashMap<>();

    FrameByFrame(TenantModel model) {
        this.model = model;
        membership = GroupMembership.of(model);
        boolean hasFrameRules = model.allPolicies().anyMatch(p -> p.category() == Category.ETHERNET);
        frames = new EveryFrame(model, hasFrameRules);
        List<SecurityPolicy> active = model.allPolicies()
                .filter(policy -> policy.activeAt(model.time()))
                .toList();
        boolean hasStateless = active.stream().anyMatch(SecurityPolicy::stateless);
        boolean isLoose =
                model.looseTracking() || active.stream().anyMatch(policy -> policy.tcpPickup() == TcpPickup.LOOSE);
        for (int i = 0; i < frames.frames.size(); i++) {
            ip.set(i, frames.frames.get(i).isIp());
            opening.set(i, frames.frames.get(i).comesToRules(isLoose, hasStateless));
        }
        List<Vnic> vnics = new ArrayList<>();
        model.vms().values().forEach(vm -> vnics.addAll(vm.vnics()));
        vnics.add(null);
        vnics.forEach(vnic -> DIRECTIONS.forEach(direction -> places.add(new Place(vnic, direction))));
        model.allPolicies()
                .sorted(SecurityPolicy.EVALUATION_ORDER)
                .forEach(policy -> policy.rulesAt(model.time()).forEach(rule -> {
                    BitSet matching = frames.matching(rule);
                    matching.and(policy.category() == Category.ETHERNET ? all() : opening);
                    Judged judged = new Judged(policy, rule, matching, new HashMap<>());
                    rules.put(judged.name(), judged);
                }));
        inTables = inTables();
        for (Place place : places) {
            verdicts(place, Set.of()).forEach((rule, decided) -> {
                if (rule != null) {
                    rules.get(rule).decided().put(place, decided);
                }
            });
        }
    }

    private BitSet all() {
        BitSet all = new BitSet();
        all.set(0, frames.frames.size());
        return all;
    }

    /** Whether the compiler puts the rule into some vNIC's table; of all of them where there is no vNIC yet. */
    boolean isInATable(Judged judged) {
        return inTables.contains(judged.name());
    }

    boolean isAt(Judged judged, Place place) {
        Rule rule = judged.rule();
        return (judged.isOfProvider() || !isExcluded(place.vnic()))
                && (rule.direction() == RuleDirection.BOTH || rule.direction() == place.direction())
                && isIn(judged.policy().appliedTo(), place.vnic())
                && isIn(rule.appliedTo(), place.vnic());
    }

    private boolean isExcluded(@Nullable Vnic vnic) {
        return vnic != null
                && model.exclusions().values().stream()
                        .anyMatch(exclusion -> exclusion.groups().stream()
                                .anyMatch(group -> membership.members(group).contains(vnic.id())));
    }

    private boolean isIn(List<String> groups, @Nullable Vnic vnic) {
        return groups.isEmpty()
                || (vnic != null
                        && groups.stream()
                                .anyMatch(group -> membership.members(group).contains(vnic.id())));
    }

    /** Frames by the rule that is the first of its stage to match them. */
    private Map<@Nullable String, BitSet> verdicts(Place place, Set<String> without) {
        Map<@Nullable String, BitSet> byRule = new HashMap<>();
        walk(place, without, (judged, hits) -> byRule.put(judged.name(), hits));
        return byRule;
    }

    /** With all rules. */
    int[] outcomes(Place place) {
        return outcomes.computeIfAbsent(place, key -> outcomes(key, Set.of()));
    }

    /** What becomes of each frame, as a number. */
    int[] outcomes(Place place, Set<String> without) {
        int[] outcomes = new int[frames.frames.size()];
        walk(place, without, (judged, hits) -> {
            boolean isOfFrames = judged.policy().category() == Category.ETHERNET;
            boolean allowsFrame = isOfFrames && judged.rule().action() == Action.ALLOW;
            hits.stream().forEach(frame -> {
                boolean isFinal = judged.rule().action() != Action.PASS && !(allowsFrame && ip.get(frame));
                if (isFinal) {
                    int action =
                            Arrays.asList(Action.values()).indexOf(judged.rule().action());
                    outcomes[frame] = 1 + (isOfFrames ? action : outcome(judged.policy(), action, frame));
                }
            });
        });
        return outcomes;
    }

    private int outcome(SecurityPolicy policy, int action, int frame) {
        if (policy.stateless()) {
            return 10 + action;
        }
        boolean picksUp = policy.tcpPickup() == TcpPickup.LOOSE
                || (policy.tcpPickup() == TcpPickup.INHERIT && model.looseTracking());
        return frames.frames.get(frame).isFirst(picksUp) ? action : 20;
    }

    private interface Visitor {
        void decides(Judged judged, BitSet hits);
    }

    /** Names of the rules that the compiler puts into some vNIC's table; all of them where there is no vNIC yet. */
    private Set<String> inTables() {
        Set<String> names = new HashSet<>();
        new PolicyCompiler()
                .compileAll(model)
                .values()
                .forEach(table -> table.rules().forEach(rule -> names.add(rule.name())));
        return vnics().isEmpty() ? rules.keySet() : names;
    }

    private void walk(Place place, Set<String> without, Visitor visitor) {
        BitSet left = all();
        for (Stage stage : Stage.values()) {
            BitSet next = new BitSet();
            for (Judged judged : rules.values()) {
                if (judged.policy().stage() != stage || without.contains(judged.name()) || !isAt(judged, place)) {
                    continue;
                }
                BitSet hits = (BitSet) left.clone();
                hits.and(judged.matching());
                left.andNot(hits);
                visitor.decides(judged, hits);
                Action action = judged.rule().action();
                if (action == Action.PASS || (stage.category() == Category.ETHERNET && action == Action.ALLOW)) {
                    next.or(hits);
                }
            }
            left.or(next);
            if (stage == Stage.ETHERNET) {
                left.and(opening);
            }
        }
    }

    /** The frames that the vNIC itself can send or get there. */
    BitSet possible(Place place) {
        BitSet possible = new BitSet();
        Vnic vnic = place.vnic();
        for (int i = 0; i < frames.frames.size(); i++) {
            EveryFrame.Frame frame = frames.frames.get(i);
            boolean isSent = place.direction() == RuleDirection.OUT;
            possible.set(i, vnic == null || (isSent ? isOwn(vnic, frame.source()) : isFor(vnic, frame.destination())));
        }
        return possible;
    }

    /** Those of them whose MAC address is right, too. */
    BitSet possibleWithMac(Place place) {
        BitSet possible = possible(place);
        Vnic vnic = place.vnic();
        for (int i = 0; i < frames.frames.size() && vnic != null; i++) {
            EveryFrame.Frame frame = frames.frames.get(i);
            boolean isRight = place.direction() == RuleDirection.OUT
                    ? frame.sourceMac() == vnic.mac().value()
                    : frame.destinationMac() == vnic.mac().value() || new MacAddress(frame.destinationMac()).isGroup();
            possible.set(i, possible.get(i) && isRight);
        }
        return possible;
    }

    private static boolean isOwn(Vnic vnic, @Nullable IpRange address) {
        return address == null
                || vnic.protection().mayUseUndeclared()
                || vnic.allAddresses().stream().map(IpRanges::single).anyMatch(address::equals);
    }

    private static boolean isFor(Vnic vnic, @Nullable IpRange address) {
        return isOwn(vnic, address)
                || (address != null
                        && (address.firstLow() == 0xffff_ffffL
                                || address.firstLow() == 0xe000_0009L
                                || address.firstHigh() >>> 56 == 0xff));
    }

    /** Those that enforce rules. */
    Set<VnicId> vnics() {
        Set<VnicId> ids = new HashSet<>();
        model.vms()
                .values()
                .forEach(vm ->
                        vm.vnics().stream().filter(vnic -> !isExcluded(vnic)).forEach(vnic -> ids.add(vnic.id())));
        return ids;
    }
}
