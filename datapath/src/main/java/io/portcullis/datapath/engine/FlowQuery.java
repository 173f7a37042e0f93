package io.portcullis.datapath.engine;

import io.portcullis.datapath.Direction;
import io.portcullis.policy.evaluate.FirstPacket;

/**
 * A flow about which a firewall is asked.
 *
 * @param direction of its first packet, as seen from the VM
 * @param packet the first one, as it is on the wire at the vNIC; IP
 * @param anySource whether connections from all source ports (of ICMP: with all identifiers) are meant, not only from the packet's own
 * @param limit how many connections to list; all are counted
 */
public record FlowQuery(Direction direction, FirstPacket packet, boolean anySource, int limit) {
    public FlowQuery {
        if (packet.datagram() == null) {
            throw new IllegalArgumentException("only IP has flows");
        }
    }
}
