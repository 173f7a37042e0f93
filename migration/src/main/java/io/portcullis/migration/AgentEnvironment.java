package io.portcullis.migration;

import io.portcullis.policy.VmId;
import java.util.function.Function;
import org.apache.pekko.actor.typed.RecipientRef;

/**
 * What a migration agent and its sessions need from outside.
 *
 * @param host the own host
 * @param placements finds a VM's placement, wherever in the cluster it is
 * @param turns counts turns to be cut
 */
public record AgentEnvironment(
        VmHost host,
        Function<VmId, RecipientRef<PlacementCommand>> placements,
        MigrationSettings settings,
        TurnCounters turns) {}
