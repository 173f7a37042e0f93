package io.portcullis.migration;

import io.portcullis.policy.VmId;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.RecipientRef;

/**
 * What an evacuation needs from outside.
 *
 * @param host the own host
 * @param vmsHere the VMs that are placed on it
 * @param leaveCluster lets the own node leave; returns at once
 */
public record EvacuationEnvironment(
        VmHost host,
        HostLookup hosts,
        Function<VmId, RecipientRef<PlacementCommand>> placements,
        Supplier<CompletionStage<List<VmId>>> vmsHere,
        Runnable leaveCluster,
        MigrationSettings settings) {}
