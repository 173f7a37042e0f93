package io.portcullis.admin.actors;

import io.portcullis.api.PlacementView;
import io.portcullis.policy.HostId;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VmId;
import io.portcullis.vnic.HostCommand;
import io.portcullis.vnic.HostReply;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/** Who enforces VMs, as the hosts say themselves, which need nothing but their data path for that. Thread-safe. */
final class EnforcingHosts {
    private final ClusterAccess access;
    private final Asking asking;

    EnforcingHosts(ClusterAccess access, Asking asking) {
        this.access = access;
        this.asking = asking;
    }

    /**
     * Of a tenant's VMs those that any host enforces which answers; never fails.
     *
     * @param vm only this one; null for all
     */
    CompletionStage<Map<VmId, PlacementView>> of(TenantId tenant, @Nullable VmId vm) {
        CompletionStage<Map<VmId, PlacementView>> all = CompletableFuture.completedFuture(new HashMap<>());
        for (HostId host : access.vnics().hosts().all().keySet()) {
            all = all.thenCombine(enforced(host, tenant, vm), (known, epochs) -> {
                String now = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
                epochs.forEach((id, epoch) -> known.merge(
                        VmId.parse(id),
                        PlacementView.reported(host.value(), epoch, now),
                        (one, other) -> one.epoch() >= other.epoch() ? one : other));
                return known;
            });
        }
        return all;
    }

    private CompletionStage<Map<String, Long>> enforced(HostId host, TenantId tenant, @Nullable VmId vm) {
        Optional<ActorRef<HostCommand>> agent = access.vnics().hostAgent(host);
        if (agent.isEmpty()) {
            return CompletableFuture.completedFuture(Map.of());
        }
        return asking.askHost(agent.get(), replyTo -> new HostCommand.GetEnforced(tenant, vm, replyTo), Hosts.LOOK)
                .thenApply(reply ->
                        reply instanceof HostReply.Enforced enforced ? enforced.epochs() : Map.<String, Long>of())
                .exceptionally(silent -> Map.of());
    }
}
