package io.portcullis.admin.actors;

import io.portcullis.api.ReplicaView;
import io.portcullis.migration.ReplicaCommand;
import io.portcullis.migration.ReplicaReply;
import io.portcullis.policy.HostId;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VmId;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/** How the replicas of VMs stand, as the hosts say that keep them: the VM's own host may be lost, and then they matter most. Thread-safe. */
final class KeptReplicas {
    static final String NOWHERE = "no host that answers has one";

    private final ClusterAccess access;
    private final Asking asking;

    KeptReplicas(ClusterAccess access, Asking asking) {
        this.access = access;
        this.asking = asking;
    }

    private record Kept(HostId host, ReplicaReply.KeptReplica replica) {
        /** Of two hosts the one whose tables are newer; one of them is about to be told to drop them. */
        Kept or(Kept other) {
            long newer = replica.epoch() - other.replica.epoch();
            if (newer != 0) {
                return newer > 0 ? this : other;
            }
            if (replica.whole() != other.replica.whole()) {
                return replica.whole() ? this : other;
            }
            return replica.ageMillis() <= other.replica.ageMillis() ? this : other;
        }

        ReplicaView view() {
            return new ReplicaView(
                    host.value(),
                    null,
                    replica.whole(),
                    replica.whole() ? replica.ageMillis() : null,
                    replica.whole() ? replica.connections() : null);
        }
    }

    /** Of all VMs of a tenant of which any of these hosts keeps something; never fails, a host that does not answer says nothing. */
    CompletionStage<Map<VmId, ReplicaView>> of(TenantId tenant, Collection<HostId> hosts) {
        return find(tenant, null, hosts);
    }

    private CompletionStage<Map<VmId, ReplicaView>> find(TenantId tenant, @Nullable VmId vm, Collection<HostId> hosts) {
        CompletionStage<Map<VmId, Kept>> all = CompletableFuture.completedFuture(new HashMap<>());
        for (HostId host : hosts) {
            all = all.thenCombine(kept(tenant, vm, host), (known, replicas) -> {
                replicas.forEach(replica -> known.merge(replica.vm(), new Kept(host, replica), Kept::or));
                return known;
            });
        }
        return all.thenApply(known -> {
            Map<VmId, ReplicaView> views = new HashMap<>();
            known.forEach((id, kept) -> views.put(id, kept.view()));
            return views;
        });
    }

    /** With what the host says that keeps it, where that answers. */
    CompletionStage<@Nullable ReplicaView> live(VmId vm, @Nullable ReplicaView replica) {
        String host = replica == null ? null : replica.host();
        if (replica == null || host == null) {
            return CompletableFuture.completedFuture(replica);
        }
        return find(vm.tenant(), vm, List.of(new HostId(host))).thenApply(views -> views.getOrDefault(vm, replica));
    }

    private CompletionStage<List<ReplicaReply.KeptReplica>> kept(TenantId tenant, @Nullable VmId vm, HostId host) {
        Optional<ActorRef<ReplicaCommand>> keeper = access.replicas().apply(host);
        if (keeper.isEmpty()) {
            return CompletableFuture.completedFuture(List.of());
        }
        return asking.<ReplicaCommand, ReplicaReply>ask(
                        keeper.get(), replyTo -> new ReplicaCommand.Describe(tenant, vm, replyTo), Hosts.LOOK)
                .thenCompose(reply -> reply instanceof ReplicaReply.InPieces(var parcel)
                        ? asking.arrived(parcel, ReplicaReply.class)
                        : CompletableFuture.completedFuture(reply))
                .thenApply(reply -> reply instanceof ReplicaReply.Kept(HostId _, var replicas)
                        ? replicas
                        : List.<ReplicaReply.KeptReplica>of())
                .exceptionally(silent -> List.of());
    }
}
