package io.portcullis.migration;

import io.portcullis.policy.HostId;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VmId;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.typed.RecipientRef;

/**
 * What bulk operations need from outside.
 *
 * @param vmsOn the VMs that are placed on a host, and those that are on their way to it
 * @param apart what a tenant's VMs are to be kept apart from, those only that are
 * @param leaveCluster lets the node of a host leave; returns at once, may be repeated
 * @param wallClockMillis milliseconds since 1970
 */
public record BulkEnvironment(
        HostLookup hosts,
        Function<VmId, RecipientRef<PlacementCommand>> placements,
        Function<HostId, CompletionStage<List<VmId>>> vmsOn,
        Function<TenantId, CompletionStage<Map<VmId, Set<String>>>> apart,
        Consumer<HostId> leaveCluster,
        MigrationSettings settings,
        LongSupplier wallClockMillis) {}
