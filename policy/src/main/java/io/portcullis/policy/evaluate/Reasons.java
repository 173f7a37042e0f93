package io.portcullis.policy.evaluate;

import io.portcullis.policy.IpFamily;
import io.portcullis.policy.compile.GroupMembership;
import io.portcullis.policy.evaluate.FirstPacket.Datagram;
import io.portcullis.policy.model.AddressLiteral;
import io.portcullis.policy.model.Peers;
import io.portcullis.policy.model.Rule;
import io.portcullis.policy.model.Schedule;
import io.portcullis.policy.model.SecurityPolicy;
import io.portcullis.policy.model.ServiceSelection;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.Vnic;
import java.net.InetAddress;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Says in words why conditions hold or fail. One thread. */
final class Reasons {
    /** Names that one sentence lists. */
    private static final int MAX_LISTED = 8;

    private final TenantModel model;
    private final Population population;
    private final RuleConditions conditions;
    private final ExclusionConditions exclusions;

    Reasons(TenantModel model, Population population, RuleConditions conditions, ExclusionConditions exclusions) {
        this.model = model;
        this.population = population;
        this.conditions = conditions;
        this.exclusions = exclusions;
    }

    /** Why a rule that matches does so; conditions that any packet meets are left out. */
    List<Reason> whyAll(SecurityPolicy policy, Rule rule, Probe probe) {
        List<Reason> reasons = new ArrayList<>();
        whyApplied(Condition.POLICY_APPLIED_TO, policy.appliedTo(), probe).ifPresent(reasons::add);
        whyApplied(Condition.RULE_APPLIED_TO, rule.appliedTo(), probe).ifPresent(reasons::add);
        Datagram datagram = probe.packet().datagram();
        if (datagram != null) {
            whyAmong(Condition.SOURCES, rule.sources(), datagram.source()).ifPresent(reasons::add);
            whyAmong(Condition.DESTINATIONS, rule.destinations(), datagram.destination())
                    .ifPresent(reasons::add);
            whyServed(rule.services(), datagram).ifPresent(reasons::add);
        }
        return reasons;
    }

    /** Why a condition fails. */
    Reason whyNot(Condition condition, SecurityPolicy policy, Rule rule, Probe probe) {
        FirstPacket packet = probe.packet();
        Datagram datagram = packet.datagram();
        return switch (condition) {
            case NOT_EXCLUDED -> whyExcluded(probe.vnic());
            case ENABLED -> reason(condition, "policy " + policy.name() + " is not enabled");
            case SCHEDULE -> whyNotActive(policy, probe.time());
            case EXPIRY -> reason(condition, "the rule expired at " + rule.expires());
            case POLICY_APPLIED_TO -> whyNotApplied(condition, "policy " + policy.name(), policy.appliedTo(), probe);
            case RULE_APPLIED_TO -> whyNotApplied(condition, "the rule", rule.appliedTo(), probe);
            case DIRECTION ->
                reason(condition, "the packet goes " + probe.direction() + ", the rule is for " + rule.direction());
            case FAMILY ->
                reason(
                        condition,
                        "the packet is " + (datagram == null ? "not IP" : version(datagram.family()))
                                + ", the rule is for " + version(rule.family()));
            case ETHERNET ->
                reason(
                        condition,
                        "the rule is for other frames than ethertype 0x%04x from %s to %s"
                                .formatted(packet.etherType(), packet.sourceMac(), packet.destinationMac()));
            case SOURCES -> whyNotAmong(condition, rule.sources(), datagram == null ? null : datagram.source());
            case DESTINATIONS ->
                whyNotAmong(condition, rule.destinations(), datagram == null ? null : datagram.destination());
            case SERVICES -> whyNotServed(rule.services(), datagram);
        };
    }

    private static Reason whyNotActive(SecurityPolicy policy, Instant time) {
        Schedule schedule = Objects.requireNonNull(policy.schedule());
        Instant next = schedule.nextChange(time);
        return reason(
                Condition.SCHEDULE,
                "policy " + policy.name() + " is not active: its schedule is " + schedule
                        + (next == null ? ", which is over" : ", and begins at " + next));
    }

    Reason whyExcluded(Vnic vnic) {
        return reason(
                Condition.NOT_EXCLUDED,
                vnic.id() + " is excluded from the tenant's rules by " + listed(exclusions.exclusions(vnic)));
    }

    private Optional<Reason> whyApplied(Condition condition, List<String> groups, Probe probe) {
        return population.subjects(probe.vnic()).stream()
                .flatMap(subject -> groups.stream()
                        .filter(subject::isIn)
                        .map(group -> new Reason(
                                condition, probe.vnic().id() + " is in group " + group, explain(subject, group))))
                .findFirst();
    }

    private Reason whyNotApplied(Condition condition, String what, List<String> groups, Probe probe) {
        Subject subject = population.subjects(probe.vnic()).getFirst();
        return new Reason(
                condition,
                what + " is applied to " + listed(groups) + ", where "
                        + probe.vnic().id() + " is not",
                explain(subject, groups.getFirst()));
    }

    private Optional<Reason> whyAmong(Condition condition, Peers peers, InetAddress address) {
        if (peers.any()) {
            return Optional.empty();
        }
        return Optional.of(
                peers.negated()
                        ? outside(condition, peers, address, ", and the rule is for all others")
                        : inside(condition, peers, address, ""));
    }

    private Reason whyNotAmong(Condition condition, Peers peers, @Nullable InetAddress address) {
        if (address == null) {
            return reason(condition, "the frame is not IP, the rule is for addresses");
        }
        return peers.negated()
                ? inside(condition, peers, address, ", which the rule leaves out")
                : outside(condition, peers, address, "");
    }

    private Reason inside(Condition condition, Peers peers, InetAddress address, String so) {
        Optional<String> group = peers.groups().stream()
                .filter(each -> population.standsFor(each, address))
                .findFirst();
        if (group.isPresent()) {
            return new Reason(
                    condition, who(address) + " is in group " + group.get() + so, explain(address, group.get()));
        }
        String literal = peers.addresses().stream()
                .filter(each -> each.contains(address))
                .findFirst()
                .map(AddressLiteral::toString)
                .orElseThrow();
        return reason(condition, who(address) + " is in " + literal + so);
    }

    private Reason outside(Condition condition, Peers peers, InetAddress address, String so) {
        List<?> all = Stream.concat(peers.groups().stream(), peers.addresses().stream())
                .toList();
        return new Reason(
                condition,
                who(address) + " is not among " + listed(all) + so,
                peers.groups().isEmpty()
                        ? List.of()
                        : explain(address, peers.groups().getFirst()));
    }

    private Optional<Reason> whyServed(ServiceSelection services, Datagram datagram) {
        if (services.any()) {
            return Optional.empty();
        }
        return Optional.of(reason(
                Condition.SERVICES,
                services.negated()
                        ? datagram.service() + " is none of " + listed(services.names())
                                + ", and the rule is for all others"
                        : datagram.service() + " is of service " + serving(services, datagram)));
    }

    private Reason whyNotServed(ServiceSelection services, @Nullable Datagram datagram) {
        if (datagram == null) {
            return reason(Condition.SERVICES, "the frame is not IP, the rule is for services");
        }
        return reason(
                Condition.SERVICES,
                services.negated()
                        ? datagram.service() + " is of service " + serving(services, datagram)
                                + ", which the rule leaves out"
                        : datagram.service() + " is none of " + listed(services.names()));
    }

    private String serving(ServiceSelection services, Datagram datagram) {
        return services.names().stream()
                .filter(name -> conditions.isOf(name, datagram))
                .findFirst()
                .orElseThrow();
    }

    /** The address and whose it is. */
    private String who(InetAddress address) {
        List<Subject> owners = population.owners(address);
        String text = AddressLiteral.of(address).toString();
        return owners.isEmpty()
                ? text + " (no VM's)"
                : text + " ("
                        + listed(owners.stream()
                                .map(owner -> owner.vnic().id().vm().name() + "/"
                                        + owner.vnic().id().name())
                                .toList())
                        + ")";
    }

    /** Of the owner that is in the group, or else of the first. */
    private List<String> explain(InetAddress address, String group) {
        List<Subject> owners = population.owners(address);
        Optional<Subject> member =
                owners.stream().filter(owner -> owner.isIn(group)).findFirst();
        if (member.isPresent()) {
            return explain(member.get(), group);
        }
        if (population.isNamed(group, address)) {
            return List.of("the group's address sets hold " + AddressLiteral.of(address));
        }
        return owners.isEmpty()
                ? List.of("no VM of the tenant has " + AddressLiteral.of(address)
                        + ", and no address set of the group holds it")
                : explain(owners.getFirst(), group);
    }

    private List<String> explain(Subject subject, String group) {
        return GroupMembership.explain(model, subject.vnic().id(), subject.address(), group);
    }

    private static Reason reason(Condition condition, String text) {
        return new Reason(condition, text, List.of());
    }

    private static String version(IpFamily family) {
        return switch (family) {
            case IPV4 -> "IPv4";
            case IPV6 -> "IPv6";
            case ANY -> "any version of IP";
        };
    }

    private static String listed(List<?> things) {
        String listed = things.stream().limit(MAX_LISTED).map(Object::toString).collect(Collectors.joining(", "));
        return things.size() > MAX_LISTED ? listed + " and " + (things.size() - MAX_LISTED) + " more" : listed;
    }
}
