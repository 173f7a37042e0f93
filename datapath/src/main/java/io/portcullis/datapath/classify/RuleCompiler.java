package io.portcullis.datapath.classify;

import io.portcullis.datapath.classify.Prefixes.Prefix;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.policy.Category;
import io.portcullis.policy.IpFamily;
import io.portcullis.policy.RuleDirection;
import io.portcullis.policy.table.AddressMatch;
import io.portcullis.policy.table.IpRange;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.policy.table.ServiceMatch;
import io.portcullis.policy.table.TableRule;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Turns the rules of a table into entries of two indexes, one for each family, and rules on sets of addresses. */
final class RuleCompiler {
    /** A rule with more combinations of prefixes and services than these gets entries that do not tell services apart. */
    private static final int MAX_COMBINATIONS = 32;

    private static final int ANY_PORT_LAST = ServiceMatch.MAX_PORT;

    private final List<FlowMatch> ipv4 = new ArrayList<>();
    private final List<FlowMatch> ipv6 = new ArrayList<>();
    private final List<GroupRules.Rule> groupRules = new ArrayList<>();
    private final List<List<IpRange>> sets = new ArrayList<>();
    private final Map<List<IpRange>, Integer> setNumbers = new HashMap<>();
    private final AddressProjection projection;
    private final BitSet unsure = new BitSet();

    RuleCompiler(RuleTable table) {
        List<IpRange> sample = new ArrayList<>();
        for (TableRule rule : table.rules()) {
            addFew(rule.sources(), sample);
            addFew(rule.destinations(), sample);
        }
        projection = AddressProjection.of(sample);
        for (int i = 0; i < table.rules().size(); i++) {
            add(i, table.rules().get(i));
        }
    }

    private static void addFew(AddressMatch match, List<IpRange> ranges) {
        if (match.ranges().size() <= Prefixes.MAX) {
            ranges.addAll(match.ranges());
        }
    }

    RuleIndex ipv4() {
        return RuleIndex.of(ipv4);
    }

    RuleIndex ipv6() {
        return RuleIndex.of(ipv6);
    }

    AddressProjection projection() {
        return projection;
    }

    /** Rules of which an entry says less than they do. */
    BitSet unsure() {
        return unsure;
    }

    @Nullable
    GroupRules groups() {
        return groupRules.isEmpty() ? null : GroupRules.of(groupRules, sets);
    }

    private void add(int priority, TableRule rule) {
        if (rule.category() == Category.ETHERNET
                || matchesNothing(rule.sources())
                || matchesNothing(rule.destinations())) {
            return;
        }
        List<FlowMatch> of4 = entries(priority, rule, IpFamily.IPV4);
        List<FlowMatch> of6 = entries(priority, rule, IpFamily.IPV6);
        if (of4 == null || of6 == null) {
            groupRules.add(new GroupRules.Rule(
                    priority,
                    set(rule.sources()),
                    rule.sources().negated(),
                    set(rule.destinations()),
                    rule.destinations().negated()));
        } else {
            ipv4.addAll(of4);
            ipv6.addAll(of6);
        }
    }

    private static boolean matchesNothing(AddressMatch match) {
        return !match.any() && !match.negated() && match.ranges().isEmpty();
    }

    private int set(AddressMatch match) {
        if (Prefixes.isAny(match)) {
            return GroupRules.ANY;
        }
        return setNumbers.computeIfAbsent(match.ranges(), ranges -> {
            sets.add(ranges);
            return sets.size() - 1;
        });
    }

    /** What the rule wants of packets of a family; null if its addresses are too many for entries. */
    private @Nullable List<FlowMatch> entries(int priority, TableRule rule, IpFamily family) {
        if (rule.family() != IpFamily.ANY && rule.family() != family) {
            return List.of();
        }
        List<Prefix> sources = Prefixes.of(rule.sources(), family, projection);
        List<Prefix> destinations = Prefixes.of(rule.destinations(), family, projection);
        if (sources == null || destinations == null) {
            return null;
        }
        boolean isTooMany =
                sources.size() * destinations.size() * rule.services().size() > MAX_COMBINATIONS;
        boolean tellsServices = !rule.servicesNegated() && !isTooMany;
        List<ServiceMatch> services = tellsServices ? rule.services() : List.of(ServiceMatch.ANY);
        List<FlowMatch> entries = new ArrayList<>();
        for (Prefix source : sources) {
            for (Prefix destination : destinations) {
                for (ServiceMatch service : services) {
                    entries.add(entry(priority, rule, source, destination, service, tellsServices));
                }
            }
        }
        return entries;
    }

    private FlowMatch entry(
            int priority, TableRule rule, Prefix source, Prefix destination, ServiceMatch service, boolean isWhole) {
        boolean isAnyProtocol = service.protocol() == ServiceMatch.ANY_PROTOCOL;
        boolean isSure = isWhole
                && source.exact()
                && destination.exact()
                && (service.protocol() & ~FlowWords.TAG_PROTOCOL) == 0
                && service.tcpFlagsMask() == 0;
        if (isWhole && isAnyProtocol) {
            isSure = source.exact() && destination.exact();
        }
        if (!isSure) {
            unsure.set(priority);
        }
        int mask = isAnyProtocol ? 0 : FlowWords.TAG_PROTOCOL;
        int tag = isAnyProtocol ? 0 : service.protocol() & FlowWords.TAG_PROTOCOL;
        if (rule.direction() != RuleDirection.BOTH) {
            mask |= FlowWords.TAG_IN;
            tag |= rule.direction() == RuleDirection.IN ? FlowWords.TAG_IN : 0;
        }
        long addressMask = Masks.prefixes(source.length(), destination.length());
        int[] ports = ports(service);
        return new FlowMatch(
                priority,
                FlowWords.addresses(source.address(), destination.address()) & addressMask,
                addressMask,
                ports[0],
                ports[1],
                ports[2],
                ports[3],
                mask,
                tag);
    }

    /** The bounds of the two ports, in whose place ICMP has type and code. */
    private static int[] ports(ServiceMatch service) {
        return switch (service.protocol()) {
            case PacketView.PROTOCOL_TCP, PacketView.PROTOCOL_UDP, PacketView.PROTOCOL_SCTP ->
                new int[] {
                    service.sourcePortFirst(),
                    service.sourcePortLast(),
                    service.destinationPortFirst(),
                    service.destinationPortLast()
                };
            case PacketView.PROTOCOL_ICMP, PacketView.PROTOCOL_ICMPV6 ->
                new int[] {
                    Math.max(0, service.icmpType()),
                    service.icmpType() < 0 ? ANY_PORT_LAST : service.icmpType(),
                    Math.max(0, service.icmpCode()),
                    service.icmpCode() < 0 ? ANY_PORT_LAST : service.icmpCode()
                };
            default -> new int[] {0, ANY_PORT_LAST, 0, ANY_PORT_LAST};
        };
    }
}
