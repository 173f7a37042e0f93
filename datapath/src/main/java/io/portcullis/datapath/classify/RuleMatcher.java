package io.portcullis.datapath.classify;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.policy.IpFamily;
import io.portcullis.policy.RuleDirection;
import io.portcullis.policy.table.AddressMatch;
import io.portcullis.policy.table.IpRange;
import io.portcullis.policy.table.ServiceMatch;
import io.portcullis.policy.table.TableRule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Whether one rule matches one packet: the only place that says so. A classifier that finds candidates by an index asks
 * here about each, so that a match it does not index costs a comparison, not a hole. Stateless, any thread, no allocation.
 */
public final class RuleMatcher {
    private RuleMatcher() {}

    /**
     * Whether every part of the rule holds for the packet.
     *
     * @param packet an IP packet with its transport header; sender is the connection's originator
     * @param direction of that packet, as seen from the VM
     */
    public static boolean matches(TableRule rule, PacketView packet, Direction direction) {
        return matches(rule.direction(), direction)
                && (rule.family() == IpFamily.ANY || rule.family() == packet.family)
                && matchesAny(rule.services(), packet)
                && matches(rule.sources(), packet.family, packet.sourceHigh, packet.sourceLow)
                && matches(rule.destinations(), packet.family, packet.destinationHigh, packet.destinationLow);
    }

    private static boolean matches(RuleDirection wanted, Direction direction) {
        return switch (wanted) {
            case BOTH -> true;
            case IN -> direction == Direction.IN;
            case OUT -> direction == Direction.OUT;
        };
    }

    private static boolean matches(AddressMatch match, @Nullable IpFamily family, long high, long low) {
        if (match.any()) {
            return true;
        }
        List<IpRange> ranges = match.ranges();
        for (int i = 0; i < ranges.size(); i++) {
            IpRange range = ranges.get(i);
            if (range.family() == family && range.contains(high, low)) {
                return !match.negated();
            }
        }
        return match.negated();
    }

    private static boolean matchesAny(List<ServiceMatch> services, PacketView packet) {
        for (int i = 0; i < services.size(); i++) {
            if (matches(services.get(i), packet)) {
                return true;
            }
        }
        return false;
    }

    private static boolean matches(ServiceMatch service, PacketView packet) {
        if (service.protocol() == ServiceMatch.ANY_PROTOCOL) {
            return true;
        }
        if (service.protocol() != packet.protocol) {
            return false;
        }
        return switch (packet.protocol) {
            case PacketView.PROTOCOL_TCP, PacketView.PROTOCOL_UDP, PacketView.PROTOCOL_SCTP ->
                packet.sourcePort >= service.sourcePortFirst()
                        && packet.sourcePort <= service.sourcePortLast()
                        && packet.destinationPort >= service.destinationPortFirst()
                        && packet.destinationPort <= service.destinationPortLast();
            case PacketView.PROTOCOL_ICMP, PacketView.PROTOCOL_ICMPV6 ->
                (service.icmpType() == -1 || service.icmpType() == packet.icmpType)
                        && (service.icmpCode() == -1 || service.icmpCode() == packet.icmpCode);
            default -> true;
        };
    }
}
