package io.portcullis.migration;

import io.portcullis.persistence.Checkpoints;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import io.portcullis.vnic.HostCommand;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.RecipientRef;

/**
 * What {@link Replicas} needs from outside.
 *
 * @param host the own one
 * @param checkpoints what it has on its disk
 * @param blocking reads from there
 * @param agent of the own host; empty while it is not up
 */
record ReplicaEnvironment(
        HostId host,
        Checkpoints checkpoints,
        Executor blocking,
        HostLookup hosts,
        Function<VmId, RecipientRef<PlacementCommand>> placements,
        Supplier<Optional<ActorRef<HostCommand>>> agent,
        ReplicaSettings settings,
        ReplicaCounters counters) {}
