package io.portcullis.migration;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.portcullis.migration.model.MigrationReceipt;
import io.portcullis.migration.model.Move;
import io.portcullis.migration.model.PlacementPhase;
import io.portcullis.migration.model.PlacementState;
import io.portcullis.persistence.MigrationLog;
import io.portcullis.persistence.MigrationRow;
import io.portcullis.persistence.PlacementDirectory;
import io.portcullis.persistence.PlacementRow;
import io.portcullis.persistence.PolicyJacksonModule;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Placements in the tables of the database. The directory has a row for every VM that a host should have attached when it
 * starts; the log has one for every migration. Thread-safe.
 */
final class PlacementTables implements PlacementRecords {
    private static final ObjectMapper JSON =
            JsonMapper.builder().addModule(new PolicyJacksonModule()).build();

    private final PlacementDirectory directory;
    private final MigrationLog log;

    PlacementTables(PlacementDirectory directory, MigrationLog log) {
        this.directory = directory;
        this.log = log;
    }

    @Override
    public CompletionStage<Void> write(PlacementState state) {
        CompletionStage<?> placed = writePlacement(state);
        MigrationRow row = migration(state);
        return row == null ? placed.thenAccept(done -> {}) : placed.thenCompose(done -> log.put(row));
    }

    /**
     * The VMs that are placed on a host, and those on their way there: it is empty only without both. What has ended in the log is in the directory, so that is read last.
     */
    CompletionStage<List<VmId>> vmsOf(HostId host) {
        return log.comingTo(host)
                .thenCompose(coming -> directory
                        .listByHost(host)
                        .thenApply(rows -> Stream.concat(rows.stream().map(PlacementRow::vm), coming.stream())
                                .distinct()
                                .toList()));
    }

    private CompletionStage<?> writePlacement(PlacementState state) {
        return switch (state.phase()) {
            case DETACHED, DETACHING -> directory.remove(state.vm(), state.epoch());
            // A host that is lost and comes back must not find in the directory what was taken from it, nor one of
            // which nobody
            // knows any more that it was lost, as the VM was detached meanwhile. Nor must the new one find it there
            // already: it
            // would not wait for its order, which comes once all others have let go.
            case ATTACHING -> directory.remove(state.vm(), state.epoch() - 1);
            case PLACED, RESERVING, PREPARED, PRECOPYING, AWAITING_STOP, CUTTING_OVER, COMMITTED, ROLLING_BACK ->
                put(state);
        };
    }

    private CompletionStage<Boolean> put(PlacementState state) {
        return directory.put(new PlacementRow(
                state.vm(),
                Objects.requireNonNull(state.host()),
                state.epoch(),
                json(state.attachedSpec()),
                Instant.now()));
    }

    /** The row of the migration under way or else of the last one; null if there never was one. */
    static @Nullable MigrationRow migration(PlacementState state) {
        Move move = state.move();
        MigrationReceipt receipt = state.lastReceipt();
        if (move != null) {
            boolean committed = state.phase() == PlacementPhase.COMMITTED;
            return new MigrationRow(
                    move.id(),
                    state.vm(),
                    move.from(),
                    move.to(),
                    state.phase().name(),
                    move.requestedBy(),
                    Instant.ofEpochMilli(move.phases().getFirst().atMillis()),
                    null,
                    committed && receipt != null ? json(receipt) : null);
        }
        return receipt == null
                ? null
                : new MigrationRow(
                        receipt.id(),
                        receipt.vm(),
                        receipt.from(),
                        receipt.to(),
                        receipt.outcome().name(),
                        receipt.requestedBy(),
                        Instant.ofEpochMilli(receipt.phases().getFirst().atMillis()),
                        Instant.ofEpochMilli(receipt.phases().getLast().atMillis()),
                        json(receipt));
    }

    private static String json(Object value) {
        try {
            return JSON.writeValueAsString(value);
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException("cannot write " + value.getClass() + " as JSON", impossible);
        }
    }
}
