package io.portcullis.admin.actors;

import io.portcullis.api.PlacementView;
import io.portcullis.api.ReplicaView;
import io.portcullis.api.RestoredView;
import io.portcullis.migration.PlacementCommand;
import io.portcullis.migration.PlacementReply;
import io.portcullis.migration.model.Restored;
import io.portcullis.persistence.PlacementRow;
import io.portcullis.policy.HostId;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VmId;
import io.portcullis.vnic.VmSpecJson;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Where VMs are: as their placements say, lists as the directory has it. Both need the database; whoever only looks gets the word of the hosts while it is
 * away ({@link EnforcingHosts}). Thread-safe.
 */
final class Placements {
    private final ClusterAccess access;
    private final Asking asking;
    private final Hosts hosts;
    private final Tenants tenants;
    private final KeptReplicas replicas;
    private final EnforcingHosts enforcing;

    Placements(ClusterAccess access, Asking asking, Hosts hosts, Tenants tenants) {
        this.access = access;
        this.asking = asking;
        this.hosts = hosts;
        this.tenants = tenants;
        this.replicas = new KeptReplicas(access, asking);
        this.enforcing = new EnforcingHosts(access, asking);
    }

    /** As the placement says; fails with a {@link java.util.concurrent.TimeoutException} if it does not answer in time. */
    CompletionStage<PlacementView> ask(VmId vm) {
        return ask(vm, asking.timeout());
    }

    private CompletionStage<PlacementView> ask(VmId vm, Duration patience) {
        return asking.<PlacementCommand, PlacementReply>ask(
                        access.placement().apply(vm), PlacementCommand.GetPlacement::new, patience)
                .thenApply(Placements::placement)
                .thenCompose(this::live);
    }

    static io.portcullis.migration.PlacementView placement(PlacementReply reply) {
        return switch (reply) {
            case PlacementReply.Placement(var view) -> view;
            case PlacementReply.Refused(var code, String message) -> throw Asking.refused(code, message);
            default -> throw Asking.unexpected(reply);
        };
    }

    private CompletionStage<PlacementView> live(io.portcullis.migration.PlacementView placement) {
        PlacementView view = view(placement);
        return replicas.live(placement.vm(), view.replica()).thenApply(view::withReplica);
    }

    /** For one who only looks: where the placement does not answer, what the hosts say, or that nobody knows. */
    CompletionStage<PlacementView> find(VmId vm) {
        return ask(vm, asking.lookTimeout())
                .exceptionallyCompose(silent -> enforcing
                        .of(vm.tenant(), vm)
                        .thenCompose(found -> found.containsKey(vm)
                                ? replicas.of(
                                                vm.tenant(),
                                                access.vnics().hosts().all().keySet())
                                        .thenApply(kept -> found.get(vm).withReplica(kept.get(vm)))
                                : CompletableFuture.completedFuture(PlacementView.unknown())));
    }

    PlacementView view(io.portcullis.migration.PlacementView placement) {
        HostId host = placement.host();
        HostId lost = placement.takenFrom();
        return new PlacementView(
                host == null ? null : host.value(),
                placement.epoch(),
                placement.phase().name(),
                placement.migration(),
                host == null ? null : hosts.membership(host),
                lost == null ? null : lost.value(),
                replica(placement),
                restored(placement.restored()),
                null);
    }

    /** What the placement knows; only the host that keeps it knows how old it is. */
    private static @Nullable ReplicaView replica(io.portcullis.migration.PlacementView placement) {
        HostId at = placement.replica();
        return placement.spec() == null || !placement.spec().replica()
                ? null
                : new ReplicaView(at == null ? null : at.value(), placement.replicaProblem());
    }

    private static @Nullable RestoredView restored(@Nullable Restored restored) {
        if (restored == null) {
            return null;
        }
        HostId from = restored.from();
        return new RestoredView(
                from == null ? RestoredView.NOTHING : RestoredView.REPLICA,
                from == null ? null : from.value(),
                restored.connections(),
                restored.ageMillis(),
                restored.problem());
    }

    /** Of all VMs of a tenant that are placed, for one who only looks; while the directory cannot be read, of all VMs of the tenant, as the hosts say. */
    CompletionStage<Map<VmId, PlacementView>> of(TenantId tenant) {
        return asking.isStoreDown()
                ? reported(tenant)
                : listed(tenant).exceptionallyCompose(storeIsDown -> reported(tenant));
    }

    private CompletionStage<Map<VmId, PlacementView>> reported(TenantId tenant) {
        return tenants.model(tenant)
                .thenCombine(enforcing.of(tenant, null), (model, found) -> {
                    Map<VmId, PlacementView> all = new HashMap<>(found);
                    model.vms().values().forEach(vm -> all.putIfAbsent(vm.id(), PlacementView.unknown()));
                    return all;
                })
                .thenCombine(replicas.of(tenant, access.vnics().hosts().all().keySet()), (all, kept) -> {
                    kept.forEach((vm, replica) ->
                            all.computeIfPresent(vm, (_, placement) -> placement.withReplica(replica)));
                    return all;
                });
    }

    private CompletionStage<Map<VmId, PlacementView>> listed(TenantId tenant) {
        return access.directory().listByTenant(tenant).thenCompose(rows -> {
            Set<VmId> replicated = rows.stream()
                    .filter(row -> VmSpecJson.wantsReplica(row.spec()))
                    .map(PlacementRow::vm)
                    .collect(Collectors.toSet());
            Set<HostId> keepers = replicated.isEmpty()
                    ? Set.of()
                    : access.vnics().hosts().all().keySet();
            return replicas.of(tenant, keepers).thenApply(kept -> {
                Map<VmId, ReplicaView> views = new HashMap<>();
                replicated.forEach(vm ->
                        views.put(vm, kept.getOrDefault(vm, new ReplicaView(null, KeptReplicas.NOWHERE))));
                return listed(rows, views);
            });
        });
    }

    private Map<VmId, PlacementView> listed(Iterable<PlacementRow> rows, Map<VmId, ReplicaView> replicated) {
        Map<VmId, PlacementView> placements = new HashMap<>();
        Map<HostId, String> members = new HashMap<>();
        rows.forEach(row -> placements.put(
                row.vm(),
                new PlacementView(
                                row.host().value(),
                                row.epoch(),
                                "PLACED",
                                null,
                                members.computeIfAbsent(row.host(), hosts::membership),
                                null)
                        .withReplica(replicated.get(row.vm()))));
        return placements;
    }
}
