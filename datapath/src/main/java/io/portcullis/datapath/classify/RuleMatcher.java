package io.portcullis.datapath.classify;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.policy.Category;
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
     * Whether the rule judges connections and every part of it holds for the packet. Rules of category ETHERNET never do.
     *
     * @param packet an IP packet with its transport header; sender is the connection's originator
     * @param direction of that packet, as seen from the VM
     */
    public static boolean matches(TableRule rule, PacketView packet, Direction direction) {
        return rule.category() != Category.ETHERNET && matchesAll(rule, packet, direction);
    }

    /**
     * Whether the rule is of category ETHERNET and every part of it holds for the frame. What speaks of addresses or services,
     * negated or not, holds for IP only; ports, types and flags hold for no later fragment, which has none.
     *
     * @param packet a frame of any kind
     */
    public static boolean matchesFrame(TableRule rule, PacketView packet, Direction direction) {
        return rule.category() == Category.ETHERNET
                && rule.ethernet().matches(packet.etherType, packet.sourceMac, packet.destinationMac)
                && matchesAll(rule, packet, direction);
    }

    private static boolean matchesAll(TableRule rule, PacketView packet, Direction direction) {
        return matchesButAddresses(rule, packet, direction)
                && matches(rule.sources(), packet.family, packet.sourceHigh, packet.sourceLow)
                && matches(rule.destinations(), packet.family, packet.destinationHigh, packet.destinationLow);
    }

    /** What {@link #matches} asks beside category and addresses. */
    static boolean matchesButAddresses(TableRule rule, PacketView packet, Direction direction) {
        return matches(rule.direction(), direction)
                && (rule.family() == IpFamily.ANY || rule.family() == packet.family)
                && matchesServices(rule, packet);
    }

    static boolean matches(RuleDirection wanted, Direction direction) {
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
        if (family == null) {
            return false;
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

    private static boolean matchesServices(TableRule rule, PacketView packet) {
        List<ServiceMatch> services = rule.services();
        for (int i = 0; i < services.size(); i++) {
            if (matches(services.get(i), packet)) {
                return !rule.servicesNegated();
            }
        }
        return rule.servicesNegated() && packet.family != null;
    }

    private static boolean matches(ServiceMatch service, PacketView packet) {
        if (service.protocol() == ServiceMatch.ANY_PROTOCOL) {
            return true;
        }
        if (service.protocol() != packet.protocol || packet.family == null) {
            return false;
        }
        if (packet.isLaterFragment) {
            return isWholeProtocol(service);
        }
        return switch (packet.protocol) {
            case PacketView.PROTOCOL_TCP ->
                matchesPorts(service, packet) && (packet.tcpFlags & service.tcpFlagsMask()) == service.tcpFlagsValue();
            case PacketView.PROTOCOL_UDP, PacketView.PROTOCOL_SCTP -> matchesPorts(service, packet);
            case PacketView.PROTOCOL_ICMP, PacketView.PROTOCOL_ICMPV6 ->
                (service.icmpType() == -1 || service.icmpType() == packet.icmpType)
                        && (service.icmpCode() == -1 || service.icmpCode() == packet.icmpCode);
            default -> true;
        };
    }

    private static boolean matchesPorts(ServiceMatch service, PacketView packet) {
        return packet.sourcePort >= service.sourcePortFirst()
                && packet.sourcePort <= service.sourcePortLast()
                && packet.destinationPort >= service.destinationPortFirst()
                && packet.destinationPort <= service.destinationPortLast();
    }

    private static boolean isWholeProtocol(ServiceMatch service) {
        return service.sourcePortFirst() == 0
                && service.sourcePortLast() == ServiceMatch.MAX_PORT
                && service.destinationPortFirst() == 0
                && service.destinationPortLast() == ServiceMatch.MAX_PORT
                && service.icmpType() == -1
                && service.icmpCode() == -1
                && service.tcpFlagsMask() == 0;
    }
}
