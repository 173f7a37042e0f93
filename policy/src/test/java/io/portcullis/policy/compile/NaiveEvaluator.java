package io.portcullis.policy.compile;

import io.portcullis.policy.Action;
import io.portcullis.policy.Category;
import io.portcullis.policy.IpFamily;
import io.portcullis.policy.RuleDirection;
import io.portcullis.policy.model.AddressLiteral;
import io.portcullis.policy.model.Expression;
import io.portcullis.policy.model.Peers;
import io.portcullis.policy.model.Rule;
import io.portcullis.policy.model.SecurityPolicy;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.TextMatch;
import io.portcullis.policy.model.Vm;
import io.portcullis.policy.model.Vnic;
import io.portcullis.policy.table.EthernetMatch;
import io.portcullis.policy.table.IpRange;
import io.portcullis.policy.table.MacPrefix;
import io.portcullis.policy.table.ServiceMatch;
import java.math.BigInteger;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The oracle: decides a flow from the central model alone, group by group and address by address, without anything that the
 * compiler uses. Slow and obvious.
 */
final class NaiveEvaluator {
    private final TenantModel model;

    NaiveEvaluator(TenantModel model) {
        this.model = model;
    }

    Verdict decide(Vnic enforcing, Flow flow, RuleDirection direction) {
        for (Category category : Category.values()) {
            for (SecurityPolicy policy : policiesOf(category)) {
                Optional<Rule> hit = policy.rules().stream()
                        .filter(rule -> appliesTo(policy.appliedTo(), enforcing))
                        .filter(rule -> appliesTo(rule.appliedTo(), enforcing))
                        .filter(rule -> matches(rule, flow, direction))
                        .findFirst();
                if (hit.isPresent()) {
                    boolean isFrameAllowed =
                            category == Category.ETHERNET && hit.get().action() == Action.ALLOW;
                    if (hit.get().action() == Action.PASS || isFrameAllowed) {
                        break; // out of the policies of this category
                    }
                    String name = policy.name() + "/" + hit.get().name();
                    return new Verdict(
                            hit.get().action(),
                            name,
                            RuleIds.of(model.tenant(), policy.name(), hit.get().name()));
                }
            }
        }
        return new Verdict(model.defaultAction(), "default", 0);
    }

    private List<SecurityPolicy> policiesOf(Category category) {
        List<SecurityPolicy> policies = new ArrayList<>();
        for (SecurityPolicy policy : model.policies().values()) {
            if (policy.enabled() && policy.category() == category) {
                policies.add(policy);
            }
        }
        // By sequence; stable, so that policies with one sequence stay in the order of their names.
        policies.sort((a, b) -> Integer.compare(a.sequence(), b.sequence()));
        return policies;
    }

    private boolean appliesTo(List<String> groups, Vnic vnic) {
        if (groups.isEmpty()) {
            return true;
        }
        Vm vm = model.vms().get(vnic.id().vm().name());
        for (String group : groups) {
            Expression expression = model.groups().get(group).expression();
            if (vnic.addresses().isEmpty() && holds(expression, vm, vnic, null)) {
                return true;
            }
            for (InetAddress address : vnic.addresses()) {
                if (holds(expression, vm, vnic, address)) {
                    return true;
                }
            }
        }
        return false;
    }

    private boolean matches(Rule rule, Flow flow, RuleDirection direction) {
        if (rule.direction() != RuleDirection.BOTH && rule.direction() != direction) {
            return false;
        }
        if (rule.family() != IpFamily.ANY && rule.family() != flow.family()) {
            return false;
        }
        return isAmong(rule.sources(), flow.source())
                && isAmong(rule.destinations(), flow.destination())
                && isFramed(rule.ethernet(), flow)
                && (rule.services().any()
                        || hasService(rule.services().names(), flow)
                                != rule.services().negated());
    }

    private static boolean isFramed(EthernetMatch ethernet, Flow flow) {
        boolean typed = ethernet.etherTypes().isEmpty() || ethernet.etherTypes().contains(flow.etherType());
        boolean from = ethernet.sources().isEmpty()
                || ethernet.sources().stream().anyMatch(prefix -> begins(Flow.SOURCE_MAC, prefix))
                        != ethernet.sourcesNegated();
        boolean to = ethernet.destinations().isEmpty()
                || ethernet.destinations().stream().anyMatch(prefix -> begins(Flow.DESTINATION_MAC, prefix))
                        != ethernet.destinationsNegated();
        return typed && from && to;
    }

    private static boolean begins(long mac, MacPrefix prefix) {
        return prefix.bits() == 0 || mac >>> 48 - prefix.bits() == prefix.value() >>> 48 - prefix.bits();
    }

    private boolean hasService(List<String> names, Flow flow) {
        for (String name : names) {
            for (ServiceMatch match : model.service(name).orElseThrow().matches()) {
                if (flow.isOf(match)) {
                    return true;
                }
            }
        }
        return false;
    }

    private boolean isAmong(Peers peers, InetAddress address) {
        if (peers.any()) {
            return true;
        }
        boolean named = contains(peers.addresses(), address);
        for (String group : peers.groups()) {
            named |= standsFor(model.groups().get(group).expression(), address);
        }
        return named != peers.negated();
    }

    private boolean standsFor(Expression expression, InetAddress address) {
        for (Vm vm : model.vms().values()) {
            for (Vnic vnic : vm.vnics()) {
                if (vnic.addresses().contains(address) && holds(expression, vm, vnic, address)) {
                    return true;
                }
            }
        }
        return names(expression, address);
    }

    /** Whether an address that may be nobody's is named by the address sets of the expression. */
    private boolean names(Expression expression, InetAddress address) {
        return switch (expression) {
            case Expression.Addresses set -> contains(set.addresses(), address);
            case Expression.InGroup in -> names(model.groups().get(in.group()).expression(), address);
            case Expression.And and -> and.operands().stream().allMatch(operand -> names(operand, address));
            case Expression.Or or -> or.operands().stream().anyMatch(operand -> names(operand, address));
            default -> false;
        };
    }

    private boolean holds(Expression expression, Vm vm, Vnic vnic, @Nullable InetAddress address) {
        return switch (expression) {
            case Expression.HasTag has -> vm.tags().contains(has.tag());
            case Expression.NameMatches name -> text(name.match(), vm.name(), name.text());
            case Expression.OsMatches os -> text(os.match(), vm.os(), os.text());
            case Expression.InSegment in -> in.segment().equals(vnic.segment());
            case Expression.HasFinding has ->
                has.value() == null
                        ? vm.findings().containsKey(has.finding())
                        : has.value().equals(vm.findings().get(has.finding()));
            case Expression.Addresses set -> address != null && contains(set.addresses(), address);
            case Expression.Members members -> members.vms().contains(vm.name());
            case Expression.InGroup in -> holds(model.groups().get(in.group()).expression(), vm, vnic, address);
            case Expression.And and -> and.operands().stream().allMatch(each -> holds(each, vm, vnic, address));
            case Expression.Or or -> or.operands().stream().anyMatch(each -> holds(each, vm, vnic, address));
            case Expression.Not not -> !holds(not.operand(), vm, vnic, address);
        };
    }

    private static boolean text(TextMatch match, String text, String wanted) {
        return switch (match) {
            case EQUALS -> text.equalsIgnoreCase(wanted);
            case STARTS_WITH -> text.toLowerCase().startsWith(wanted.toLowerCase());
            case CONTAINS -> text.toLowerCase().contains(wanted.toLowerCase());
        };
    }

    private static boolean contains(List<AddressLiteral> literals, InetAddress address) {
        IpFamily family = address instanceof Inet4Address ? IpFamily.IPV4 : IpFamily.IPV6;
        BigInteger value = new BigInteger(1, address.getAddress());
        for (AddressLiteral literal : literals) {
            IpRange range = literal.range();
            if (range.family() == family
                    && number(range.firstHigh(), range.firstLow()).compareTo(value) <= 0
                    && number(range.lastHigh(), range.lastLow()).compareTo(value) >= 0) {
                return true;
            }
        }
        return false;
    }

    private static BigInteger number(long high, long low) {
        return new BigInteger(Long.toUnsignedString(high))
                .shiftLeft(64)
                .add(new BigInteger(Long.toUnsignedString(low)));
    }
}
