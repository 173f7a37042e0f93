package io.portcullis.datapath.engine;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.classify.FrameRules;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.policy.Action;
import io.portcullis.policy.evaluate.Beginning;
import io.portcullis.policy.evaluate.Cause;
import io.portcullis.policy.evaluate.FirstPacket;
import io.portcullis.policy.evaluate.FirstPacket.Datagram;
import io.portcullis.policy.table.IpRange;
import io.portcullis.policy.table.IpRanges;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.policy.table.TableRule;

/**
 * Says what the rules in force would decide about a first packet that is not there, in the order of {@link FrameJudge}. Nothing is counted
 * or logged; guards and limits are not asked, nor what another connection announced.
 */
final class FirstPacketJudge {
    private FirstPacketJudge() {}

    /** @param beginning what the packet is by itself */
    static FlowVerdict judge(PolicyInForce inForce, PacketView packet, Beginning beginning, Direction direction) {
        int frameRule = inForce.matchFrame(packet, direction);
        Action ofFrame = frameRule == FrameRules.DEFAULT ? Action.PASS : inForce.action(frameRule);
        if (ofFrame == Action.DROP || ofFrame == Action.REJECT) {
            return verdict(inForce, frameRule, ofFrame);
        }
        if (packet.isNeighbourDiscovery() || packet.isListenerDiscovery(direction == Direction.IN)) {
            return new FlowVerdict(Action.ALLOW, Cause.NEIGHBOURHOOD, RuleTable.DEFAULT_RULE_ID, null, null);
        }
        int decision = inForce.decide(packet, direction);
        if (!inForce.isExcluded() && !mayPass(inForce, decision, beginning)) {
            return new FlowVerdict(Action.DROP, Cause.NO_CONNECTION, RuleTable.DEFAULT_RULE_ID, null, null);
        }
        return verdict(inForce, decision, inForce.action(decision));
    }

    private static boolean mayPass(PolicyInForce inForce, int decision, Beginning beginning) {
        return switch (beginning) {
            case OPENS -> true;
            case PICKED_UP -> inForce.isStateless(decision) || inForce.picksUp(decision);
            case NOTHING -> inForce.isStateless(decision);
            case NEVER -> false;
        };
    }

    private static FlowVerdict verdict(PolicyInForce inForce, int decision, Action action) {
        TableRule rule = inForce.rule(decision);
        return rule == null
                ? new FlowVerdict(
                        action,
                        inForce.isExcluded() ? Cause.EXCLUDED : Cause.DEFAULT,
                        RuleTable.DEFAULT_RULE_ID,
                        null,
                        null)
                : new FlowVerdict(action, Cause.RULE, rule.id(), rule.name(), rule.category(), rule.stateless());
    }

    /** The packet as the parser would have filled it; it has no memory. */
    static PacketView view(FirstPacket packet, Datagram datagram) {
        PacketView view = new PacketView();
        view.sourceMac = packet.sourceMac().value();
        view.destinationMac = packet.destinationMac().value();
        view.etherType = packet.etherType();
        view.vlan = -1;
        view.family = datagram.family();
        // on a link, as neighbours send it
        view.hopLimit = 1;
        IpRange source = IpRanges.single(datagram.source());
        view.sourceHigh = source.firstHigh();
        view.sourceLow = source.firstLow();
        IpRange destination = IpRanges.single(datagram.destination());
        view.destinationHigh = destination.firstHigh();
        view.destinationLow = destination.firstLow();
        view.protocol = datagram.protocol();
        view.sourcePort = datagram.sourcePort();
        view.destinationPort = datagram.destinationPort();
        view.icmpType = Math.max(0, datagram.icmpType());
        view.icmpCode = Math.max(0, datagram.icmpCode());
        view.tcpFlags = datagram.tcpFlags();
        return view;
    }
}
