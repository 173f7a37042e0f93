package io.portcullis.policy.evaluate;

import io.portcullis.policy.RuleDirection;
import io.portcullis.policy.model.Vnic;
import java.time.Instant;

/**
 * A packet at the vNIC whose firewall is asked.
 *
 * @param direction of the packet as seen from the VM, IN or OUT
 * @param time at which it is sent
 */
record Probe(Vnic vnic, RuleDirection direction, FirstPacket packet, Instant time) {
    Probe {
        if (direction == RuleDirection.BOTH) {
            throw new IllegalArgumentException("a packet goes IN or OUT");
        }
    }

    Probe at(Instant other) {
        return new Probe(vnic, direction, packet, other);
    }
}
