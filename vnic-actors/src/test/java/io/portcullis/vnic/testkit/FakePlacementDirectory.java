package io.portcullis.vnic.testkit;

import io.portcullis.persistence.PlacementDirectory;
import io.portcullis.persistence.PlacementRow;
import io.portcullis.policy.HostId;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VmId;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;

/** A directory in memory. Thread-safe. */
public final class FakePlacementDirectory implements PlacementDirectory {
    private final Map<VmId, PlacementRow> rows = new TreeMap<>(Comparator.comparing(VmId::toString));
    private boolean failsNext;
    private boolean away;

    /** The next look fails as if the database were away. */
    public synchronized void failNext() {
        failsNext = true;
    }

    /** Every look fails while it is away. */
    public synchronized void setAway(boolean isAway) {
        away = isAway;
    }

    @Override
    public synchronized CompletionStage<Boolean> put(PlacementRow row) {
        PlacementRow before = rows.get(row.vm());
        if (before != null && before.epoch() > row.epoch()) {
            return CompletableFuture.completedFuture(false);
        }
        rows.put(row.vm(), row);
        return CompletableFuture.completedFuture(true);
    }

    @Override
    public synchronized CompletionStage<Boolean> remove(VmId vm, long epoch) {
        PlacementRow before = rows.get(vm);
        return CompletableFuture.completedFuture(before != null && before.epoch() <= epoch && rows.remove(vm) != null);
    }

    @Override
    public synchronized CompletionStage<Optional<PlacementRow>> find(VmId vm) {
        return CompletableFuture.completedFuture(Optional.ofNullable(rows.get(vm)));
    }

    @Override
    public CompletionStage<List<PlacementRow>> listByHost(HostId host) {
        return list(row -> row.host().equals(host));
    }

    @Override
    public CompletionStage<List<PlacementRow>> listByTenant(TenantId tenant) {
        return list(row -> row.vm().tenant().equals(tenant));
    }

    private synchronized CompletionStage<List<PlacementRow>> list(Predicate<PlacementRow> wanted) {
        if (failsNext || away) {
            failsNext = false;
            return CompletableFuture.failedFuture(new SQLException("told to fail"));
        }
        return CompletableFuture.completedFuture(
                rows.values().stream().filter(wanted).toList());
    }

    @Override
    public synchronized CompletionStage<List<PlacementRow>> listAll() {
        return CompletableFuture.completedFuture(List.copyOf(rows.values()));
    }
}
