package io.portcullis.migration;

import static io.portcullis.migration.FakeCluster.ETH0;
import static io.portcullis.migration.FakeCluster.ONE;
import static io.portcullis.migration.FakeCluster.TWO;
import static io.portcullis.migration.FakeCluster.WEB;
import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.portcullis.datapath.runtime.CutoverTarget;
import io.portcullis.datapath.track.TableCodec;
import io.portcullis.datapath.track.TableSum;
import io.portcullis.migration.model.BulkEvent;
import io.portcullis.migration.model.BulkMove;
import io.portcullis.migration.model.BulkOperation;
import io.portcullis.migration.model.BulkSchedule;
import io.portcullis.migration.model.BulkState;
import io.portcullis.migration.model.CopyRound;
import io.portcullis.migration.model.MigrationOutcome;
import io.portcullis.migration.model.MigrationReceipt;
import io.portcullis.migration.model.Mover;
import io.portcullis.migration.model.Pace;
import io.portcullis.migration.model.PhaseTime;
import io.portcullis.migration.model.PlacementEvent;
import io.portcullis.migration.model.PlacementPhase;
import io.portcullis.migration.model.PlacementState;
import io.portcullis.migration.model.RebalancePlan;
import io.portcullis.migration.model.Refusal;
import io.portcullis.migration.model.ReplicaPlace;
import io.portcullis.migration.model.Restored;
import io.portcullis.migration.model.Side;
import io.portcullis.migration.model.VnicHandover;
import io.portcullis.migration.model.VnicTransfer;
import io.portcullis.persistence.StateChunk;
import io.portcullis.vnic.RefusalCode;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Everything that crosses a node or is stored comes back as it was, and what is stored says its version. */
class MessageFormatTest {
    private static final ActorTestKit KIT = ActorTestKit.create(
            "format-test",
            ConfigFactory.parseResources("application-test.conf")
                    .withFallback(ConfigFactory.load())
                    .resolve());
    private static final Refusal REFUSAL = new Refusal(RefusalCode.PORT, "no such port");
    private static final VnicTransfer TRANSFER =
            new VnicTransfer(ETH0, 1, 2, 3, -4, 5, 6, 7, 8, 9, 10, 11, List.of(new CopyRound(1, 2, 3, 4, 5)));
    private static final MigrationReceipt RECEIPT = new MigrationReceipt(
            "m1",
            WEB.vm(),
            ONE,
            TWO,
            1,
            2,
            "ann",
            MigrationOutcome.COMMITTED,
            List.of(new PhaseTime(PlacementPhase.RESERVING, 5)),
            List.of(TRANSFER),
            List.of("a problem"),
            4);

    private static final Pace PACE = new Pace("op-1", 100_000);
    private static final BulkOperation OPERATION = new BulkOperation(
            "op-1",
            BulkOperation.Kind.DRAIN,
            ONE,
            List.of(TWO),
            4,
            BulkOperation.Priority.NORMAL,
            BulkOperation.Phase.RUNNING,
            "ann",
            null,
            3,
            0,
            List.of(new BulkMove(WEB.vm(), ONE, TWO, true, BulkMove.State.WAITING, "m1", 1, "why", 5, 6)),
            0);

    @Test
    void shouldTakeADestinationThatSaysNothingOfChunksForOneOfBefore() {
        ActorRef<TargetCommand> session = KIT.<TargetCommand>createTestProbe().ref();
        ActorRef<StateChunk> chunks = KIT.<StateChunk>createTestProbe().ref();
        PlacementCommand.TargetReady ready = new PlacementCommand.TargetReady("m1", 7, List.of(), session, chunks, 0);
        assertThat(ready.chunkVersion()).isEqualTo(TableCodec.VERSION_WITHOUT_COLUMNS);
        assertThat(new AgentCommand.StartPreCopy("m1", WEB, 1, session, chunks, true, 0, null).chunkVersion())
                .isEqualTo(TableCodec.VERSION_WITHOUT_COLUMNS);
    }

    @Test
    void shouldCarryPiecesOfReplicas() {
        var self = KIT.<ReplicaCommand>createTestProbe().getRef();
        ReplicaCommand.Piece piece =
                new ReplicaCommand.Piece(ETH0, 2, ONE, 3, 4, 5, new byte[] {1, 2, 3}, true, 6, 7, self);
        ReplicaReply.Tables tables =
                new ReplicaReply.Tables(8, List.of(new ReplicaReply.Table(ETH0, new byte[] {4, 5}, -9)));

        for (Object message : List.of(piece, tables)) {
            assertThat(KIT.serializationTestKit().verifySerialization(message, false))
                    .usingRecursiveComparison()
                    .isEqualTo(message);
        }
    }

    @AfterAll
    static void stop() {
        KIT.shutdownTestKit();
    }

    /** In golden files: none is changed. */
    static final PlacementEvent ATTACH_WITH_REPLICA =
            new PlacementEvent.AttachStarted(WEB.withReplica(true), ONE, 3, "ann", 5, TWO, new ReplicaPlace(ONE, 2));

    static final PlacementEvent ATTACHED_FROM_REPLICA =
            new PlacementEvent.VmAttached(3, 5, new Restored(ONE, 7, 8, "a problem"));

    /** In golden files: none is changed, new ones come last. */
    static List<PlacementEvent> events() {
        return List.of(
                new PlacementEvent.AttachStarted(WEB, ONE, 1, "ann", 5, TWO),
                new PlacementEvent.VmAttached(1, 5),
                new PlacementEvent.AttachRefused(REFUSAL, 5),
                new PlacementEvent.DetachStarted("ann", 5),
                new PlacementEvent.VmDetached(5),
                new PlacementEvent.MigrationReserved("m1", TWO, 2, 3, "ann", 5, Mover.PRODUCT),
                new PlacementEvent.TargetPrepared("m1", 7, 5),
                new PlacementEvent.PreCopyStarted("m1", 5),
                new PlacementEvent.CutoverStarted("m1", null, 5, 0),
                new PlacementEvent.MigrationCommitted("m1", List.of(TRANSFER), List.of("a problem"), 5),
                new PlacementEvent.SourceReleased("m1", true, 5),
                new PlacementEvent.RollbackStarted("m1", REFUSAL, true, false, 5),
                new PlacementEvent.TargetAborted("m1", false, 5),
                new PlacementEvent.MigrationRolledBack("m1", 3, true, 5),
                new PlacementEvent.StopAwaited("m1", "a problem", 5),
                new PlacementEvent.VmStopped("m1", 5),
                new PlacementEvent.ReplicaAssigned(3, TWO, null, 5));
    }

    /** In golden files: none is changed, new ones come last. */
    static List<BulkEvent> bulkEvents() {
        return List.of(
                new BulkEvent.OperationStarted(OPERATION),
                new BulkEvent.VmsFound("op-1", List.of(WEB.vm())),
                new BulkEvent.MoveBegun("op-1", WEB.vm(), TWO, "m1", 5),
                new BulkEvent.MoveFailed("op-1", WEB.vm(), "why", true, 6),
                new BulkEvent.OperationRestarted("op-1", BulkOperation.Kind.LEAVE, "bob"),
                new BulkEvent.PhaseEntered("op-1", BulkOperation.Phase.PAUSED, "ann", 7),
                new BulkEvent.MoveDone("op-1", WEB.vm(), 8),
                new BulkEvent.LeaveBegun("op-1", "node", 9),
                new BulkEvent.LimitsChanged("op-1", 9, 100_000, "ann", 10));
    }

    static List<Object> messages() {
        var replies = KIT.<PlacementReply>createTestProbe().getRef();
        var target = KIT.<TargetCommand>createTestProbe().getRef();
        var source = KIT.<SourceCommand>createTestProbe().getRef();
        var precopy = KIT.<PreCopyCommand>createTestProbe().getRef();
        var chunks = KIT.<StateChunk>createTestProbe().getRef();
        var loads = KIT.<AgentCommand.LoadAnswer>createTestProbe().getRef();
        var tables = KIT.<ReplicaReply>createTestProbe().getRef();
        var bulk = KIT.<BulkReply>createTestProbe().getRef();
        var paces = KIT.<AgentCommand.PaceSet>createTestProbe().getRef();
        List<VnicTarget> targets = List.of(
                new VnicTarget(ETH0, new CutoverTarget(new InetSocketAddress("127.0.0.1", 4000), "secret", 1, 2)));
        PlacementView view = new PlacementView(
                WEB.vm(),
                PlacementPhase.PLACED,
                ONE,
                1,
                true,
                WEB,
                null,
                RECEIPT,
                TWO,
                RECEIPT.phases(),
                Mover.HYPERVISOR,
                4);
        return List.of(
                new PlacementCommand.AttachVm(WEB, ONE, "ann", replies),
                new PlacementCommand.DetachVm("ann", replies),
                new PlacementCommand.MigrateVm(TWO, "ann", true, Mover.HYPERVISOR, PACE, replies),
                new PlacementCommand.VmHasStopped("m1", replies),
                new PlacementEvent.MigrationReserved("m1", TWO, 2, 3, "ann", 5, Mover.HYPERVISOR, PACE),
                new PlacementCommand.AwaitMigration("m1", 2, replies),
                new PlacementCommand.CancelMigration("m1", "ann", replies),
                new PlacementCommand.GetPlacement(replies),
                ATTACH_WITH_REPLICA,
                ATTACHED_FROM_REPLICA,
                new PlacementEvent.ReplicaAssigned(3, null, "a problem", 5),
                new PlacementCommand.AttachReport(ONE, 1, null),
                new PlacementCommand.AttachReport(ONE, 1, REFUSAL),
                new PlacementCommand.AttachReport(ONE, 1, null, new Restored(TWO, 7, 8, null)),
                new PlacementCommand.ReplicaReport(ONE, 1, TWO, null),
                new PlacementCommand.ReplicaReport(ONE, 1, null, "a problem"),
                new PlacementCommand.ReplicaHeld(ONE, 1),
                new ReplicaCommand.Taken(ETH0, ONE, 2, 3, 4, 5),
                new ReplicaCommand.NotTaken(WEB.vm(), ONE, "why"),
                new ReplicaCommand.Fetch(WEB.vm(), 2, tables),
                new ReplicaCommand.Describe(WEB.vm().tenant(), WEB.vm(), tables),
                new ReplicaCommand.Describe(WEB.vm().tenant(), null, tables),
                new ReplicaReply.Kept(ONE, List.of(new ReplicaReply.KeptReplica(WEB.vm(), 2, true, 30, 4))),
                new ReplicaCommand.Drop(WEB.vm(), 2),
                new ReplicaReply.None("why"),
                new PlacementCommand.DetachReport(ONE, 1),
                new PlacementCommand.TargetReady("m1", 7, targets, target, chunks, 5),
                new PlacementCommand.TargetGaveUp("m1", REFUSAL),
                new PlacementCommand.TargetActivated("m1", List.of(TRANSFER), List.of(), Side.TARGET),
                new PlacementCommand.PreCopied("m1", "a problem", null),
                new PlacementCommand.PreCopied("m1", null, new PlacementCommand.Turn(true, 250)),
                new PlacementCommand.SourceKept("m1", REFUSAL),
                new PlacementCommand.SourceFailed("m1", REFUSAL),
                new PlacementCommand.SourceReclaimed("m1", REFUSAL),
                new PlacementCommand.SourceReleased("m1"),
                new PlacementCommand.SourceWaits("m1", ONE, WEB),
                new PlacementReply.Attached(view),
                new PlacementReply.Detached(WEB.vm()),
                new PlacementReply.MigrationAccepted("m1", WEB.vm(), ONE, TWO),
                new PlacementReply.MigrationPossible(WEB.vm(), ONE, TWO),
                new PlacementReply.Cancelled("m1"),
                new PlacementReply.Placement(view),
                new PlacementReply.Refused(RefusalCode.MOVING, "moving"),
                new MigrationUpdate.Progress("m1", WEB.vm(), ONE, TWO, PlacementPhase.PLACED, true, RECEIPT),
                new MigrationUpdate.NotFound("m1"),
                new AgentCommand.PrepareTarget("m1", WEB, 2),
                new AgentCommand.StartPreCopy("m1", WEB, 1, target, chunks, true, 5, PACE),
                new AgentCommand.SetPace(PACE, paces),
                new AgentCommand.PaceSet(ONE, "op-1", 7),
                new AgentCommand.StopPreCopy("m1", WEB.vm()),
                new AgentCommand.StartCutover("m1", WEB, 1, 2, 3, 7, targets, target, chunks, true),
                new AgentCommand.QueryTarget("m1", WEB, 2),
                new AgentCommand.QuerySource("m1", WEB, 1),
                new AgentCommand.AbortTarget("m1", WEB, 2, true),
                new AgentCommand.ReclaimSource("m1", WEB, 3),
                new AgentCommand.ReleaseSource("m1", WEB, 1, TWO, 2),
                new AgentCommand.AttachVm(WEB, 1),
                new AgentCommand.AttachVm(WEB.withReplica(true), 2, TWO, new ReplicaPlace(ONE, 1)),
                new AgentCommand.DetachVm(WEB, 1),
                new AgentCommand.TargetCheck(TWO, REFUSAL),
                new AgentCommand.GetLoad(List.of(WEB.vm()), loads),
                new AgentCommand.HostLoad(TWO, List.of(new AgentCommand.VmWeight(WEB.vm(), 2, 3, 4)), 10, true),
                new TargetCommand.Rehearse(
                        "m1",
                        List.of(VnicHandover.announced(ETH0, List.of(new CopyRound(3, 1, 90, 5_000, 2)))),
                        source,
                        true),
                new TargetCommand.OpenPreCopy("m1", precopy),
                new PreCopyCommand.Taken("m1", ETH0, 3, new TableSum(4, -5)),
                new PreCopyCommand.Refused("m1", REFUSAL),
                new TargetCommand.OpenTransfer("m1", source),
                new TargetCommand.Handover("m1", 2, List.of(new VnicHandover(ETH0, 1, 2, 3, -4, 5, 6, 7)), source),
                new TargetCommand.SourceEnforces("m1"),
                new TargetCommand.Abort("why", true),
                new SourceCommand.Rehearsed("m1", List.of(TRANSFER)),
                new SourceCommand.ChunkAcknowledged("m1", ETH0, 3),
                new SourceCommand.HandoverAccepted("m1", List.of(TRANSFER), List.of("a problem")),
                new SourceCommand.HandoverRefused("m1", REFUSAL),
                new BulkCommand.Empty(
                        BulkOperation.Kind.EVACUATE,
                        ONE,
                        new BulkCommand.Wishes(List.of(TWO), 7, BulkOperation.Priority.HIGH, 0),
                        "ann",
                        bulk),
                new BulkCommand.StopDrain(ONE, "ann", bulk),
                new BulkCommand.GetDrain(ONE, bulk),
                new BulkCommand.Rebalance(BulkCommand.Wishes.NONE, true, "ann", bulk),
                new BulkCommand.ChangeOperation("op-1", BulkCommand.Change.PAUSE, "ann", bulk),
                new BulkCommand.LimitOperation("op-1", null, 100_000L, "ann", bulk),
                new BulkCommand.GetOperation("op-1", bulk),
                new BulkCommand.ListOperations(bulk),
                new BulkReply.Operations(
                        List.of(BulkReply.Status.of(OPERATION, true, Map.of(BulkSchedule.HeldBack.MEMORY, 2), 5L))),
                new BulkReply.Planned(
                        new RebalancePlan(
                                List.of(new RebalancePlan.Step(WEB.vm(), ONE, TWO, 3, 4)),
                                List.of(new RebalancePlan.HostBalance(
                                        ONE,
                                        new RebalancePlan.Carried(1, 2, 3, 4),
                                        new RebalancePlan.Carried(0, 0, 0, 0)))),
                        null),
                new BulkReply.NoOperation(ONE),
                new BulkReply.Refused(RefusalCode.MOVING, "moving"),
                RECEIPT);
    }

    @ParameterizedTest
    @MethodSource({"messages", "events"})
    void shouldComeBackAsItWas(Object message) {
        KIT.serializationTestKit().verifySerialization(message, true);
    }

    @Test
    void shouldBringASnapshotBackAsItWas() {
        PlacementState state = PlacementState.empty(WEB.vm());
        for (PlacementEvent event : List.of(
                events().get(0), events().get(1), events().get(5), events().get(6), events().get(7), events().get(8))) {
            state = state.apply(event);
        }
        KIT.serializationTestKit().verifySerialization(state, true);
        KIT.serializationTestKit().verifySerialization(PlacementState.empty(WEB.vm()), true);
    }

    @Test
    void shouldBringBulkOperationsBackAsTheyWere() {
        List<BulkEvent> events = bulkEvents();
        BulkState state = BulkState.EMPTY;
        for (BulkEvent event : events) {
            KIT.serializationTestKit().verifySerialization(event, true);
            state = state.apply(event);
        }
        KIT.serializationTestKit().verifySerialization(state, true);
        var versions = KIT.system().settings().config().getConfig("pekko.serialization.jackson.migrations");
        assertThat(Arrays.stream(BulkEvent.class.getPermittedSubclasses()).map(Class::getName))
                .allMatch(name -> versions.hasPath("\"" + name + "\""))
                .hasSameSizeAs(events);
        assertThat(versions.hasPath("\"" + BulkState.class.getName() + "\"")).isTrue();
    }

    @Test
    void shouldNameAVersionForEveryStoredType() {
        var versions = KIT.system().settings().config().getConfig("pekko.serialization.jackson.migrations");
        assertThat(Arrays.stream(PlacementEvent.class.getPermittedSubclasses()).map(Class::getName))
                .allMatch(name -> versions.hasPath("\"" + name + "\""))
                .hasSameSizeAs(events());
        assertThat(versions.hasPath("\"" + PlacementState.class.getName() + "\""))
                .isTrue();
    }
}
