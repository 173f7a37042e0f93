package io.portcullis.policy.evaluate;

import io.portcullis.policy.RuleDirection;
import io.portcullis.policy.model.Vnic;

/**
 * A packet at the vNIC whose firewall is asked.
 *
 * @param direction of the packet as seen from the VM, IN or OUT
 */
record Probe(Vnic vnic, RuleDirection direction, FirstPacket packet) {
    Probe {
        if (direction == RuleDirection.BOTH) {
            throw new IllegalArgumentException("a packet goes IN or OUT");
        }
    }
}
