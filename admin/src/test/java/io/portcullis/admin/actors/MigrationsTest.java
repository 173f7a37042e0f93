package io.portcullis.admin.actors;

import static io.portcullis.admin.actors.ServicesOnActors.ETH0;
import static io.portcullis.admin.actors.ServicesOnActors.HOST_1;
import static io.portcullis.admin.actors.ServicesOnActors.HOST_2;
import static io.portcullis.admin.actors.ServicesOnActors.HOST_9;
import static io.portcullis.admin.actors.ServicesOnActors.WEB;
import static io.portcullis.admin.actors.ServicesOnActors.done;
import static io.portcullis.admin.actors.ServicesOnActors.refused;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.portcullis.admin.http.ProblemKind;
import io.portcullis.api.CopyRoundView;
import io.portcullis.api.MigrationView;
import io.portcullis.api.PhaseView;
import io.portcullis.migration.PlacementCommand;
import io.portcullis.migration.PlacementReply;
import io.portcullis.migration.PlacementView;
import io.portcullis.migration.model.CopyRound;
import io.portcullis.migration.model.MigrationOutcome;
import io.portcullis.migration.model.MigrationReceipt;
import io.portcullis.migration.model.Mover;
import io.portcullis.migration.model.PhaseTime;
import io.portcullis.migration.model.PlacementPhase;
import io.portcullis.migration.model.VnicTransfer;
import io.portcullis.persistence.MigrationRow;
import io.portcullis.persistence.PolicyJacksonModule;
import io.portcullis.vnic.RefusalCode;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What the API says of migrations, from their log and from placements. */
class MigrationsTest {
    @RegisterExtension
    static final ServicesOnActors NODE = new ServicesOnActors();

    private final FakeCluster cluster = NODE.cluster();
    private final ActorServices services = NODE.services();
    /** Asks of those who do not answer. */
    private final ActorServices impatient = NODE.impatient();

    @Test
    void shouldTellUnknownHostsAndVmsFromRefusedMoves() {
        cluster.onPlacement = refusing(RefusalCode.WRONG_STATE, "the VM is detached");
        assertThat(refused(services.migrate(WEB, HOST_2, "me")).kind()).isEqualTo(ProblemKind.UNKNOWN);
        assertThat(refused(services.migrate(WEB, HOST_9, "me")).getMessage()).isEqualTo("there is no host 'host-9'");

        cluster.onPlacement = refusing(RefusalCode.MOVING, "it moves");
        assertThat(refused(services.migrate(WEB, HOST_2, "me")).kind()).isEqualTo(ProblemKind.MOVING);
        cluster.onPlacement = refusing(RefusalCode.CAPACITY, "full");
        assertThat(refused(services.migrate(WEB, HOST_2, "me")).kind()).isEqualTo(ProblemKind.CAPACITY);
    }

    private static java.util.function.Consumer<PlacementCommand> refusing(RefusalCode code, String message) {
        return command -> {
            if (command instanceof PlacementCommand.MigrateVm migrate) {
                migrate.replyTo().tell(new PlacementReply.Refused(code, message));
            }
        };
    }

    @Test
    void shouldFollowAMigrationBeforeTheLogHasIt() {
        cluster.onPlacement = command -> {
            if (command instanceof PlacementCommand.MigrateVm migrate) {
                migrate.replyTo().tell(new PlacementReply.MigrationAccepted("m-1", WEB, HOST_1, HOST_2));
            }
            if (command instanceof PlacementCommand.GetPlacement get) {
                get.replyTo().tell(placed(PlacementPhase.CUTTING_OVER, "m-1", null));
            }
        };

        MigrationView begun = done(services.migrate(WEB, HOST_2, "me"));

        assertThat(begun.state()).isEqualTo("RUNNING");
        assertThat(done(services.migration("m-1")).phase()).isEqualTo("CUTTING_OVER");
        cluster.onPlacement = command -> {
            if (command instanceof PlacementCommand.GetPlacement get) {
                get.replyTo().tell(placed(PlacementPhase.PLACED, null, receipt("m-1")));
            }
        };
        MigrationView ended = done(services.migration("m-1"));
        assertThat(ended.state()).isEqualTo("COMMITTED");
        assertThat(ended.receipt().pauseNanos()).isEqualTo(1_200);
        assertThat(ended.receipt().lossless()).isTrue();
        assertThat(refused(services.migration("m-2")).kind()).isEqualTo(ProblemKind.UNKNOWN);
        assertThat(refused(services.cancel("m-1", "me")).kind()).isEqualTo(ProblemKind.TOO_LATE);
    }

    @Test
    void shouldShowTheWaitForATurnAsAPhase() {
        cluster.onPlacement = command -> {
            if (command instanceof PlacementCommand.MigrateVm migrate) {
                migrate.replyTo().tell(new PlacementReply.MigrationAccepted("m-1", WEB, HOST_1, HOST_2));
            }
            if (command instanceof PlacementCommand.GetPlacement get) {
                get.replyTo().tell(placed(PlacementPhase.PRECOPYING, "m-1", null, 1_500));
            }
        };

        done(services.migrate(WEB, HOST_2, "me"));
        MigrationView waits = done(services.migration("m-1"));

        assertThat(waits.phase()).isEqualTo(MigrationView.AWAITING_TURN);
        assertThat(waits.phases())
                .containsExactly(
                        new PhaseView("PRECOPYING", "1970-01-01T00:00:01Z"),
                        new PhaseView("AWAITING_TURN", "1970-01-01T00:00:01.500Z"));
        cluster.onPlacement = command -> {
            if (command instanceof PlacementCommand.GetPlacement get) {
                get.replyTo().tell(placed(PlacementPhase.CUTTING_OVER, "m-1", null, 1_500));
            }
        };
        assertThat(done(services.migration("m-1")).phase()).isEqualTo("CUTTING_OVER");
    }

    static PlacementReply placed(PlacementPhase phase, @Nullable String migration, @Nullable MigrationReceipt receipt) {
        return placed(phase, migration, receipt, 0);
    }

    private static PlacementReply placed(
            PlacementPhase phase, @Nullable String migration, @Nullable MigrationReceipt receipt, long waitedSince) {
        return new PlacementReply.Placement(new PlacementView(
                WEB,
                phase,
                HOST_1,
                3,
                true,
                null,
                migration,
                receipt,
                null,
                migration == null ? List.of() : List.of(new PhaseTime(phase, 1_000)),
                migration == null ? null : Mover.PRODUCT,
                waitedSince));
    }

    private static MigrationReceipt receipt(String id) {
        return new MigrationReceipt(
                id,
                WEB,
                HOST_1,
                HOST_2,
                1,
                2,
                "me",
                MigrationOutcome.COMMITTED,
                List.of(
                        new PhaseTime(PlacementPhase.RESERVING, 1_000),
                        new PhaseTime(PlacementPhase.PRECOPYING, 1_200),
                        new PhaseTime(PlacementPhase.CUTTING_OVER, 1_900),
                        new PhaseTime(PlacementPhase.PLACED, 2_000)),
                List.of(new VnicTransfer(
                        ETH0, 4, 4, 256, -1, -1, 7, 3, 2, 0, 900, 1_200, List.of(new CopyRound(4, 0, 200, 5_000, 1)))),
                List.of(),
                1_300);
    }

    @Test
    void shouldReadReceiptsFromTheLog() throws Exception {
        String json = JsonMapper.builder()
                .addModule(new PolicyJacksonModule())
                .build()
                .writeValueAsString(receipt("m-7"));
        cluster.migrations.add(
                new MigrationRow("m-7", WEB, HOST_2, HOST_1, "COMMITTED", "me", Instant.EPOCH, Instant.EPOCH, json));

        MigrationView view = done(services.migration("m-7"));

        assertThat(view.receipt().vnics().getFirst().digestSent()).isEqualTo("ffffffffffffffff");
        assertThat(view.receipt().phases())
                .extracting(PhaseView::phase)
                .containsExactly("RESERVING", "PRECOPYING", "AWAITING_TURN", "CUTTING_OVER", "PLACED");
        assertThat(view.receipt().rounds()).isEqualTo(1);
        assertThat(view.receipt().restBytes()).isEqualTo(56);
        assertThat(view.receipt().vnics().getFirst().rounds()).containsExactly(new CopyRoundView(4, 0, 200, 5_000, 1));
        assertThat(done(services.nodeReport()).migrations()).isEqualTo(Map.of("COMMITTED", 1L));
        assertThat(done(services.nodeReport()).migrations()).isEqualTo(Map.of("COMMITTED", 1L));
        assertThat(done(services.nodeReport()).counters()).containsEntry("uplink.in", 9L);
    }
}
