package io.portcullis.policy.evaluate;

import io.portcullis.policy.MacAddress;
import io.portcullis.policy.model.Vnic;
import java.util.ArrayList;
import java.util.List;

/** A way that a connection may take, from the end that opens it; both of one family, at least one of them a vNIC of the tenant. */
public record Path(End from, End to) {
    /** Whether both ends are vNICs of one segment: then they see each other's MAC address. */
    public boolean isWithinSegment() {
        Vnic sender = from.vnic();
        Vnic receiver = to.vnic();
        return sender != null && receiver != null && sender.segment().equals(receiver.segment());
    }

    /**
     * A connection's first packet as the sender's firewall sees it leave.
     *
     * @param router whose MAC address an end sees where the other is not in its segment
     * @throws IllegalStateException if the sender is no vNIC
     */
    public FirstPacket sent(FirstPacket.Datagram datagram, MacAddress router) {
        Vnic sender = from.vnic();
        Vnic receiver = to.vnic();
        if (sender == null) {
            throw new IllegalStateException(from + " has no firewall");
        }
        MacAddress neighbour = isWithinSegment() && receiver != null ? receiver.mac() : router;
        MacAddress group = MacAddress.ofGroup(datagram.destination());
        return FirstPacket.of(datagram).withMacs(sender.mac(), group == null ? neighbour : group);
    }

    /** Likewise as the receiver's firewall sees it arrive. */
    public FirstPacket received(FirstPacket.Datagram datagram, MacAddress router) {
        Vnic sender = from.vnic();
        Vnic receiver = to.vnic();
        if (receiver == null) {
            throw new IllegalStateException(to + " has no firewall");
        }
        MacAddress neighbour = isWithinSegment() && sender != null ? sender.mac() : router;
        return FirstPacket.of(datagram).withMacs(neighbour, receiver.mac());
    }

    /**
     * The ways between two sets of ends. Where some ends share a segment, these only, since that is how they talk; else every pair of one
     * family, through a router. A vNIC has no way to itself.
     */
    public static List<Path> between(List<End> from, List<End> to) {
        List<Path> all = new ArrayList<>();
        for (End sender : from) {
            for (End receiver : to) {
                boolean isSame = sender.vnic() != null && sender.vnic().equals(receiver.vnic());
                boolean isOurs = sender.vnic() != null || receiver.vnic() != null;
                if (isOurs && !isSame && sender.family() == receiver.family()) {
                    all.add(new Path(sender, receiver));
                }
            }
        }
        List<Path> within = all.stream().filter(Path::isWithinSegment).toList();
        return within.isEmpty() ? all : within;
    }
}
