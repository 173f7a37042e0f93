package io.portcullis.policy.evaluate;

import io.portcullis.policy.IpFamily;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.RuleDirection;
import io.portcullis.policy.Tier;
import io.portcullis.policy.evaluate.FirstPacket.Datagram;
import io.portcullis.policy.model.Peers;
import io.portcullis.policy.model.Rule;
import io.portcullis.policy.model.SecurityPolicy;
import io.portcullis.policy.model.Service;
import io.portcullis.policy.model.ServiceSelection;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.Vnic;
import io.portcullis.policy.table.EthernetMatch;
import io.portcullis.policy.table.MacPrefix;
import io.portcullis.policy.table.ServiceMatch;
import java.net.InetAddress;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What each {@link Condition} of a rule means, one by one. One thread. */
final class RuleConditions {
    private final TenantModel model;
    private final Population population;
    private final ExclusionConditions exclusions;

    RuleConditions(TenantModel model, Population population, ExclusionConditions exclusions) {
        this.model = model;
        this.population = population;
        this.exclusions = exclusions;
    }

    boolean allHold(SecurityPolicy policy, Rule rule, Probe probe) {
        return failed(policy, rule, probe, 0).isPresent();
    }

    /** The conditions that fail, or empty if these are more than {@code most}. */
    Optional<Set<Condition>> failed(SecurityPolicy policy, Rule rule, Probe probe, int most) {
        Set<Condition> failed = EnumSet.noneOf(Condition.class);
        for (Condition condition : Condition.values()) {
            if (!holds(condition, policy, rule, probe)) {
                failed.add(condition);
                if (failed.size() > most) {
                    return Optional.empty();
                }
            }
        }
        return Optional.of(failed);
    }

    private boolean holds(Condition condition, SecurityPolicy policy, Rule rule, Probe probe) {
        @Nullable Datagram datagram = probe.packet().datagram();
        return switch (condition) {
            case NOT_EXCLUDED -> policy.tier() == Tier.PROVIDER || !exclusions.isExcluded(probe.vnic());
            case ENABLED -> policy.enabled();
            case SCHEDULE -> policy.schedule() == null || policy.schedule().activeAt(probe.time());
            case EXPIRY -> rule.activeAt(probe.time());
            case POLICY_APPLIED_TO -> isApplied(policy.appliedTo(), probe.vnic());
            case RULE_APPLIED_TO -> isApplied(rule.appliedTo(), probe.vnic());
            case DIRECTION -> rule.direction() == RuleDirection.BOTH || rule.direction() == probe.direction();
            case FAMILY -> rule.family() == IpFamily.ANY || (datagram != null && rule.family() == datagram.family());
            case ETHERNET -> isFramed(rule.ethernet(), probe.packet());
            case SOURCES -> isAmong(rule.sources(), datagram == null ? null : datagram.source());
            case DESTINATIONS -> isAmong(rule.destinations(), datagram == null ? null : datagram.destination());
            case SERVICES -> isServed(rule.services(), datagram);
        };
    }

    private boolean isApplied(List<String> groups, Vnic vnic) {
        return groups.isEmpty()
                || population.subjects(vnic).stream()
                        .anyMatch(subject -> groups.stream().anyMatch(subject::isIn));
    }

    /** @param address null where there is no IP: nobody is meant then, unless anybody is */
    private boolean isAmong(Peers peers, @Nullable InetAddress address) {
        if (peers.any() || address == null) {
            return peers.any();
        }
        boolean isNamed = Population.contains(peers.addresses(), address)
                || peers.groups().stream().anyMatch(group -> population.standsFor(group, address));
        return isNamed != peers.negated();
    }

    private boolean isServed(ServiceSelection services, @Nullable Datagram datagram) {
        if (services.any()) {
            return true;
        }
        boolean isNamed = services.names().stream().anyMatch(name -> isOf(name, datagram));
        return isNamed != services.negated() && (isNamed || datagram != null);
    }

    /** Whether the packet belongs to the service of this name; a frame that is not IP belongs to one of any protocol only. */
    boolean isOf(String name, @Nullable Datagram datagram) {
        return service(name).matches().stream().anyMatch(match -> matches(match, datagram));
    }

    private Service service(String name) {
        return model.service(name)
                .orElseThrow(() ->
                        new IllegalArgumentException("tenant " + model.tenant() + " has no service '" + name + "'"));
    }

    private static boolean matches(ServiceMatch match, @Nullable Datagram datagram) {
        if (match.protocol() == ServiceMatch.ANY_PROTOCOL) {
            return true;
        }
        if (datagram == null || match.protocol() != datagram.protocol()) {
            return false;
        }
        if (datagram.hasPorts()) {
            return isWithin(match.sourcePortFirst(), datagram.sourcePort(), match.sourcePortLast())
                    && isWithin(match.destinationPortFirst(), datagram.destinationPort(), match.destinationPortLast())
                    && (datagram.tcpFlags() & match.tcpFlagsMask()) == match.tcpFlagsValue();
        }
        if (datagram.hasIcmpType()) {
            return (match.icmpType() == -1 || match.icmpType() == datagram.icmpType())
                    && (match.icmpCode() == -1 || match.icmpCode() == datagram.icmpCode());
        }
        return true;
    }

    private static boolean isWithin(int first, int value, int last) {
        return first <= value && value <= last;
    }

    private static boolean isFramed(EthernetMatch wanted, FirstPacket packet) {
        int etherType = packet.etherType() < EthernetMatch.FIRST_ETHER_TYPE ? EthernetMatch.LLC : packet.etherType();
        return (wanted.etherTypes().isEmpty() || wanted.etherTypes().contains(etherType))
                && isOneOf(wanted.sources(), wanted.sourcesNegated(), packet.sourceMac())
                && isOneOf(wanted.destinations(), wanted.destinationsNegated(), packet.destinationMac());
    }

    private static boolean isOneOf(List<MacPrefix> prefixes, boolean negated, MacAddress mac) {
        return prefixes.isEmpty() || prefixes.stream().anyMatch(prefix -> prefix.contains(mac.value())) != negated;
    }
}
