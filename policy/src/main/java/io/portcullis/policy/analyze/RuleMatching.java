package io.portcullis.policy.analyze;

import io.portcullis.policy.Category;
import io.portcullis.policy.IpFamily;
import io.portcullis.policy.analyze.MatchedPackets.Outcome;
import io.portcullis.policy.model.Peers;
import io.portcullis.policy.model.Rule;
import io.portcullis.policy.model.SecurityPolicy;
import io.portcullis.policy.model.ServiceSelection;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.table.EthernetMatch;
import io.portcullis.policy.table.ServiceMatch;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Says what each rule matches, or why that is nothing. */
final class RuleMatching {
    private record Services(ServiceSelection selection, Transport.Universe universe) {}

    private final PolicyShapes shapes;
    private final TenantModel model;
    private final AddressAtoms atoms;
    private final Map<Services, Optional<Transport>> transports = new HashMap<>();

    RuleMatching(PolicyShapes shapes) {
        this.shapes = shapes;
        model = shapes.model();
        atoms = shapes.atoms();
    }

    Outcome of(SecurityPolicy policy, Rule rule) {
        NumberSet ofPolicy = shapes.scopes().of(policy.appliedTo());
        NumberSet ofRule = shapes.scopes().of(rule.appliedTo());
        NumberSet scope = ofPolicy.and(ofRule);
        if (scope.isEmpty()) {
            return new Outcome.Nothing(
                    "it is applied to no vNIC" + (shapes.model().exclusions().isEmpty() ? "" : " that is not excluded"),
                    "put VMs into the groups of appliedTo of policy and rule, both of which must hold, or change them",
                    ofPolicy.isEmpty() || ofRule.isEmpty());
        }
        Outcome.@Nullable Nothing nobody = nobody("sources", rule.sources());
        nobody = nobody != null ? nobody : nobody("destinations", rule.destinations());
        if (nobody != null) {
            return nobody;
        }
        Services services = new Services(rule.services(), universe(policy));
        Optional<Transport> transport = transports.computeIfAbsent(services, this::transport);
        return transport.isEmpty() ? new Outcome.TooLarge() : of(policy, rule, scope, transport.get());
    }

    private Outcome of(SecurityPolicy policy, Rule rule, NumberSet scope, Transport services) {
        boolean isOfFrames = policy.category() == Category.ETHERNET;
        NumberSet from = NumberSet.EMPTY;
        NumberSet to = NumberSet.EMPTY;
        Transport transport = services;
        int families = 0;
        boolean meetsInAFamily = false;
        for (IpFamily family : List.of(IpFamily.IPV4, IpFamily.IPV6)) {
            NumberSet fromHere = shapes.side(rule.sources()).and(atoms.all(family));
            NumberSet toHere = shapes.side(rule.destinations()).and(atoms.all(family));
            if (!speaksOf(rule, family, isOfFrames) || fromHere.isEmpty() || toHere.isEmpty()) {
                continue;
            }
            meetsInAFamily = true;
            Transport here = services.within(universe(policy).of(family));
            if (!here.isEmpty()) {
                from = NumberSet.union(List.of(from, fromHere));
                to = NumberSet.union(List.of(to, toHere));
                transport = here;
                families++;
            }
        }
        transport = families == 1 ? transport : services;
        NumberSet otherTypes = isOfFrames ? otherTypes(rule) : NumberSet.EMPTY;
        if (families == 0 && otherTypes.isEmpty()) {
            return nothing(rule, isOfFrames, meetsInAFamily);
        }
        Framing framing = isOfFrames ? Framing.of(rule.ethernet(), families > 0, otherTypes) : Framing.OF_PACKETS;
        if (framing.isEmpty()) {
            return new Outcome.Nothing(
                    "no frame has such MAC addresses",
                    "senders have unicast addresses; a negated list must leave some over",
                    false);
        }
        if (!otherTypes.isEmpty()) {
            NumberSet none = NumberSet.single(atoms.none());
            from = NumberSet.union(List.of(from, none));
            to = NumberSet.union(List.of(to, none));
            transport = families == 0 ? Transport.of(Transport.WITHOUT_IP) : transport.withoutIpToo();
        }
        MatchedPackets packets = new MatchedPackets(scope, from, to, transport, framing);
        return concernsSome(rule, packets) ? new Outcome.Matches(packets) : new Outcome.Elsewhere(packets);
    }

    private Transport.Universe universe(SecurityPolicy policy) {
        return shapes.universe(policy.category());
    }

    private Optional<Transport> transport(Services services) {
        return Optional.ofNullable(
                Transport.of(matches(services.selection()), services.selection().negated(), services.universe()));
    }

    private List<ServiceMatch> matches(ServiceSelection selection) {
        if (selection.any()) {
            return List.of(ServiceMatch.ANY);
        }
        List<ServiceMatch> matches = new ArrayList<>();
        selection
                .names()
                .forEach(
                        name -> matches.addAll(model.service(name).orElseThrow().matches()));
        return matches;
    }

    private static Outcome.@Nullable Nothing nobody(String side, Peers peers, NumberSet found) {
        if (!found.isEmpty()) {
            return null;
        }
        return peers.negated()
                ? new Outcome.Nothing("its " + side + " leave out every address", "leave some over", false)
                : new Outcome.Nothing(
                        "its " + side + " are nobody: no member of " + String.join(", ", peers.groups())
                                + " has an address",
                        "put VMs into the group, or delete the rule",
                        true);
    }

    private Outcome.@Nullable Nothing nobody(String side, Peers peers) {
        return nobody(side, peers, shapes.side(peers));
    }

    private static boolean speaksOf(Rule rule, IpFamily family, boolean isOfFrames) {
        List<Integer> types = rule.ethernet().etherTypes();
        int type = family == IpFamily.IPV4 ? Packets.IPV4_TYPE : Packets.IPV6_TYPE;
        return (rule.family() == IpFamily.ANY || rule.family() == family)
                && (!isOfFrames || types.isEmpty() || types.contains(type));
    }

    /** Types of the frames without IP that the rule matches: none, if it speaks of addresses or services. */
    private NumberSet otherTypes(Rule rule) {
        boolean speaksOfIp = rule.family() != IpFamily.ANY
                || !rule.sources().any()
                || !rule.destinations().any()
                || rule.services().negated()
                || matches(rule.services()).stream().noneMatch(each -> each.protocol() == ServiceMatch.ANY_PROTOCOL);
        if (speaksOfIp) {
            return NumberSet.EMPTY;
        }
        EthernetMatch ethernet = rule.ethernet();
        return ethernet.etherTypes().isEmpty()
                ? Packets.OTHER_TYPES
                : Packets.OTHER_TYPES.and(NumberSet.union(
                        ethernet.etherTypes().stream().map(NumberSet::single).toList()));
    }

    private static Outcome.Nothing nothing(Rule rule, boolean isOfFrames, boolean meetsInAFamily) {
        if (meetsInAFamily) {
            return new Outcome.Nothing(
                    "no packet that it is about can have one of its services",
                    "ICMP belongs to IPv4 and ICMPv6 to IPv6; the TCP flags are those of the packet that opens a"
                            + " connection, with SYN and without ACK",
                    false);
        }
        if (isOfFrames && !rule.ethernet().etherTypes().isEmpty()) {
            return new Outcome.Nothing(
                    "what it says of addresses or services holds for IP only, and its ethertypes are others",
                    "drop the addresses and services, or name ethertype ipv4 or ipv6",
                    false);
        }
        return new Outcome.Nothing(
                "it has no source and destination of one IP family"
                        + (rule.family() == IpFamily.ANY ? "" : " that is " + rule.family()),
                "correct family, sources or destinations",
                false);
    }

    /** As the compiler sees it: whether the rule is in some vNIC's table. Where there is no vNIC yet, one may come that it concerns. */
    private boolean concernsSome(Rule rule, MatchedPackets packets) {
        Owners owners = shapes.owners();
        NumberSet scope = packets.scope();
        if (shapes.scopes().vnics().isEmpty() || scope.intersects(owners.undeclared())) {
            return true;
        }
        int directions = RuleShape.directions(rule.direction());
        boolean isSent = (directions & Packets.OUT) != 0
                && (isOpen(rule.sources(), packets.sources())
                        || owners.find(scope, packets.sources()).isPresent());
        return isSent
                || ((directions & Packets.IN) != 0
                        && (isOpen(rule.destinations(), packets.destinations())
                                || packets.destinations().intersects(shapes.groupAddresses())
                                || owners.find(scope, packets.destinations()).isPresent()));
    }

    /** Whether it may be an address of any vNIC, whatever that has declared. */
    private boolean isOpen(Peers peers, NumberSet addresses) {
        return peers.any() || peers.negated() || addresses.intersects(shapes.neverDeclared());
    }
}
