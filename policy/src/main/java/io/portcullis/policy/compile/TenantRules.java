package io.portcullis.policy.compile;

import io.portcullis.policy.Action;
import io.portcullis.policy.Category;
import io.portcullis.policy.IpFamily;
import io.portcullis.policy.RuleDirection;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.model.AddressLiteral;
import io.portcullis.policy.model.Alg;
import io.portcullis.policy.model.Peers;
import io.portcullis.policy.model.Rule;
import io.portcullis.policy.model.SecurityPolicy;
import io.portcullis.policy.model.Service;
import io.portcullis.policy.model.ServiceSelection;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.Vnic;
import io.portcullis.policy.table.AddressMatch;
import io.portcullis.policy.table.IpRange;
import io.portcullis.policy.table.IpRanges;
import io.portcullis.policy.table.ServiceMatch;
import io.portcullis.policy.table.TableRule;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** All rules of a tenant in order of evaluation, resolved to addresses; {@link #concerning} picks those of one vNIC. */
final class TenantRules {
    /**
     * Destinations that reach every vNIC of a segment: multicast and limited broadcast of IPv4 (RFC 5771, RFC 919),
     * multicast of IPv6 (RFC 4291).
     */
    private static final List<IpRange> GROUP_ADDRESSES = IpRanges.merge(List.of(
            AddressLiteral.parse("224.0.0.0/4").range(),
            AddressLiteral.parse("255.255.255.255").range(),
            AddressLiteral.parse("ff00::/8").range()));

    private final TenantModel model;
    private final GroupMembership membership;
    private final Map<Side, AddressMatch> matches = new HashMap<>();
    private final List<ResolvedRule> rules = new ArrayList<>();
    /** Places of rules that allow connections which FTP's gateway follows. */
    private final BitSet withFtp = new BitSet();

    /** Key of {@link #matches}: a side of a rule as its family sees it. */
    private record Side(Peers peers, IpFamily family) {}

    /** Groups whose vNICs enforce a rule; null members stand for all vNICs of the tenant. */
    private record Scope(boolean all, Set<VnicId> members) {
        boolean holds(VnicId vnic) {
            return all || members.contains(vnic);
        }
    }

    private record ResolvedRule(TableRule rule, Scope ofPolicy, Scope ofRule, boolean reachesGroupAddresses) {
        boolean concerns(Vnic vnic, List<IpRange> own) {
            if (!ofPolicy.holds(vnic.id()) || !ofRule.holds(vnic.id())) {
                return false;
            }
            if (vnic.protection().mayUseUndeclared()) {
                return true;
            }
            boolean out = rule.direction() != RuleDirection.IN && mayHold(rule.sources(), own);
            boolean in = rule.direction() != RuleDirection.OUT
                    && (reachesGroupAddresses || mayHold(rule.destinations(), own));
            return out || in;
        }
    }

    TenantRules(TenantModel model) {
        this.model = model;
        membership = GroupMembership.of(model);
        model.policies().values().stream()
                .filter(SecurityPolicy::enabled)
                .sorted(SecurityPolicy.EVALUATION_ORDER)
                .forEach(this::resolve);
    }

    /** Places (in order of evaluation) of the rules that can match a packet of this vNIC. */
    BitSet concerning(Vnic vnic) {
        List<IpRange> own =
                IpRanges.merge(vnic.addresses().stream().map(IpRanges::single).toList());
        BitSet places = new BitSet(rules.size());
        for (int place = 0; place < rules.size(); place++) {
            if (rules.get(place).concerns(vnic, own)) {
                places.set(place);
            }
        }
        return places;
    }

    /** Places of all rules. */
    BitSet all() {
        BitSet places = new BitSet(rules.size());
        places.set(0, rules.size());
        return places;
    }

    List<TableRule> at(BitSet places) {
        return places.stream().mapToObj(place -> rules.get(place).rule()).toList();
    }

    /** Whether one of these rules allows connections which FTP's gateway follows. */
    boolean needsFtpHelper(BitSet places) {
        return places.intersects(withFtp);
    }

    private void resolve(SecurityPolicy policy) {
        Scope ofPolicy = scope(policy.appliedTo());
        for (Rule rule : policy.rules()) {
            AddressMatch sources = match(rule.sources(), rule.family());
            AddressMatch destinations = match(rule.destinations(), rule.family());
            if (matchesNothing(sources) || matchesNothing(destinations)) {
                continue;
            }
            TableRule compiled = new TableRule(
                    RuleIds.of(model.tenant(), policy.name(), rule.name()),
                    policy.name() + "/" + rule.name(),
                    policy.category(),
                    rule.direction(),
                    rule.family(),
                    sources,
                    destinations,
                    services(rule.services()),
                    rule.services().negated(),
                    rule.ethernet(),
                    rule.action(),
                    rule.liveFlowMode(),
                    rule.log());
            Scope ofRule = scope(rule.appliedTo());
            withFtp.set(rules.size(), allowsFtp(policy, rule));
            rules.add(new ResolvedRule(compiled, ofPolicy, ofRule, mayHold(destinations, GROUP_ADDRESSES)));
        }
    }

    private boolean allowsFtp(SecurityPolicy policy, Rule rule) {
        ServiceSelection services = rule.services();
        return policy.category() != Category.ETHERNET
                && rule.action() == Action.ALLOW
                && !services.negated()
                && services.names().stream().anyMatch(name -> service(name).alg() == Alg.FTP);
    }

    private Scope scope(List<String> groups) {
        Set<VnicId> members = new HashSet<>();
        groups.forEach(group -> members.addAll(membership.members(group)));
        return new Scope(groups.isEmpty(), members);
    }

    private AddressMatch match(Peers peers, IpFamily family) {
        if (peers.any()) {
            return AddressMatch.ANY;
        }
        Side side = new Side(peers, family);
        AddressMatch known = matches.get(side);
        if (known == null) {
            List<IpRange> ranges = new ArrayList<>();
            peers.groups().forEach(group -> ranges.addAll(membership.ranges(group)));
            peers.addresses().forEach(literal -> ranges.add(literal.range()));
            List<IpRange> merged = IpRanges.ofFamily(IpRanges.merge(ranges), family);
            known = peers.negated() ? AddressMatch.notIn(merged) : AddressMatch.in(merged);
            matches.put(side, known);
        }
        return known;
    }

    private List<ServiceMatch> services(ServiceSelection selection) {
        if (selection.any()) {
            return List.of(ServiceMatch.ANY);
        }
        Set<ServiceMatch> distinct = new LinkedHashSet<>();
        for (String name : selection.names()) {
            distinct.addAll(service(name).matches());
        }
        return List.copyOf(distinct);
    }

    private Service service(String name) {
        return model.service(name)
                .orElseThrow(() ->
                        new IllegalArgumentException("tenant " + model.tenant() + " has no service '" + name + "'"));
    }

    private static boolean matchesNothing(AddressMatch match) {
        return !match.any() && !match.negated() && match.ranges().isEmpty();
    }

    /**
     * Whether some of the addresses may match. A negated match counts as one that may: what it leaves out is seldom all that
     * a vNIC can be, and one rule too many costs a comparison while one too few would be a hole.
     */
    private static boolean mayHold(AddressMatch match, List<IpRange> addresses) {
        return match.any() || match.negated() || IpRanges.intersects(match.ranges(), addresses);
    }
}
