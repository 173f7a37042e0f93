package io.portcullis.admin.actors;

import io.portcullis.migration.BulkCommand;
import io.portcullis.migration.PlacementCommand;
import io.portcullis.migration.ReplicaCommand;
import io.portcullis.persistence.DatabaseHealth;
import io.portcullis.persistence.MigrationLog;
import io.portcullis.persistence.PlacementDirectory;
import io.portcullis.persistence.RuleHitStore;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import io.portcullis.vnic.VnicActors;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.RecipientRef;
import org.jspecify.annotations.Nullable;

/**
 * How the API finds the actors and tables of the cluster.
 *
 * @param placement the placement of a VM
 * @param operations moves VMs as one thing
 * @param replicas who keeps replicas on a host and can say how they stand; empty for a host that cannot be asked
 * @param self the host on this node; null if there is none
 * @param version of this node's software
 * @param counters what else the host on this node counts, by name
 */
public record ClusterAccess(
        VnicActors vnics,
        Function<VmId, RecipientRef<PlacementCommand>> placement,
        RecipientRef<BulkCommand> operations,
        PlacementDirectory directory,
        MigrationLog migrations,
        RuleHitStore ruleHits,
        DatabaseHealth database,
        Function<HostId, Optional<ActorRef<ReplicaCommand>>> replicas,
        @Nullable HostId self,
        String version,
        Supplier<Map<String, Long>> counters) {}
