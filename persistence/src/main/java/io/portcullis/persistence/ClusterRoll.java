package io.portcullis.persistence;

import io.portcullis.policy.HostId;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * The hosts whose nodes are in the cluster, as the one database that all of them use knows it. A node that starts learns here whether there is a
 * cluster although none of its nodes answers right now: two clusters over one database would each have their own truth. Any thread.
 */
public interface ClusterRoll {
    /**
     * A node in the cluster.
     *
     * @param address where other nodes speak to it, {@code host:port}
     * @param beat counts up for as long as it is in the cluster; only that it changes means anything, so clocks do not matter
     */
    record Entry(HostId host, String address, long beat) {}

    /** All entries, in the order of the hosts' names. */
    CompletionStage<List<Entry>> list();

    /** Enters a host, or counts its beat up. */
    CompletionStage<Void> beat(HostId host, String address);

    /** The host's node is not in the cluster any more. */
    CompletionStage<Void> strike(HostId host);
}
