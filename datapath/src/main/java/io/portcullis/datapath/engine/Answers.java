package io.portcullis.datapath.engine;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.policy.Action;

/**
 * The packets that go the other way, as the rules of the same vNIC see them: for rules that keep no state, an answer is one more packet. One
 * thread, no allocation, nothing is counted.
 */
final class Answers {
    private static final PacketView NONE_YET = new PacketView();
    private static final int SYN_ACK = PacketView.TCP_SYN | PacketView.TCP_ACK;

    /** Made with the first one. */
    private PacketView packet = NONE_YET;

    private Direction direction = Direction.IN;
    private int decision;

    /** Whether an answer to this packet passes, if no connection was opened. */
    boolean pass(PolicyInForce rules, PacketView first, Direction itsDirection) {
        turn(first, itsDirection, SYN_ACK);
        decision = rules.decide(packet, direction);
        boolean opensNothing = packet.isTcp() || packet.isSctp() || packet.isIcmp();
        return rules.action(decision) == Action.ALLOW && (rules.isStateless(decision) || !opensNothing);
    }

    /** Whether this packet may be an answer of a connection that the rules allow and keep state of. */
    boolean mayBeExpected(PolicyInForce rules, PacketView answer, Direction itsDirection) {
        if (answer.isTcp() && (answer.tcpFlags & SYN_ACK) == PacketView.TCP_SYN) {
            return false;
        }
        turn(answer, itsDirection, PacketView.TCP_SYN);
        decision = rules.decide(packet, direction);
        return rules.action(decision) == Action.ALLOW && !rules.isStateless(decision);
    }

    /** The packet that was last decided about; valid until the next call. */
    PacketView packet() {
        return packet;
    }

    Direction direction() {
        return direction;
    }

    /** What was decided about it. */
    int decision() {
        return decision;
    }

    private void turn(PacketView other, Direction itsDirection, int tcpFlags) {
        direction = itsDirection == Direction.OUT ? Direction.IN : Direction.OUT;
        if (packet == NONE_YET) {
            packet = new PacketView();
        }
        packet.sourceMac = other.destinationMac;
        packet.destinationMac = other.sourceMac;
        packet.etherType = other.etherType;
        packet.family = other.family;
        packet.protocol = other.protocol;
        packet.sourceHigh = other.destinationHigh;
        packet.sourceLow = other.destinationLow;
        packet.destinationHigh = other.sourceHigh;
        packet.destinationLow = other.sourceLow;
        packet.sourcePort = other.destinationPort;
        packet.destinationPort = other.sourcePort;
        packet.icmpType = other.isIcmp() ? otherType(other.icmpType) : 0;
        packet.icmpCode = other.icmpCode;
        packet.tcpFlags = other.isTcp() ? tcpFlags : 0;
    }

    /** Of a question the answer, of an answer the question (RFC 792, RFC 950, RFC 4443); others stay. */
    private static int otherType(int type) {
        return switch (type) {
            case 8 -> 0;
            case 0 -> 8;
            case 13, 15, 17, 128 -> type + 1;
            case 14, 16, 18, 129 -> type - 1;
            default -> type;
        };
    }
}
