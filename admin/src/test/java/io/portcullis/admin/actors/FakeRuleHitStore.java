package io.portcullis.admin.actors;

import io.portcullis.persistence.HostHits;
import io.portcullis.persistence.RuleHitStore;
import io.portcullis.policy.HostId;
import io.portcullis.policy.TenantId;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;

/** What hosts wrote that they had counted, in memory. Thread-safe. */
final class FakeRuleHitStore implements RuleHitStore {
    final List<HostHits> rows = new CopyOnWriteArrayList<>();
    volatile boolean down;

    @Override
    public CompletionStage<Integer> put(List<HostHits> written) {
        rows.addAll(written);
        return CompletableFuture.completedFuture(written.size());
    }

    @Override
    public CompletionStage<List<HostHits>> listByHost(HostId host) {
        return CompletableFuture.completedFuture(
                rows.stream().filter(row -> row.host().equals(host)).toList());
    }

    @Override
    public CompletionStage<List<HostHits>> listByTenant(TenantId tenant) {
        return down
                ? CompletableFuture.failedFuture(new SQLException("down"))
                : CompletableFuture.completedFuture(
                        rows.stream().filter(row -> row.tenant().equals(tenant)).toList());
    }

    @Override
    public CompletionStage<Integer> removeOf(TenantId tenant) {
        int before = rows.size();
        rows.removeIf(row -> row.tenant().equals(tenant));
        return CompletableFuture.completedFuture(before - rows.size());
    }
}
