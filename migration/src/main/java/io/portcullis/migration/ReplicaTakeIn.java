package io.portcullis.migration;

import io.portcullis.migration.model.ReplicaPlace;
import io.portcullis.persistence.Checkpoint;
import io.portcullis.persistence.CheckpointCopy;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.vnic.VmSpec;
import io.portcullis.vnic.parcel.Parcels;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Gets a VM's replica from the host that has it, which may be the own one, within a bounded time. Thread-safe. */
final class ReplicaTakeIn {
    private static final Logger LOG = LoggerFactory.getLogger(ReplicaTakeIn.class);

    private final ActorSystem<?> system;
    private final HostLookup hosts;
    private final Duration limit;

    /** @param limit after which an attach goes on without the replica */
    ReplicaTakeIn(ActorSystem<?> system, HostLookup hosts, Duration limit) {
        this.system = system;
        this.hosts = hosts;
        this.limit = limit;
    }

    /**
     * What was got.
     *
     * @param checkpoints by vNIC
     * @param problem why there are none, or not of all vNICs; null if that is not so
     */
    record Replica(
            Map<VnicId, Checkpoint> checkpoints,
            long ageMillis,
            @Nullable String problem) {
        private static Replica none(String why) {
            return new Replica(Map.of(), 0, why);
        }
    }

    /** Never fails. */
    CompletionStage<Replica> get(VmSpec spec, ReplicaPlace place) {
        ActorRef<ReplicaCommand> there = hosts.replicas(place.host()).orElse(null);
        if (there == null) {
            return CompletableFuture.completedFuture(
                    Replica.none("host " + place.host() + ", which has the replica, is not up"));
        }
        return AskPattern.<ReplicaCommand, ReplicaReply>ask(
                        there,
                        replyTo -> new ReplicaCommand.Fetch(spec.vm(), place.epoch(), replyTo),
                        limit,
                        system.scheduler())
                .thenCompose(reply -> reply instanceof ReplicaReply.InPieces(var parcel)
                        ? Parcels.get(system).fetch(parcel)
                        : CompletableFuture.completedFuture(reply))
                .thenApply(reply -> switch (reply) {
                    case ReplicaReply.Tables tables -> read(spec, place, tables);
                    case ReplicaReply.None none -> Replica.none(none.why());
                    default -> Replica.none("host " + place.host() + " answered " + reply);
                })
                .toCompletableFuture()
                .orTimeout(limit.toMillis(), TimeUnit.MILLISECONDS)
                .exceptionally(failure -> Replica.none("the replica on host " + place.host() + " did not come within "
                        + limit.toMillis() + " ms: " + failure.getMessage()));
    }

    private static Replica read(VmSpec spec, ReplicaPlace place, ReplicaReply.Tables tables) {
        Map<VnicId, Checkpoint> checkpoints = new HashMap<>();
        VmId vm = spec.vm();
        String problem = null;
        for (ReplicaReply.Table table : tables.tables()) {
            try {
                Checkpoint checkpoint =
                        CheckpointCopy.read(table.checkpoint(), Duration.ofMillis(table.clockOffsetMillis()));
                if (checkpoint.epoch() == place.epoch() && checkpoint.vnic().equals(table.vnic())) {
                    checkpoints.put(table.vnic(), checkpoint);
                }
            } catch (IllegalArgumentException damaged) {
                LOG.warn("the replica of {} is not used: {}", table.vnic(), damaged.getMessage());
                problem = "the replica of " + table.vnic() + " cannot be read: " + damaged.getMessage();
            }
        }
        checkpoints.keySet().retainAll(spec.vnicIds());
        if (problem == null && checkpoints.isEmpty()) {
            problem = "the replica has nothing of the vNICs of " + vm;
        }
        return new Replica(checkpoints, tables.ageMillis(), problem);
    }
}
