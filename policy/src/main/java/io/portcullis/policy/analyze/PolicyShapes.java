package io.portcullis.policy.analyze;

import io.portcullis.policy.Category;
import io.portcullis.policy.IpFamily;
import io.portcullis.policy.Stage;
import io.portcullis.policy.compile.ExcludedVnics;
import io.portcullis.policy.compile.GroupMembership;
import io.portcullis.policy.model.AddressLiteral;
import io.portcullis.policy.model.Peers;
import io.portcullis.policy.model.Rule;
import io.portcullis.policy.model.SecurityPolicy;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.table.IpRange;
import io.portcullis.policy.table.IpRanges;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The rules of all active policies, the provider's too, in numbers, and the components that they are made of. Groups stand for the addresses that
 * they have in this model. One thread.
 */
final class PolicyShapes {
    /** As the compiler has it: what reaches every vNIC of a segment. */
    private static final List<IpRange> GROUP_ADDRESSES = IpRanges.merge(List.of(
            AddressLiteral.parse("224.0.0.0/4").range(),
            AddressLiteral.parse("255.255.255.255").range(),
            AddressLiteral.parse("ff00::/8").range()));

    /** Likewise: what a VM may send from that has not declared it. */
    private static final List<IpRange> NEVER_DECLARED = IpRanges.merge(List.of(
            AddressLiteral.parse("0.0.0.0").range(),
            AddressLiteral.parse("::").range(),
            AddressLiteral.parse("fe80::/10").range()));

    private static final List<IpFamily> FAMILIES = List.of(IpFamily.IPV4, IpFamily.IPV6);

    private final TenantModel model;
    private final GroupMembership membership;
    private final Map<Peers, List<IpRange>> ranges = new HashMap<>();
    private final Map<Peers, NumberSet> sides = new HashMap<>();
    private final List<SecurityPolicy> policies;
    private final Transport.Universe ofPackets;
    private final boolean hasOwnState;
    private final AddressAtoms atoms;
    private final ExcludedVnics excluded;
    private final Scopes scopes;
    private final Owners owners;
    private final NumberSet groupAddresses;
    private final NumberSet neverDeclared;
    private final Components<NumberSet> addressSets = Components.ofSets();
    private final Components<NumberSet> scopeSets = Components.ofSets();
    private final Components<Transport> transports = new Components<>(Transport.ALGEBRA);
    private final Components<Framing> framings = new Components<>(Framing.ALGEBRA);
    private final List<RuleShape> rules = new ArrayList<>();
    private final Set<Stage> blurred = EnumSet.noneOf(Stage.class);

    PolicyShapes(TenantModel model, GroupMembership membership) {
        this.model = model;
        this.membership = membership;
        policies = model.allPolicies()
                .filter(policy -> policy.activeAt(model.time()))
                .sorted(SecurityPolicy.EVALUATION_ORDER)
                .toList();
        ofPackets = Transport.Universe.ofPackets(policies, model.looseTracking());
        hasOwnState =
                policies.stream().anyMatch(policy -> policy.stateless() || picksUp(policy) != model.looseTracking());
        excluded = ExcludedVnics.of(model);
        scopes = new Scopes(model, membership, excluded);
        atoms = AddressAtoms.of(allRanges());
        owners = new Owners(scopes.vnics(), atoms);
        groupAddresses = atoms.atoms(GROUP_ADDRESSES);
        neverDeclared = atoms.atoms(NEVER_DECLARED);
    }

    private List<IpRange> allRanges() {
        List<IpRange> all = new ArrayList<>(GROUP_ADDRESSES);
        all.addAll(NEVER_DECLARED);
        scopes.vnics().forEach(vnic -> vnic.allAddresses().forEach(address -> all.add(IpRanges.single(address))));
        for (SecurityPolicy policy : policies) {
            for (Rule rule : policy.rules()) {
                for (Peers peers : List.of(rule.sources(), rule.destinations())) {
                    if (!peers.any() && !ranges.containsKey(peers)) {
                        List<IpRange> resolved = resolve(peers);
                        ranges.put(peers, resolved);
                        all.addAll(resolved);
                    }
                }
            }
        }
        return all;
    }

    private List<IpRange> resolve(Peers peers) {
        List<IpRange> all = new ArrayList<>();
        peers.groups().forEach(group -> all.addAll(membership.ranges(group)));
        peers.addresses().forEach(literal -> all.add(literal.range()));
        return IpRanges.merge(all);
    }

    TenantModel model() {
        return model;
    }

    /** Active ones, in order of evaluation. */
    List<SecurityPolicy> policies() {
        return policies;
    }

    AddressAtoms atoms() {
        return atoms;
    }

    /** vNICs that enforce none of the rules. */
    ExcludedVnics excluded() {
        return excluded;
    }

    Scopes scopes() {
        return scopes;
    }

    Owners owners() {
        return owners;
    }

    NumberSet groupAddresses() {
        return groupAddresses;
    }

    NumberSet neverDeclared() {
        return neverDeclared;
    }

    Components<NumberSet> addressSets() {
        return addressSets;
    }

    Components<NumberSet> scopeSets() {
        return scopeSets;
    }

    Components<Transport> transports() {
        return transports;
    }

    Components<Framing> framings() {
        return framings;
    }

    /** Those that can match, in order of evaluation; the place of each is its index. */
    List<RuleShape> rules() {
        return rules;
    }

    /** The addresses of one side of a rule. */
    NumberSet side(Peers peers) {
        NumberSet all = atoms.all(IpFamily.ANY);
        if (peers.any()) {
            return all;
        }
        return sides.computeIfAbsent(peers, key -> {
            NumberSet named = atoms.atoms(ranges.getOrDefault(key, List.of()));
            return key.negated() ? all.minus(named) : named;
        });
    }

    void add(SecurityPolicy policy, int index, MatchedPackets matched) {
        rules.add(new RuleShape(
                rules.size(),
                policy,
                policy.rules().get(index),
                index,
                scopeSets.idOf(matched.scope()),
                addressSets.idOf(matched.sources()),
                addressSets.idOf(matched.destinations()),
                transports.idOf(matched.transport()),
                framings.idOf(matched.framing())));
    }

    /** A rule that is too large to be among {@link #rules}. */
    void leaveOut(SecurityPolicy policy) {
        blurred.add(policy.stage());
    }

    /** Whether the stage has rules that are not among {@link #rules}: of what its others match, these may take some before them. */
    boolean isBlurred(Stage stage) {
        return blurred.contains(stage);
    }

    /** To be called when all rules are there. */
    void index() {
        addressSets.index();
        scopeSets.index();
        transports.index();
        framings.index();
    }

    NumberSet scope(RuleShape rule) {
        return scopeSets.value(rule.scope());
    }

    NumberSet sources(RuleShape rule) {
        return addressSets.value(rule.source());
    }

    NumberSet destinations(RuleShape rule) {
        return addressSets.value(rule.destination());
    }

    Transport transport(RuleShape rule) {
        return transports.value(rule.service());
    }

    Framing framing(RuleShape rule) {
        return framings.value(rule.framing());
    }

    /** Whether one rule matches all that the other does, wherever it is applied. */
    boolean covers(RuleShape holder, RuleShape held) {
        return (holder.directions() & held.directions()) == held.directions()
                && scopeSets.covers(holder.scope(), held.scope())
                && addressSets.covers(holder.source(), held.source())
                && addressSets.covers(holder.destination(), held.destination())
                && transports.covers(holder.service(), held.service())
                && framings.covers(holder.framing(), held.framing());
    }

    /** What the rule matches, in the sides of {@link Packets}. */
    List<Box> boxes(RuleShape rule) {
        List<Box> boxes = new ArrayList<>();
        NumberSet directions = directions(rule.directions());
        for (IpFamily family : FAMILIES) {
            NumberSet from = sources(rule).and(atoms.all(family));
            NumberSet to = destinations(rule).and(atoms.all(family));
            Transport transport = transport(rule).within(universe(rule).of(family));
            if (!from.isEmpty() && !to.isEmpty()) {
                transport.boxes().forEach(box -> boxes.add(box(rule, directions, from, to, box, Packets.IP_TYPE)));
            }
        }
        NumberSet none = NumberSet.single(atoms.none());
        if (sources(rule).intersects(none)) {
            NumberSet types = framing(rule).types().minus(Packets.IP_TYPE);
            boxes.add(box(rule, directions, none, none, Transport.WITHOUT_IP, types));
        }
        return boxes;
    }

    private Transport.Universe universe(RuleShape rule) {
        return universe(rule.category());
    }

    /** What there is to judge for the rules of a category. */
    Transport.Universe universe(Category category) {
        return category == Category.ETHERNET ? Transport.Universe.ofFrames() : ofPackets;
    }

    /** Whether not all rules keep state alike: then two with one action may still do different things. */
    boolean hasOwnState() {
        return hasOwnState;
    }

    /** Whether both, with the same action, do the same with a packet that they match. */
    boolean keepStateAlike(RuleShape one, RuleShape other) {
        return one.passesOn()
                || (one.policy().stateless() == other.policy().stateless()
                        && picksUp(one.policy()) == picksUp(other.policy()));
    }

    private boolean picksUp(SecurityPolicy policy) {
        return switch (policy.tcpPickup()) {
            case INHERIT -> model.looseTracking();
            case STRICT -> false;
            case LOOSE -> true;
        };
    }

    private Box box(
            RuleShape rule, NumberSet directions, NumberSet from, NumberSet to, Box transport, NumberSet types) {
        Framing framing = framing(rule);
        return Box.of(
                scope(rule),
                directions,
                from,
                to,
                transport.side(0),
                transport.side(1),
                transport.side(2),
                transport.side(3),
                types,
                framing.sourceMacs(),
                framing.destinationMacs());
    }

    static NumberSet directions(int bits) {
        return bits == (Packets.IN | Packets.OUT) ? NumberSet.of(Packets.IN, Packets.OUT) : NumberSet.single(bits);
    }
}
