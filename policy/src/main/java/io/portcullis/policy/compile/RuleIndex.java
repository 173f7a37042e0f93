package io.portcullis.policy.compile;

import io.portcullis.policy.IpFamily;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.model.Expression;
import io.portcullis.policy.model.ModelDelta;
import io.portcullis.policy.model.Peers;
import io.portcullis.policy.model.Rule;
import io.portcullis.policy.model.SecurityPolicy;
import io.portcullis.policy.model.Service;
import io.portcullis.policy.model.ServiceLibrary;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.Timetable;
import io.portcullis.policy.table.AddressMatch;
import io.portcullis.policy.table.IpRange;
import io.portcullis.policy.table.IpRanges;
import io.portcullis.policy.table.TableRule;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The rules of active policies that hold for a tenant, the provider's and its own, that have not expired, enforced and staged, resolved to addresses and kept up to date; {@link RuleScopes} knows which vNICs they
 * concern. One thread.
 */
final class RuleIndex {
    /** A side that never changes, so that nobody need know which rules have it. */
    private static final Side ANYONE = new Side(new Side.Key(Peers.ANY, IpFamily.ANY), List.of());

    private final GroupIndex groups;
    private final GroupRanges ranges;
    private final RuleScopes scopes;
    private final Map<String, List<RuleNode>> byPolicy = new HashMap<>();
    private final Map<String, List<RuleNode>> byStaged = new HashMap<>();
    private final Map<String, Set<RuleNode>> byService = new HashMap<>();
    private final Map<Side.Key, Side> sides = new HashMap<>();
    private final Timetable timetable = new Timetable();

    RuleIndex(GroupIndex groups, GroupRanges ranges, RuleScopes scopes) {
        this.groups = groups;
        this.ranges = ranges;
        this.scopes = scopes;
    }

    /**
     * Goes over to another model, after the groups have.
     *
     * @param delta {@link ModelDelta#withProvider}
     */
    void change(ModelDelta delta, TenantModel next) {
        RuleResolver resolver = new RuleResolver(next.tenant(), next::service);
        Set<RuleNode> stale = new LinkedHashSet<>();
        Set<Timetable.Subject> changed = timetable.update(delta, next);
        delta.policies().forEach(policy -> changed.add(new Timetable.Subject(policy.name(), false)));
        delta.staged().forEach(policy -> changed.add(new Timetable.Subject(policy.name(), true)));
        for (Timetable.Subject policy : changed) {
            change(policy, next, stale);
            markReplaced(policy.name(), next);
        }
        for (ModelDelta.Change<Service> service : delta.services()) {
            stale.addAll(byService.getOrDefault(service.name(), Set.of()));
        }
        for (GroupNode group : List.copyOf(groups.changed())) {
            if (!group.sides.isEmpty() && ranges.refresh(group)) {
                group.sides.forEach(side -> restate(side, stale));
            }
        }
        for (RuleNode rule : stale) {
            if (!rule.gone) {
                resolve(rule, resolver);
            }
        }
    }

    /** When other rules may be in tables by the time alone; null for never. */
    @Nullable
    Instant nextChange() {
        return timetable.next();
    }

    // ---- policies

    private void markReplaced(String policy, TenantModel next) {
        boolean replaced = next.staged().containsKey(policy);
        for (RuleNode rule : byPolicy.getOrDefault(policy, List.of())) {
            if (rule.replaced != replaced) {
                rule.replaced = replaced;
                scopes.touch(rule);
            }
        }
    }

    private void change(Timetable.Subject subject, TenantModel next, Set<RuleNode> stale) {
        String name = subject.name();
        SecurityPolicy policy = subject.in(next);
        Map<String, List<RuleNode>> byName = subject.staged() ? byStaged : byPolicy;
        List<Rule> rules = policy == null ? List.of() : policy.rulesAt(next.time());
        List<RuleNode> before = byName.getOrDefault(name, List.of());
        Map<String, RuleNode> kept = policy == null ? Map.of() : kept(before, policy, rules);
        List<RuleNode> after = new ArrayList<>();
        for (Rule rule : rules) {
            RuleNode node = kept.get(rule.name());
            if (node == null) {
                node = learn(next.tenant(), Objects.requireNonNull(policy), rule, subject.staged());
                stale.add(node);
            }
            after.add(node);
        }
        // after the new ones are known, so that what both name stays; the last first, as lists of rules are searched
        // from the end
        for (RuleNode rule : before.reversed()) {
            if (kept.get(rule.rule.name()) != rule) {
                forget(rule);
            }
        }
        // and only now, since sorted sets must not have two rules in one place
        for (int place = 0; policy != null && place < after.size(); place++) {
            after.get(place).policy = policy;
            after.get(place).place = place;
        }
        if (after.isEmpty()) {
            byName.remove(name);
        } else {
            byName.put(name, after);
        }
    }

    /** Rules that are as before, and come in the same order as before, by name. */
    private static Map<String, RuleNode> kept(List<RuleNode> before, SecurityPolicy policy, List<Rule> rules) {
        if (before.isEmpty() || !isEvaluatedAlike(before.getFirst().policy, policy)) {
            return Map.of();
        }
        Map<String, RuleNode> known = new HashMap<>();
        before.forEach(rule -> known.put(rule.rule.name(), rule));
        Map<String, RuleNode> kept = new HashMap<>();
        int last = -1;
        for (Rule rule : rules) {
            RuleNode node = known.get(rule.name());
            if (node != null && node.place > last && node.rule.equals(rule)) {
                kept.put(rule.name(), node);
                last = node.place;
            }
        }
        return kept;
    }

    private static boolean isEvaluatedAlike(SecurityPolicy before, SecurityPolicy after) {
        return SecurityPolicy.EVALUATION_ORDER.compare(before, after) == 0
                && before.appliedTo().equals(after.appliedTo())
                && before.stateless() == after.stateless()
                && before.tcpPickup() == after.tcpPickup();
    }

    private RuleNode learn(TenantId tenant, SecurityPolicy policy, Rule rule, boolean staged) {
        RuleNode node = new RuleNode(
                policy,
                rule,
                RuleIds.of(tenant, policy.name(), rule.name()),
                staged,
                groups(policy.appliedTo()),
                groups(rule.appliedTo()),
                side(rule.sources(), rule.family()),
                side(rule.destinations(), rule.family()));
        use(node.sources, node);
        use(node.destinations, node);
        for (String service : rule.services().names()) {
            if (!ServiceLibrary.BUILT_IN.containsKey(service)) {
                byService.computeIfAbsent(service, _ -> new LinkedHashSet<>()).add(node);
            }
        }
        return node;
    }

    private List<GroupNode> groups(List<String> names) {
        return names.isEmpty() ? List.of() : names.stream().map(groups::group).toList();
    }

    private void forget(RuleNode node) {
        scopes.remove(node);
        node.gone = true;
        release(node.sources, node);
        release(node.destinations, node);
        for (String service : node.rule.services().names()) {
            byService.computeIfPresent(service, (_, rules) -> {
                rules.remove(node);
                return rules.isEmpty() ? null : rules;
            });
        }
    }

    private void resolve(RuleNode node, RuleResolver resolver) {
        AddressMatch sources = node.sources.match;
        AddressMatch destinations = node.destinations.match;
        boolean matches = !RuleResolver.matchesNothing(sources) && !RuleResolver.matchesNothing(destinations);
        TableRule compiled = matches ? resolver.resolve(node.policy, node.rule, node.id, sources, destinations) : null;
        boolean ftp = matches && resolver.allowsFtp(node.policy, node.rule);
        if (compiled == null && node.compiled == null) {
            return;
        }
        if (compiled != null && compiled.equals(node.compiled) && ftp == node.ftp) {
            return;
        }
        scopes.remove(node);
        node.compiled = compiled;
        node.ftp = ftp;
        node.anySource = RuleResolver.mayHoldAny(sources);
        node.anyDestination = RuleResolver.mayHoldAny(destinations) || RuleResolver.reachesGroupAddresses(destinations);
        for (Side side : node.askedSides()) {
            if (side.literals == null && side.hasLiterals()) {
                side.literals = groups.acquireAddresses(
                        new Expression.Addresses(side.key.peers().addresses()));
            }
        }
        scopes.add(node);
    }

    // ---- sides

    private Side side(Peers peers, IpFamily family) {
        if (peers.any()) {
            return ANYONE;
        }
        Side.Key key = new Side.Key(peers, family);
        Side side = sides.get(key);
        if (side == null) {
            side = new Side(key, groups(peers.groups()));
            for (GroupNode group : side.groups) {
                group.sides.add(side);
            }
            side.match = match(side);
            sides.put(key, side);
        }
        return side;
    }

    private static void use(Side side, RuleNode rule) {
        if (side != ANYONE) {
            side.rules.add(rule);
        }
    }

    private void release(Side side, RuleNode rule) {
        if (side == ANYONE) {
            return;
        }
        RuleScopes.removeLast(side.rules, rule);
        if (!side.rules.isEmpty()) {
            return;
        }
        sides.remove(side.key);
        for (GroupNode group : side.groups) {
            group.sides.remove(side);
            if (group.sides.isEmpty()) {
                group.ranges = null;
            }
        }
        if (side.literals != null) {
            groups.releaseAddresses(side.literals);
        }
    }

    private void restate(Side side, Set<RuleNode> stale) {
        AddressMatch match = match(side);
        if (!match.equals(side.match)) {
            side.match = match;
            stale.addAll(side.rules);
        }
    }

    private AddressMatch match(Side side) {
        if (side.groups.size() == 1 && !side.hasLiterals()) {
            List<IpRange> named = ranges.of(side.groups.getFirst());
            return RuleResolver.match(side.key.peers(), side.key.family(), named);
        }
        List<IpRange> all = new ArrayList<>();
        side.groups.forEach(group -> all.addAll(ranges.of(group)));
        side.key.peers().addresses().forEach(literal -> all.add(literal.range()));
        List<IpRange> named = IpRanges.merge(all);
        return RuleResolver.match(side.key.peers(), side.key.family(), named);
    }
}
