package io.portcullis.policy.compile;

import io.portcullis.policy.IpFamily;
import io.portcullis.policy.RuleDirection;
import io.portcullis.policy.Tier;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.model.Peers;
import io.portcullis.policy.model.Rule;
import io.portcullis.policy.model.SecurityPolicy;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.Vnic;
import io.portcullis.policy.table.AddressMatch;
import io.portcullis.policy.table.IpRange;
import io.portcullis.policy.table.IpRanges;
import io.portcullis.policy.table.TableRule;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * All rules that hold for a tenant and are active at its time, the provider's and its own, in order of evaluation, resolved to addresses; {@link
 * #concerning} picks those of one vNIC.
 */
final class TenantRules {
    private final TenantModel model;
    private final GroupMembership membership;
    private final ExcludedVnics excluded;
    private final RuleResolver resolver;
    private final Map<Side.Key, AddressMatch> matches = new HashMap<>();
    private final List<ResolvedRule> rules = new ArrayList<>();
    /** Places of rules that allow connections which FTP's gateway follows. */
    private final BitSet withFtp = new BitSet();
    /** Places of the provider's rules. */
    private final BitSet ofProvider = new BitSet();

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
            boolean out = rule.direction() != RuleDirection.IN && RuleResolver.mayHold(rule.sources(), own);
            boolean in = rule.direction() != RuleDirection.OUT
                    && (reachesGroupAddresses || RuleResolver.mayHold(rule.destinations(), own));
            return out || in;
        }
    }

    TenantRules(TenantModel model) {
        this.model = model;
        membership = GroupMembership.of(model);
        excluded = ExcludedVnics.of(model, membership);
        resolver = new RuleResolver(model.tenant(), model::service);
        model.allPolicies().sorted(SecurityPolicy.EVALUATION_ORDER).forEach(this::resolve);
    }

    /** Whether of these rules only the provider's hold for the vNIC. */
    boolean isExcluded(Vnic vnic) {
        return excluded.holds(vnic.id());
    }

    /** Places (in order of evaluation) of the rules that can match a packet of this vNIC. */
    BitSet concerning(Vnic vnic) {
        List<IpRange> own = IpRanges.merge(
                vnic.allAddresses().stream().map(IpRanges::single).toList());
        BitSet places = new BitSet(rules.size());
        for (int place = 0; place < rules.size(); place++) {
            if (rules.get(place).concerns(vnic, own)) {
                places.set(place);
            }
        }
        if (isExcluded(vnic)) {
            places.and(ofProvider);
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
        for (Rule rule : policy.rulesAt(model.time())) {
            AddressMatch sources = match(rule.sources(), rule.family());
            AddressMatch destinations = match(rule.destinations(), rule.family());
            if (RuleResolver.matchesNothing(sources) || RuleResolver.matchesNothing(destinations)) {
                continue;
            }
            long id = RuleIds.of(model.tenant(), policy.name(), rule.name());
            TableRule compiled = resolver.resolve(policy, rule, id, sources, destinations);
            Scope ofRule = scope(rule.appliedTo());
            withFtp.set(rules.size(), resolver.allowsFtp(policy, rule));
            ofProvider.set(rules.size(), policy.tier() == Tier.PROVIDER);
            rules.add(new ResolvedRule(compiled, ofPolicy, ofRule, RuleResolver.reachesGroupAddresses(destinations)));
        }
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
        Side.Key side = new Side.Key(peers, family);
        AddressMatch known = matches.get(side);
        if (known == null) {
            List<IpRange> ranges = new ArrayList<>();
            peers.groups().forEach(group -> ranges.addAll(membership.ranges(group)));
            peers.addresses().forEach(literal -> ranges.add(literal.range()));
            known = RuleResolver.match(peers, family, IpRanges.merge(ranges));
            matches.put(side, known);
        }
        return known;
    }
}
