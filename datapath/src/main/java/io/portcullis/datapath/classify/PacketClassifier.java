package io.portcullis.datapath.classify;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.policy.Action;
import io.portcullis.policy.IpFamily;
import io.portcullis.policy.table.TableRule;
import java.util.List;

/**
 * Classifies packets by {@link CompiledRules}. One thread; no allocation per packet. Its fields are the packet in hand: what
 * the rules that the index found are asked about.
 */
final class PacketClassifier implements Classifier, CandidateJudge {
    private static final PacketView NO_PACKET = new PacketView();

    private final CompiledRules compiled;
    private final List<TableRule> rules;
    private final LinearClassifier linear;
    private PacketView packet = NO_PACKET;
    private Direction direction = Direction.OUT;
    /** Rules before this one do not count any more. */
    private int floor;
    /** Whether the candidates' addresses have been looked at in full. */
    private boolean isAddressMatched;

    PacketClassifier(CompiledRules compiled) {
        this.compiled = compiled;
        rules = compiled.table().rules();
        linear = new LinearClassifier(compiled.table());
    }

    @Override
    public int classify(PacketView given, Direction givenDirection) {
        IpFamily family = given.family;
        if (family == null || given.isLaterFragment) {
            // no ports to look up
            return linear.classify(given, givenDirection);
        }
        packet = given;
        direction = givenDirection;
        floor = 0;
        while (true) {
            int found = first(family);
            if (found == RuleIndex.NONE) {
                return DEFAULT;
            }
            if (rules.get(found).action() != Action.PASS) {
                return found;
            }
            floor = compiled.behindCategoryOf(found);
        }
    }

    private int first(IpFamily family) {
        CandidateJudge judge = floor > 0 || compiled.hasUnsure() ? this : null;
        isAddressMatched = false;
        int best;
        if (family == IpFamily.IPV4) {
            long addresses = FlowWords.addresses((int) packet.sourceLow, (int) packet.destinationLow);
            best = compiled.ipv4().find(addresses, transport(), judge);
        } else {
            AddressProjection projection = compiled.projection();
            long addresses = FlowWords.addresses(
                    projection.of(packet.sourceHigh, packet.sourceLow),
                    projection.of(packet.destinationHigh, packet.destinationLow));
            best = compiled.ipv6().find(addresses, transport(), judge);
        }
        GroupRules groups = compiled.groups();
        if (groups == null) {
            return best;
        }
        isAddressMatched = true;
        AddressClasses classes = groups.classes();
        return groups.find(
                classes.classOf(family, packet.sourceHigh, packet.sourceLow),
                classes.classOf(family, packet.destinationHigh, packet.destinationLow),
                best,
                this);
    }

    private long transport() {
        int tag = packet.protocol | (direction == Direction.IN ? FlowWords.TAG_IN : 0);
        return switch (packet.protocol) {
            case PacketView.PROTOCOL_TCP, PacketView.PROTOCOL_UDP, PacketView.PROTOCOL_SCTP ->
                FlowWords.transport(packet.sourcePort, packet.destinationPort, tag);
            case PacketView.PROTOCOL_ICMP, PacketView.PROTOCOL_ICMPV6 ->
                FlowWords.transport(packet.icmpType, packet.icmpCode, tag);
            default -> FlowWords.transport(0, 0, tag);
        };
    }

    @Override
    public boolean confirms(int priority, boolean unsure) {
        if (priority < floor) {
            return false;
        }
        if (!unsure) {
            return true;
        }
        TableRule rule = rules.get(priority);
        return isAddressMatched
                ? RuleMatcher.matchesButAddresses(rule, packet, direction)
                : RuleMatcher.matches(rule, packet, direction);
    }
}
