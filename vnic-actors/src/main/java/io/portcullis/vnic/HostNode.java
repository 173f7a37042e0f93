package io.portcullis.vnic;

import io.portcullis.policy.HostId;
import org.apache.pekko.cluster.UniqueAddress;

/**
 * The cluster node of a host.
 *
 * @param status of the member: {@code Up}, {@code WeaklyUp} or {@code Leaving}
 * @param reachable whether the failure detectors think so
 * @param protocolMinor minor version of what it says to other nodes; 0 for one that does not say
 */
public record HostNode(HostId host, UniqueAddress address, String status, boolean reachable, int protocolMinor) {
    /** Minor version since which hosts are told what has changed of an operation's bandwidth. */
    public static final int PACES = 1;
    /** Minor version since which hosts say how the replicas stand that they keep. */
    public static final int REPLICAS_DESCRIBED = 1;
    /** The newest. */
    public static final int NEWEST = 1;

    /** Of this build. */
    public HostNode(HostId host, UniqueAddress address, String status, boolean reachable) {
        this(host, address, status, reachable, NEWEST);
    }

    /** Whether commands can be expected to be answered. */
    public boolean answers() {
        return reachable;
    }

    /** Whether the host stays: only such a host may be given a VM. */
    public boolean stays() {
        return reachable && status.equals("Up");
    }

    /** Whether it understands what is new in this minor version. */
    public boolean understands(int minorVersion) {
        return protocolMinor >= minorVersion;
    }
}
