package io.portcullis.vnic.testkit;

import io.portcullis.persistence.HostHits;
import io.portcullis.persistence.RuleHitStore;
import io.portcullis.policy.HostId;
import io.portcullis.policy.TenantId;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/** What hosts counted, in memory. Thread-safe. */
public final class FakeRuleHitStore implements RuleHitStore {
    private record Key(HostId host, TenantId tenant) {}

    private final Map<Key, HostHits> rows = new ConcurrentHashMap<>();
    private volatile boolean down;

    /** From now on every call fails, or no call any more. */
    public void setDown(boolean isDown) {
        down = isDown;
    }

    private <T> CompletionStage<T> call(Supplier<T> work) {
        return down
                ? CompletableFuture.failedFuture(new SQLException("the database is down"))
                : CompletableFuture.completedFuture(work.get());
    }

    @Override
    public CompletionStage<Integer> put(List<HostHits> written) {
        return call(() -> {
            written.forEach(row -> rows.put(new Key(row.host(), row.tenant()), row));
            return written.size();
        });
    }

    @Override
    public CompletionStage<List<HostHits>> listByHost(HostId host) {
        return call(() ->
                rows.values().stream().filter(row -> row.host().equals(host)).toList());
    }

    @Override
    public CompletionStage<List<HostHits>> listByTenant(TenantId tenant) {
        return call(() -> rows.values().stream()
                .filter(row -> row.tenant().equals(tenant))
                .toList());
    }

    @Override
    public CompletionStage<Integer> removeOf(TenantId tenant) {
        return call(() -> {
            int before = rows.size();
            rows.keySet().removeIf(key -> key.tenant().equals(tenant));
            return before - rows.size();
        });
    }
}
