package io.portcullis.vnic;

import io.portcullis.policy.HostId;
import java.util.Map;
import java.util.Optional;

/**
 * Which hosts are live members of the cluster. Ask it before a message is sent to a host: a shard region keeps messages for a dead
 * host without a word. Any thread; answers at once.
 */
public interface HostDirectory {
    /** Role of every node that is a host. */
    String HOST_ROLE = "host";

    /** Prefix of the role that names the host of a node. */
    String HOST_ID_ROLE_PREFIX = "host-id:";

    /** Prefix of the role that says which version of the protocol a node speaks, {@code MAJOR.MINOR}; nodes before 3.1 have none. */
    String PROTOCOL_ROLE_PREFIX = "protocol:";

    /** The node of a host: up, weakly up or leaving; empty if there is none or it is about to be removed. */
    Optional<HostNode> find(HostId host);

    /** All nodes that {@link #find} finds. */
    Map<HostId, HostNode> all();

    /** Whether commands to this host can be expected to be answered. */
    default boolean isUp(HostId host) {
        return find(host).map(HostNode::answers).orElse(false);
    }
}
