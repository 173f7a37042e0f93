package io.portcullis.vnic;

import io.portcullis.policy.HostId;
import org.apache.pekko.cluster.UniqueAddress;

/**
 * The cluster node of a host.
 *
 * @param status of the member: {@code Up}, {@code WeaklyUp} or {@code Leaving}
 * @param reachable whether the failure detectors think so
 */
public record HostNode(HostId host, UniqueAddress address, String status, boolean reachable) {
    /** Whether commands can be expected to be answered. */
    public boolean answers() {
        return reachable;
    }

    /** Whether the host stays: only such a host may be given a VM. */
    public boolean stays() {
        return reachable && status.equals("Up");
    }
}
