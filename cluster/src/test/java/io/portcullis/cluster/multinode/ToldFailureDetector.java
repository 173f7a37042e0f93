package io.portcullis.cluster.multinode;

import com.typesafe.config.Config;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.actor.Address;
import org.apache.pekko.cluster.Cluster;
import org.apache.pekko.event.EventStream;
import org.apache.pekko.remote.DefaultFailureDetectorRegistry;
import org.apache.pekko.remote.FailureDetector;

/** Takes a node for unreachable when a test says so, and never before: how busy the machine is does not matter. Thread-safe. */
public final class ToldFailureDetector implements FailureDetector {
    private volatile boolean monitoring;
    private volatile boolean gone;

    /** As the cluster makes it, by its name in the settings. */
    public ToldFailureDetector(Config config, EventStream events) {}

    /** The node at this address is unreachable from {@code system} on, until it is a member anew. */
    static void gone(ActorSystem system, Address address) {
        if (!(Cluster.get(system).failureDetector() instanceof DefaultFailureDetectorRegistry<Address> registry)) {
            throw new IllegalStateException("another registry of failure detectors");
        }
        // What is not yet watched is from now on.
        registry.heartbeat(address);
        if (!(registry.failureDetector(address).get() instanceof ToldFailureDetector told)) {
            throw new IllegalStateException("the cluster has another failure detector");
        }
        told.gone = true;
    }

    @Override
    public boolean isAvailable() {
        return !gone;
    }

    @Override
    public boolean isMonitoring() {
        return monitoring;
    }

    @Override
    public void heartbeat() {
        monitoring = true;
    }
}
