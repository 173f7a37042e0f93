package io.portcullis.policy.compile;

import io.portcullis.policy.Action;
import io.portcullis.policy.Category;
import io.portcullis.policy.IpFamily;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.model.AddressLiteral;
import io.portcullis.policy.model.Alg;
import io.portcullis.policy.model.Peers;
import io.portcullis.policy.model.Rule;
import io.portcullis.policy.model.SecurityPolicy;
import io.portcullis.policy.model.Service;
import io.portcullis.policy.model.ServiceSelection;
import io.portcullis.policy.table.AddressMatch;
import io.portcullis.policy.table.IpRange;
import io.portcullis.policy.table.IpRanges;
import io.portcullis.policy.table.ServiceMatch;
import io.portcullis.policy.table.TableRule;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** What becomes of one rule of the model once its groups are addresses: the same for the full compile and the incremental one. */
final class RuleResolver {
    /** What a VM sends from all the same: before it has an address (RFC 2131, RFC 4861), and for its link (RFC 4291). */
    private static final List<IpRange> NEVER_DECLARED = IpRanges.merge(List.of(
            AddressLiteral.parse("0.0.0.0").range(),
            AddressLiteral.parse("::").range(),
            AddressLiteral.parse("fe80::/10").range()));

    /**
     * Destinations that reach every vNIC of a segment: multicast and limited broadcast of IPv4 (RFC 5771, RFC 919),
     * multicast of IPv6 (RFC 4291).
     */
    private static final List<IpRange> GROUP_ADDRESSES = IpRanges.merge(List.of(
            AddressLiteral.parse("224.0.0.0/4").range(),
            AddressLiteral.parse("255.255.255.255").range(),
            AddressLiteral.parse("ff00::/8").range()));

    private final TenantId tenant;
    private final Function<String, Optional<Service>> services;

    /** For the rules of a tenant that has these services. */
    RuleResolver(TenantId tenant, Function<String, Optional<Service>> services) {
        this.tenant = tenant;
        this.services = services;
    }

    TableRule resolve(SecurityPolicy policy, Rule rule, long id, AddressMatch sources, AddressMatch destinations) {
        return new TableRule(
                id,
                policy.name() + "/" + rule.name(),
                policy.stage(),
                rule.direction(),
                rule.family(),
                sources,
                destinations,
                matches(rule.services()),
                rule.services().negated(),
                rule.ethernet(),
                rule.action(),
                rule.liveFlowMode(),
                rule.log(),
                rule.log() ? rule.logLabel() : "",
                policy.stateless(),
                policy.tcpPickup());
    }

    private List<ServiceMatch> matches(ServiceSelection selection) {
        if (selection.any()) {
            return List.of(ServiceMatch.ANY);
        }
        if (selection.names().size() == 1) {
            List<ServiceMatch> matches = service(selection.names().getFirst()).matches();
            if (matches.size() == 1) {
                return matches;
            }
        }
        Set<ServiceMatch> distinct = new LinkedHashSet<>();
        for (String name : selection.names()) {
            distinct.addAll(service(name).matches());
        }
        return List.copyOf(distinct);
    }

    /** Whether the rule allows connections which FTP's gateway follows. */
    boolean allowsFtp(SecurityPolicy policy, Rule rule) {
        ServiceSelection selection = rule.services();
        return policy.category() != Category.ETHERNET
                && !policy.stateless()
                && rule.action() == Action.ALLOW
                && !selection.negated()
                && selection.names().stream().anyMatch(name -> service(name).alg() == Alg.FTP);
    }

    private Service service(String name) {
        return services.apply(name)
                .orElseThrow(() -> new IllegalArgumentException("tenant " + tenant + " has no service '" + name + "'"));
    }

    /**
     * A side of a rule that names somebody.
     *
     * @param named all that it names, merged
     */
    static AddressMatch match(Peers peers, IpFamily family, List<IpRange> named) {
        List<IpRange> ranges = IpRanges.ofFamily(named, family);
        return peers.negated() ? AddressMatch.notIn(ranges) : AddressMatch.in(ranges);
    }

    static boolean matchesNothing(AddressMatch match) {
        return !match.any() && !match.negated() && match.ranges().isEmpty();
    }

    static boolean reachesGroupAddresses(AddressMatch destinations) {
        return mayHold(destinations, GROUP_ADDRESSES);
    }

    /**
     * Whether it may match an address of any vNIC, whatever that has declared. A negated match counts as one that may: what it leaves
     * out is seldom all that a vNIC can be, and one rule too many costs a comparison while one too few would be a hole.
     */
    static boolean mayHoldAny(AddressMatch match) {
        return match.any() || match.negated() || IpRanges.intersects(match.ranges(), NEVER_DECLARED);
    }

    /** Whether it may match an address of a vNIC that has declared these. */
    static boolean mayHold(AddressMatch match, List<IpRange> declared) {
        return mayHoldAny(match) || IpRanges.intersects(match.ranges(), declared);
    }
}
