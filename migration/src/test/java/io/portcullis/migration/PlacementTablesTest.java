package io.portcullis.migration;

import static io.portcullis.migration.FakeCluster.ONE;
import static io.portcullis.migration.FakeCluster.TWO;
import static io.portcullis.migration.FakeCluster.WEB;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.migration.model.Mover;
import io.portcullis.migration.model.PlacementEvent;
import io.portcullis.migration.model.PlacementState;
import io.portcullis.persistence.MigrationLog;
import io.portcullis.persistence.MigrationRow;
import io.portcullis.persistence.PlacementDirectory;
import io.portcullis.persistence.PlacementRow;
import io.portcullis.policy.HostId;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VmId;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PlacementTablesTest {
    private final Map<VmId, PlacementRow> placed = new HashMap<>();
    private final Map<String, MigrationRow> log = new HashMap<>();
    private final PlacementTables tables = new PlacementTables(new Directory(), new Log());

    @Test
    void shouldFollowAMigrationThroughItsPhases() {
        PlacementState state =
                write(PlacementState.empty(WEB.vm()), new PlacementEvent.AttachStarted(WEB, ONE, 1, "ann", 1_000));
        assertThat(placed).as("a host that restarts now must not attach it").isEmpty();

        state = write(state, new PlacementEvent.VmAttached(1, 2_000));
        assertThat(row().host()).isEqualTo(ONE);
        assertThat(row().spec()).contains("\"vm\":\"acme/web-1\"", "\"vnic\":\"acme/web-1/eth1\"");
        assertThat(log).isEmpty();

        state = write(state, new PlacementEvent.MigrationReserved("m1", TWO, 2, 3, "bob", 3_000, Mover.PRODUCT));
        assertThat(row().epoch()).isEqualTo(1);
        assertThat(migration().state()).isEqualTo("RESERVING");
        assertThat(migration().requestedBy()).isEqualTo("bob");
        assertThat(migration().ended()).isNull();

        state = write(state, new PlacementEvent.TargetPrepared("m1", 7, 4_000));
        state = write(state, new PlacementEvent.CutoverStarted("m1", null, 5_000, 4_000));
        assertThat(row().host()).isEqualTo(ONE);
        state = write(state, new PlacementEvent.MigrationCommitted("m1", List.of(), List.of(), 6_000));
        assertThat(row().host()).isEqualTo(TWO);
        assertThat(row().epoch()).isEqualTo(2);
        assertThat(migration().receipt()).contains("\"outcome\":\"COMMITTED\"");

        state = write(state, new PlacementEvent.SourceReleased("m1", true, 7_000));
        assertThat(migration().state()).isEqualTo("COMMITTED");
        assertThat(migration().started()).isEqualTo(Instant.ofEpochMilli(3_000));
        assertThat(migration().ended()).isEqualTo(Instant.ofEpochMilli(7_000));

        write(state, new PlacementEvent.DetachStarted("ann", 8_000));
        assertThat(placed).isEmpty();
    }

    @Test
    void shouldTakeAVmFromALostHostBeforeTheOtherOneAttachesIt() {
        PlacementState state =
                write(PlacementState.empty(WEB.vm()), new PlacementEvent.AttachStarted(WEB, ONE, 1, "ann", 1_000));
        state = write(state, new PlacementEvent.VmAttached(1, 2_000));

        state = write(state, new PlacementEvent.AttachStarted(WEB, TWO, 2, "ann", 3_000, ONE));
        assertThat(placed)
                .as("the lost host comes back and looks, or the other one does")
                .isEmpty();

        write(state, new PlacementEvent.VmAttached(2, 4_000));
        assertThat(row().host()).isEqualTo(TWO);
        assertThat(row().epoch()).isEqualTo(2);
    }

    @Test
    void shouldForgetALostHostOfADetachedVmBeforeAnotherOneAttachesIt() {
        PlacementState state =
                write(PlacementState.empty(WEB.vm()), new PlacementEvent.AttachStarted(WEB, ONE, 1, "ann", 1_000));
        state = write(state, new PlacementEvent.VmAttached(1, 2_000));
        // of which the directory did not hear
        state = state.apply(new PlacementEvent.DetachStarted("ann", 3_000)).apply(new PlacementEvent.VmDetached(4_000));

        write(state, new PlacementEvent.AttachStarted(WEB, TWO, 2, "ann", 5_000));

        assertThat(placed).isEmpty();
    }

    @Test
    void shouldKnowOfVmsThatStillComeToAHostThatIsToBeEmptied() {
        PlacementState state =
                write(PlacementState.empty(WEB.vm()), new PlacementEvent.AttachStarted(WEB, ONE, 1, "ann", 1_000));
        state = write(state, new PlacementEvent.VmAttached(1, 2_000));
        assertThat(vmsOf(ONE)).containsExactly(WEB.vm());
        assertThat(vmsOf(TWO)).isEmpty();

        state = write(state, new PlacementEvent.MigrationReserved("m1", TWO, 2, 3, "bob", 3_000, Mover.PRODUCT));
        assertThat(vmsOf(TWO)).containsExactly(WEB.vm());
        state = write(state, new PlacementEvent.TargetPrepared("m1", 7, 4_000));
        state = write(state, new PlacementEvent.CutoverStarted("m1", null, 5_000, 4_000));
        assertThat(vmsOf(TWO)).containsExactly(WEB.vm());
        state = write(state, new PlacementEvent.MigrationCommitted("m1", List.of(), List.of(), 6_000));
        write(state, new PlacementEvent.SourceReleased("m1", true, 7_000));
        assertThat(vmsOf(TWO)).containsExactly(WEB.vm());
        assertThat(vmsOf(ONE)).isEmpty();
    }

    private List<VmId> vmsOf(HostId host) {
        return tables.vmsOf(host).toCompletableFuture().join();
    }

    private PlacementState write(PlacementState state, PlacementEvent event) {
        PlacementState next = state.apply(event);
        tables.write(next).toCompletableFuture().join();
        return next;
    }

    private PlacementRow row() {
        return Objects.requireNonNull(placed.get(WEB.vm()));
    }

    private MigrationRow migration() {
        return Objects.requireNonNull(log.get("m1"));
    }

    private final class Directory implements PlacementDirectory {
        @Override
        public CompletionStage<Boolean> put(PlacementRow row) {
            placed.put(row.vm(), row);
            return CompletableFuture.completedFuture(true);
        }

        @Override
        public CompletionStage<Boolean> remove(VmId vm, long epoch) {
            return CompletableFuture.completedFuture(placed.remove(vm) != null);
        }

        @Override
        public CompletionStage<Optional<PlacementRow>> find(VmId vm) {
            return CompletableFuture.completedFuture(Optional.ofNullable(placed.get(vm)));
        }

        @Override
        public CompletionStage<List<PlacementRow>> listByHost(HostId host) {
            return CompletableFuture.completedFuture(placed.values().stream()
                    .filter(row -> row.host().equals(host))
                    .toList());
        }

        @Override
        public CompletionStage<List<PlacementRow>> listByTenant(TenantId tenant) {
            return listAll();
        }

        @Override
        public CompletionStage<List<PlacementRow>> listAll() {
            return CompletableFuture.completedFuture(List.copyOf(placed.values()));
        }
    }

    private final class Log implements MigrationLog {
        @Override
        public CompletionStage<List<VmId>> underWay(int limit) {
            return CompletableFuture.completedFuture(List.of());
        }

        @Override
        public CompletionStage<List<VmId>> comingTo(HostId host) {
            return CompletableFuture.completedFuture(log.values().stream()
                    .filter(row -> row.ended() == null && row.to().equals(host))
                    .map(MigrationRow::vm)
                    .toList());
        }

        @Override
        public CompletionStage<Integer> prune(Instant endedBefore, int keep) {
            return CompletableFuture.completedFuture(0);
        }

        @Override
        public CompletionStage<Void> put(MigrationRow row) {
            log.put(row.id(), row);
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public CompletionStage<Optional<MigrationRow>> find(String id) {
            return CompletableFuture.completedFuture(Optional.ofNullable(log.get(id)));
        }

        @Override
        public CompletionStage<List<MigrationRow>> list(@Nullable VmId vm, int limit) {
            return CompletableFuture.completedFuture(List.copyOf(log.values()));
        }
    }
}
