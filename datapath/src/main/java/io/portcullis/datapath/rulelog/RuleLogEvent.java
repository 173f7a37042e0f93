package io.portcullis.datapath.rulelog;

import io.portcullis.datapath.Direction;
import io.portcullis.policy.Action;
import io.portcullis.policy.IpFamily;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.VnicId;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One decision of a rule that logs.
 *
 * @param atNanos on the data path's clock
 * @param ruleName {@code policy/rule}
 * @param label of the rule's log; empty for none
 * @param action what the rule says; in a CUT of a rule that resets, REJECT
 * @param direction as seen from the VM
 * @param etherType behind all VLAN tags
 * @param family null for a frame that is not IP; then the fields behind it are empty
 * @param sourcePort of TCP, UDP, SCTP; identifier of ICMP echo
 * @param icmpType of ICMP and ICMPv6 only
 * @param tcpFlags of TCP only
 */
public record RuleLogEvent(
        VnicId vnic,
        long atNanos,
        Cause cause,
        long ruleId,
        String ruleName,
        String label,
        long revision,
        Action action,
        Direction direction,
        MacAddress sourceMac,
        MacAddress destinationMac,
        int etherType,
        @Nullable IpFamily family,
        @Nullable InetAddress source,
        @Nullable InetAddress destination,
        int protocol,
        int sourcePort,
        int destinationPort,
        int icmpType,
        int icmpCode,
        int tcpFlags) {
    /** Why there is an event. */
    public enum Cause {
        /** The first packet of a connection, or one of no connection. */
        FIRST_PACKET,
        /** A packet of no connection, about which a stateless rule decided by itself. */
        PACKET,
        /** A live connection ends, because a new revision no longer allows it; the packet is its next one. */
        CUT,
        /** A rule of category ETHERNET decided about a frame. */
        FRAME
    }

    static InetAddress address(IpFamily family, long high, long low) {
        byte[] bytes = family == IpFamily.IPV4
                ? ByteBuffer.allocate(Integer.BYTES).putInt((int) low).array()
                : ByteBuffer.allocate(2 * Long.BYTES).putLong(high).putLong(low).array();
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException impossible) {
            throw new IllegalStateException("an address has 4 or 16 bytes", impossible);
        }
    }

    /** One line for people and for tools: {@code key=value}, in this order, what does not apply left out. */
    @Override
    public String toString() {
        StringBuilder line = new StringBuilder(160);
        line.append("vnic=").append(vnic).append(" cause=").append(cause);
        line.append(" action=").append(action).append(" rule=").append(ruleName);
        if (!label.isEmpty()) {
            line.append(" label=").append(label);
        }
        line.append(" ruleId=")
                .append(Long.toUnsignedString(ruleId))
                .append(" revision=")
                .append(revision);
        line.append(" direction=").append(direction);
        if (family == null || cause == Cause.FRAME) {
            line.append(" etherType=0x").append(Integer.toHexString(etherType));
            line.append(" sourceMac=")
                    .append(sourceMac)
                    .append(" destinationMac=")
                    .append(destinationMac);
        }
        if (source != null && destination != null) {
            line.append(" protocol=").append(protocol);
            line.append(" source=").append(source.getHostAddress());
            line.append(" destination=").append(destination.getHostAddress());
            appendTransport(line);
        }
        return line.toString();
    }

    private void appendTransport(StringBuilder line) {
        switch (protocol) {
            case 6, 17, 132 -> {
                line.append(" sourcePort=")
                        .append(sourcePort)
                        .append(" destinationPort=")
                        .append(destinationPort);
                if (protocol == 6) {
                    line.append(" tcpFlags=0x").append(Integer.toHexString(tcpFlags));
                }
            }
            case 1, 58 ->
                line.append(" icmpType=").append(icmpType).append(" icmpCode=").append(icmpCode);
            default -> {}
        }
    }
}
