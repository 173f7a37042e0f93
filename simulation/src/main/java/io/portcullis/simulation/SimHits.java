package io.portcullis.simulation;

import io.portcullis.persistence.HostHits;
import io.portcullis.persistence.RuleHitStore;
import io.portcullis.policy.HostId;
import io.portcullis.policy.TenantId;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Where there are no packets, rules count nothing. Any thread. */
final class SimHits implements RuleHitStore {
    @Override
    public CompletionStage<Integer> put(List<HostHits> rows) {
        return CompletableFuture.completedFuture(rows.size());
    }

    @Override
    public CompletionStage<List<HostHits>> listByHost(HostId host) {
        return CompletableFuture.completedFuture(List.of());
    }

    @Override
    public CompletionStage<List<HostHits>> listByTenant(TenantId tenant) {
        return CompletableFuture.completedFuture(List.of());
    }

    @Override
    public CompletionStage<Integer> removeOf(TenantId tenant) {
        return CompletableFuture.completedFuture(0);
    }
}
