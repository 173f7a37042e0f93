package io.portcullis.policy.evaluate;

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
