package io.portcullis.datapath.track;

import io.portcullis.datapath.packet.PacketView;
import io.portcullis.policy.IpFamily;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;

/** Slots as {@link ConnectionInfo}, for people; allocates. */
final class ConnectionInfos {
    private ConnectionInfos() {}

    static ConnectionInfo of(ConnectionTable table, int slot, long nowNanos) {
        PacketView tuple = new PacketView();
        table.originalTuple(slot, tuple);
        boolean isIpv6 = tuple.family == IpFamily.IPV6;
        return new ConnectionInfo(
                tuple.protocol,
                new InetSocketAddress(address(isIpv6, tuple.sourceHigh, tuple.sourceLow), tuple.sourcePort),
                new InetSocketAddress(
                        address(isIpv6, tuple.destinationHigh, tuple.destinationLow), tuple.destinationPort),
                table.state(slot).name(),
                table.isOutbound(slot),
                table.ruleId(slot),
                table.revision(slot),
                table.admittingRuleId(slot),
                table.admittingRevision(slot),
                table.ageNanos(slot, nowNanos),
                Math.max(0, table.idleNanos(slot, nowNanos)),
                table.packets(slot),
                table.bytes(slot));
    }

    private static InetAddress address(boolean isIpv6, long high, long low) {
        byte[] bytes = isIpv6
                ? ByteBuffer.allocate(16).putLong(high).putLong(low).array()
                : ByteBuffer.allocate(4).putInt((int) low).array();
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new AssertionError("4 and 16 bytes are addresses", e);
        }
    }
}
