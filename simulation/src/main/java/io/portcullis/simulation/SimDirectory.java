package io.portcullis.simulation;

import io.portcullis.persistence.MigrationLog;
import io.portcullis.persistence.MigrationRow;
import io.portcullis.persistence.PlacementDirectory;
import io.portcullis.persistence.PlacementRow;
import io.portcullis.policy.HostId;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VmId;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Two tables of a {@link SimDatabase}: the directory of placements, with the two indexes that it has in the product, and the log of migrations. Counts questions and
 * the rows that they read. One thread.
 */
final class SimDirectory implements PlacementDirectory, MigrationLog {
    private static final int EPOCH_BYTES = Long.BYTES;
    private static final int TIME_BYTES = Long.BYTES;

    private final Map<VmId, PlacementRow> rows = new HashMap<>();
    private final Map<HostId, Map<VmId, PlacementRow>> byHost = new HashMap<>();
    private final Map<TenantId, Map<VmId, PlacementRow>> byTenant = new HashMap<>();
    private final Map<String, MigrationRow> migrations = new LinkedHashMap<>();
    private long questions;
    private long rowsRead;
    private long rowsWritten;

    long questions() {
        return questions;
    }

    long rowsRead() {
        return rowsRead;
    }

    long rowsWritten() {
        return rowsWritten;
    }

    int rows() {
        return rows.size();
    }

    /** Of what the columns of all placements hold, without what a database adds. */
    long bytes() {
        return rows.values().stream().mapToLong(SimDirectory::bytes).sum();
    }

    private static long bytes(PlacementRow row) {
        return (long) row.vm().toString().length()
                + row.host().value().length()
                + row.spec().length()
                + EPOCH_BYTES
                + TIME_BYTES;
    }

    private <T> CompletionStage<List<T>> read(List<T> found) {
        questions++;
        rowsRead += found.size();
        return CompletableFuture.completedFuture(found);
    }

    // ---- placements

    @Override
    public CompletionStage<Boolean> put(PlacementRow row) {
        PlacementRow before = rows.get(row.vm());
        if (before != null && before.epoch() > row.epoch()) {
            return CompletableFuture.completedFuture(false);
        }
        drop(before);
        rowsWritten++;
        rows.put(row.vm(), row);
        byHost.computeIfAbsent(row.host(), _ -> new HashMap<>()).put(row.vm(), row);
        byTenant.computeIfAbsent(row.vm().tenant(), _ -> new HashMap<>()).put(row.vm(), row);
        return CompletableFuture.completedFuture(true);
    }

    @Override
    public CompletionStage<Boolean> remove(VmId vm, long epoch) {
        PlacementRow before = rows.get(vm);
        if (before == null || before.epoch() > epoch) {
            return CompletableFuture.completedFuture(false);
        }
        rowsWritten++;
        drop(before);
        return CompletableFuture.completedFuture(true);
    }

    private void drop(@Nullable PlacementRow row) {
        if (row != null) {
            rows.remove(row.vm());
            byHost.getOrDefault(row.host(), new HashMap<>()).remove(row.vm());
            byTenant.getOrDefault(row.vm().tenant(), new HashMap<>()).remove(row.vm());
        }
    }

    @Override
    public CompletionStage<Optional<PlacementRow>> find(VmId vm) {
        questions++;
        Optional<PlacementRow> found = Optional.ofNullable(rows.get(vm));
        rowsRead += found.isPresent() ? 1 : 0;
        return CompletableFuture.completedFuture(found);
    }

    @Override
    public CompletionStage<List<PlacementRow>> listByHost(HostId host) {
        return read(List.copyOf(byHost.getOrDefault(host, Map.of()).values()));
    }

    @Override
    public CompletionStage<List<PlacementRow>> listByTenant(TenantId tenant) {
        return read(List.copyOf(byTenant.getOrDefault(tenant, Map.of()).values()));
    }

    @Override
    public CompletionStage<List<PlacementRow>> listAll() {
        return read(rows.values().stream()
                .sorted(Comparator.comparing(row -> row.vm().toString()))
                .toList());
    }

    // ---- migrations

    @Override
    public CompletionStage<Void> put(MigrationRow row) {
        rowsWritten++;
        migrations.put(row.id(), row);
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletionStage<Optional<MigrationRow>> find(String id) {
        questions++;
        return CompletableFuture.completedFuture(Optional.ofNullable(migrations.get(id)));
    }

    @Override
    public CompletionStage<List<MigrationRow>> list(@Nullable VmId vm, int limit) {
        return read(migrations.values().stream()
                .filter(row -> vm == null || row.vm().equals(vm))
                .sorted(Comparator.comparing(MigrationRow::started, Comparator.reverseOrder()))
                .limit(limit)
                .toList());
    }

    @Override
    public CompletionStage<List<VmId>> underWay(int limit) {
        return read(migrations.values().stream()
                .filter(row -> row.ended() == null)
                .sorted(Comparator.comparing(MigrationRow::started))
                .map(MigrationRow::vm)
                .distinct()
                .limit(limit)
                .toList());
    }

    @Override
    public CompletionStage<List<VmId>> comingTo(HostId host) {
        return read(migrations.values().stream()
                .filter(row -> row.ended() == null && row.to().equals(host))
                .map(MigrationRow::vm)
                .toList());
    }

    @Override
    public CompletionStage<Integer> prune(Instant endedBefore, int keep) {
        questions++;
        return CompletableFuture.completedFuture(0);
    }
}
