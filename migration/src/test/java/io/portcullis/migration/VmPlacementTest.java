package io.portcullis.migration;

import static io.portcullis.migration.FakeCluster.ETH0;
import static io.portcullis.migration.FakeCluster.ONE;
import static io.portcullis.migration.FakeCluster.TWO;
import static io.portcullis.migration.FakeCluster.WEB;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.runtime.VnicMode;
import io.portcullis.migration.FakeVmHost.Op;
import io.portcullis.migration.model.MigrationOutcome;
import io.portcullis.migration.model.MigrationReceipt;
import io.portcullis.migration.model.PlacementPhase;
import io.portcullis.policy.HostId;
import io.portcullis.vnic.RefusalCode;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What operators may ask for when, and what becomes of a placement whose node dies in each phase. */
class VmPlacementTest {
    private final FakeCluster cluster = new FakeCluster();

    @AfterEach
    void stop() {
        cluster.close();
    }

    // ---- refusals, each with its own code

    @Test
    void shouldRefuseToMigrateAVmThatWasNeverAttached() {
        assertRefused(cluster.migrate(WEB, TWO), RefusalCode.WRONG_STATE, "attached to no host");
    }

    @Test
    void shouldRefuseTheHostThatTheVmIsOn() {
        cluster.attach(WEB, ONE);
        assertRefused(cluster.migrate(WEB, ONE), RefusalCode.SAME_HOST, "already on host host-1");
    }

    @Test
    void shouldRefuseAHostThatIsNoMember() {
        cluster.attach(WEB, ONE);
        assertRefused(cluster.migrate(WEB, new HostId("host-9")), RefusalCode.UNKNOWN, "host-9");
        assertRefused(
                cluster.attach(FakeCluster.spec("acme/db-1", 1), new HostId("host-9")), RefusalCode.UNKNOWN, "host-9");
    }

    @Test
    void shouldRefuseAHostThatDoesNotAnswer() {
        cluster.attach(WEB, ONE);
        cluster.set(TWO, HostLookup.Presence.UNAVAILABLE);
        assertRefused(cluster.migrate(WEB, TWO), RefusalCode.HOST_UNAVAILABLE, "host-2");
    }

    @Test
    void shouldRefuseToMoveAVmWhoseHostIsDown() {
        cluster.attach(WEB, ONE);
        cluster.kill(ONE);
        assertThat(cluster.migrate(WEB, TWO)).isInstanceOf(PlacementReply.Refused.class);
        assertThat(cluster.view(WEB).hostUp()).isFalse();
    }

    @Test
    void shouldRefuseADrainingHost() {
        cluster.attach(WEB, ONE);
        cluster.host(TWO).setDraining(true);
        assertRefused(cluster.migrate(WEB, TWO), RefusalCode.DRAINING, "evacuated");
    }

    @Test
    void shouldRefuseAFullHost() {
        cluster.attach(WEB, ONE);
        cluster.host(TWO).free(1);
        assertRefused(cluster.migrate(WEB, TWO), RefusalCode.CAPACITY, "limit");
        assertThat(cluster.view(WEB).epoch()).isEqualTo(1);
    }

    @Test
    void shouldRefuseASecondMigrationAndADetachOfAMovingVm() {
        cluster.attach(WEB, ONE);
        cluster.host(TWO).hang(Op.ADMIT);
        String id = cluster.startMigration(WEB, TWO);

        assertRefused(cluster.migrate(WEB, TWO), RefusalCode.MOVING, id);
        assertRefused(cluster.detach(WEB), RefusalCode.MOVING, id);
        assertRefused(cluster.attach(WEB, TWO), RefusalCode.MOVING, id);
        cluster.host(TWO).goOn(Op.ADMIT);
        assertThat(cluster.receipt(WEB, id).lossless()).isTrue();
    }

    @Test
    void shouldAnswerBothOfTwoOperatorsWhoMigrateAtTheSameTime() {
        cluster.attach(WEB, ONE);
        cluster.host(TWO).hang(Op.WOULD_TAKE);
        var ann = cluster.kit.<PlacementReply>createTestProbe();
        var bob = cluster.kit.<PlacementReply>createTestProbe();
        cluster.placement(WEB.vm()).tell(new PlacementCommand.MigrateVm(TWO, "ann", ann.getRef()));
        cluster.placement(WEB.vm()).tell(new PlacementCommand.MigrateVm(TWO, "bob", bob.getRef()));
        Awaitility.await().until(() -> cluster.host(TWO).calls(Op.WOULD_TAKE) == 2);
        cluster.host(TWO).goOn(Op.WOULD_TAKE);

        var answers = java.util.List.of(ann.receiveMessage(), bob.receiveMessage());
        assertThat(answers).hasAtLeastOneElementOfType(PlacementReply.MigrationAccepted.class);
        assertThat(answers).hasAtLeastOneElementOfType(PlacementReply.Refused.class);
    }

    @Test
    void shouldRestWhileNothingIsAskedAndGoOnAsIfItHadNot() {
        cluster.attach(WEB, ONE);
        cluster.placement(WEB.vm()).tell(new PlacementCommand.Idle());
        Awaitility.await().until(() -> cluster.rested() == 1);

        assertThat(cluster.view(WEB).host()).isEqualTo(ONE);
        String id = cluster.startMigration(WEB, TWO);
        assertThat(cluster.receipt(WEB, id).lossless()).isTrue();
        cluster.placement(WEB.vm()).tell(new PlacementCommand.Idle());
        Awaitility.await().until(() -> cluster.rested() == 2);
        assertThat(cluster.view(WEB).epoch()).isEqualTo(2);
        assertThat(cluster.view(WEB).lastReceipt()).isNotNull();
    }

    @Test
    void shouldNotRestWhileTheVmMovesOrAHostIsAsked() {
        cluster.attach(WEB, ONE);
        cluster.host(TWO).hang(Op.WOULD_TAKE);
        var ann = cluster.kit.<PlacementReply>createTestProbe();
        cluster.placement(WEB.vm()).tell(new PlacementCommand.MigrateVm(TWO, "ann", ann.getRef()));
        Awaitility.await().until(() -> cluster.host(TWO).calls(Op.WOULD_TAKE) == 1);
        cluster.placement(WEB.vm()).tell(new PlacementCommand.Idle());

        cluster.host(TWO).hang(Op.ADMIT);
        cluster.host(TWO).goOn(Op.WOULD_TAKE);
        var accepted = ann.expectMessageClass(PlacementReply.MigrationAccepted.class, FakeCluster.PATIENCE);
        cluster.placement(WEB.vm()).tell(new PlacementCommand.Idle());
        cluster.host(TWO).goOn(Op.ADMIT);
        assertThat(cluster.receipt(WEB, accepted.id()).lossless()).isTrue();
        assertThat(cluster.rested()).isZero();
    }

    @Test
    void shouldLeaveWhatComesBeforeItStopsToItsNextIncarnation() {
        cluster.attach(WEB, ONE);
        var resting = cluster.placement(WEB.vm());
        cluster.slowToStop();
        resting.tell(new PlacementCommand.Idle());
        Awaitility.await().until(() -> cluster.rested() == 1);

        var ann = cluster.kit.<PlacementReply>createTestProbe();
        resting.tell(new PlacementCommand.MigrateVm(TWO, "ann", ann.getRef()));
        var accepted = ann.expectMessageClass(PlacementReply.MigrationAccepted.class, FakeCluster.PATIENCE);
        assertThat(cluster.receipt(WEB, accepted.id()).lossless()).isTrue();
        assertThat(cluster.placement(WEB.vm())).isNotEqualTo(resting);
    }

    @Test
    void shouldRefuseASecondAttach() {
        cluster.attach(WEB, ONE);
        assertRefused(cluster.attach(WEB, TWO), RefusalCode.WRONG_STATE, "already attached to host host-1");
    }

    @Test
    void shouldTakeAVmOverFromAHostThatIsLost() {
        cluster.attach(WEB, ONE);
        cluster.kill(ONE);

        assertThat(cluster.attach(WEB, TWO)).isInstanceOfSatisfying(PlacementReply.Attached.class, attached -> {
            assertThat(attached.placement().host()).isEqualTo(TWO);
            assertThat(attached.placement().epoch()).isEqualTo(2);
            assertThat(attached.placement().takenFrom()).isEqualTo(ONE);
            assertThat(attached.placement().hostUp()).isTrue();
        });
        assertThat(cluster.host(TWO).mode(ETH0)).isEqualTo(VnicMode.ENFORCING);

        cluster.addHost(ONE);
        String id = cluster.startMigration(WEB, ONE);
        assertThat(cluster.receipt(WEB, id).epochAfter()).isEqualTo(3);
        assertThat(cluster.view(WEB).takenFrom())
                .as("it has its connections again, those since the loss")
                .isNull();
    }

    @Test
    void shouldHaveALostHostLetGoThatIsBackBeforeAnotherOneIsTold() {
        cluster.attach(WEB, ONE);
        cluster.set(ONE, HostLookup.Presence.ABSENT);
        cluster.failDatabase(new IllegalStateException("no directory in this test"));
        var ann = cluster.kit.<PlacementReply>createTestProbe();
        cluster.placement(WEB.vm()).tell(new PlacementCommand.AttachVm(WEB, TWO, "ann", ann.getRef()));
        cluster.awaitPhase(WEB, PlacementPhase.ATTACHING);

        cluster.host(ONE).hang(Op.DETACH);
        cluster.set(ONE, HostLookup.Presence.UP);
        cluster.failDatabase(null);
        Awaitility.await().until(() -> cluster.host(ONE).calls(Op.DETACH) > 0);
        assertThat(cluster.host(TWO).calls(Op.ATTACH)).isZero();

        cluster.host(ONE).goOn(Op.DETACH);
        ann.expectMessageClass(PlacementReply.Attached.class, FakeCluster.PATIENCE);
        assertThat(cluster.host(ONE).mode(ETH0)).isNull();
        assertThat(cluster.host(TWO).mode(ETH0)).isEqualTo(VnicMode.ENFORCING);
    }

    @Test
    void shouldTakeNothingFromALostHostForOneThatRefuses() {
        cluster.attach(WEB, ONE);
        cluster.kill(ONE);
        cluster.host(TWO).free(1);

        assertRefused(cluster.attach(WEB, TWO), RefusalCode.CAPACITY, "limit");
        assertThat(cluster.view(WEB).host()).isEqualTo(ONE);
        assertThat(cluster.view(WEB).epoch()).isEqualTo(1);
    }

    @Test
    void shouldTakeNothingFromAHostThatOnlyDoesNotAnswer() {
        cluster.attach(WEB, ONE);
        cluster.set(ONE, HostLookup.Presence.UNAVAILABLE);

        assertRefused(cluster.attach(WEB, TWO), RefusalCode.WRONG_STATE, "already attached to host host-1");
    }

    @Test
    void shouldRefuseToDetachWhatIsDetached() {
        assertRefused(cluster.detach(WEB), RefusalCode.WRONG_STATE, "nothing to detach");
    }

    @Test
    void shouldLeaveNothingWhenTheHostRefusesTheAttach() {
        cluster.host(ONE).failNext(Op.ATTACH, RefusalCode.PORT, 1);

        assertRefused(cluster.attach(WEB, ONE), RefusalCode.PORT, "ATTACH");

        assertThat(cluster.view(WEB).phase()).isEqualTo(PlacementPhase.DETACHED);
        assertThat(cluster.attach(WEB, ONE)).isInstanceOf(PlacementReply.Attached.class);
    }

    @Test
    void shouldSayThatAHostRefusesOnceThatHasGivenTheEpochUp() {
        cluster.host(ONE).failNext(Op.ATTACH, RefusalCode.PORT, 1);
        cluster.host(ONE).hang(Op.DETACH);
        var ann = cluster.kit.<PlacementReply>createTestProbe();

        cluster.placement(WEB.vm()).tell(new PlacementCommand.AttachVm(WEB, ONE, "ann", ann.getRef()));
        Awaitility.await().until(() -> cluster.host(ONE).calls(Op.DETACH) > 0);
        assertThat(cluster.view(WEB).phase()).isEqualTo(PlacementPhase.ATTACHING);

        cluster.host(ONE).goOn(Op.DETACH);
        assertRefused(
                ann.expectMessageClass(PlacementReply.Refused.class, FakeCluster.PATIENCE), RefusalCode.PORT, "ATTACH");
    }

    @Test
    void shouldAnswerWhenTheHostDiesDuringTheAttach() {
        cluster.host(ONE).hang(Op.ATTACH);
        var probe = cluster.kit.<PlacementReply>createTestProbe();
        cluster.placement(WEB.vm()).tell(new PlacementCommand.AttachVm(WEB, ONE, "ann", probe.getRef()));
        Awaitility.await().until(() -> cluster.host(ONE).calls(Op.ATTACH) > 0);

        cluster.kill(ONE);

        assertRefused(probe.receiveMessage(), RefusalCode.HOST_UNAVAILABLE, "host-1");
        assertThat(cluster.view(WEB).phase()).isEqualTo(PlacementPhase.DETACHED);
    }

    @Test
    void shouldDetachAVmWhoseHostIsGone() {
        cluster.attach(WEB, ONE);
        cluster.kill(ONE);
        assertThat(cluster.detach(WEB)).isEqualTo(new PlacementReply.Detached(WEB.vm()));
    }

    // ---- cancel

    @Test
    void shouldCancelBeforeTheHandOver() {
        cluster.attach(WEB, ONE);
        cluster.host(TWO).hang(Op.EXPECT);
        String id = cluster.startMigration(WEB, TWO);
        Awaitility.await().until(() -> cluster.host(TWO).calls(Op.EXPECT) > 0);

        assertThat(cluster.cancel(WEB, id)).isEqualTo(new PlacementReply.Cancelled(id));

        MigrationReceipt receipt = cluster.receipt(WEB, id);
        assertThat(receipt.outcome()).isEqualTo(MigrationOutcome.CANCELLED);
        assertThat(receipt.problems()).containsExactly("cancelled by bob");
        assertThat(cluster.host(ONE).mode(ETH0)).isEqualTo(VnicMode.ENFORCING);
        assertThat(cluster.view(WEB).epoch()).isEqualTo(1);
        Awaitility.await().until(() -> cluster.host(TWO).mode(ETH0) == null);
        cluster.host(TWO).goOn(Op.EXPECT);
        String next = cluster.startMigration(WEB, TWO);
        assertThat(cluster.receipt(WEB, next).epochAfter())
                .as("no epoch is granted twice")
                .isEqualTo(3);
    }

    @Test
    void shouldRefuseToCancelOnceTheHandOverHasBegun() {
        cluster.attach(WEB, ONE);
        cluster.host(TWO).hang(Op.IMPORT);
        String id = cluster.startMigration(WEB, TWO);
        cluster.awaitPhase(WEB, PlacementPhase.CUTTING_OVER);

        assertRefused(cluster.cancel(WEB, id), RefusalCode.TOO_LATE, "has begun");

        cluster.host(TWO).goOn(Op.IMPORT);
        assertThat(cluster.receipt(WEB, id).lossless()).isTrue();
        assertRefused(cluster.cancel(WEB, id), RefusalCode.TOO_LATE, "has ended");
        assertRefused(cluster.cancel(WEB, "m99"), RefusalCode.UNKNOWN, "m99");
    }

    // ---- the coordinator's node dies

    @Test
    void shouldGoOnAfterARestartWhileItReserves() {
        assertCommittedAfterRestart(TWO, Op.ADMIT, PlacementPhase.RESERVING);
    }

    @Test
    void shouldGoOnAfterARestartBeforeTheSeal() {
        assertCommittedAfterRestart(ONE, Op.CUT, PlacementPhase.CUTTING_OVER);
    }

    @Test
    void shouldGoOnAfterARestartAfterTheSeal() {
        assertCommittedAfterRestart(TWO, Op.IMPORT, PlacementPhase.CUTTING_OVER);
    }

    @Test
    void shouldGoOnAfterARestartWhileTheTargetActivates() {
        assertCommittedAfterRestart(TWO, Op.ACTIVATE, PlacementPhase.CUTTING_OVER);
    }

    @Test
    void shouldGoOnAfterARestartBeforeTheSourceLetGo() {
        assertCommittedAfterRestart(ONE, Op.RELEASE, PlacementPhase.COMMITTED);
        assertThat(cluster.host(ONE).mode(ETH0)).isNull();
    }

    @Test
    void shouldGoOnAfterARestartWhileTheTargetIsCleared() {
        cluster.attach(WEB, ONE);
        cluster.host(TWO).failNext(Op.EXPECT, RefusalCode.PORT, 1);
        cluster.host(TWO).hang(Op.DETACH);
        String id = cluster.startMigration(WEB, TWO);
        Awaitility.await().until(() -> cluster.host(TWO).calls(Op.DETACH) > 0);

        cluster.restartPlacement(WEB.vm());
        cluster.host(TWO).goOn(Op.DETACH);

        assertThat(cluster.receipt(WEB, id).outcome()).isEqualTo(MigrationOutcome.ROLLED_BACK);
    }

    @Test
    void shouldGoOnAfterARestartWhileTheSourceReclaims() {
        cluster.attach(WEB, ONE);
        cluster.host(TWO).failNext(Op.IMPORT, RefusalCode.INVALID, 1);
        cluster.host(ONE).hang(Op.RECLAIM);
        String id = cluster.startMigration(WEB, TWO);
        cluster.awaitPhase(WEB, PlacementPhase.ROLLING_BACK);

        cluster.restartPlacement(WEB.vm());
        assertThat(cluster.view(WEB).phase()).isEqualTo(PlacementPhase.ROLLING_BACK);
        cluster.host(ONE).goOn(Op.RECLAIM);

        assertThat(cluster.receipt(WEB, id).outcome()).isEqualTo(MigrationOutcome.RECLAIMED);
        assertThat(cluster.host(ONE).mode(ETH0)).isEqualTo(VnicMode.ENFORCING);
    }

    @Test
    void shouldGoOnAfterARestartWhileItAttachesOrDetaches() {
        cluster.host(ONE).hang(Op.ATTACH);
        var probe = cluster.kit.<PlacementReply>createTestProbe();
        cluster.placement(WEB.vm()).tell(new PlacementCommand.AttachVm(WEB, ONE, "ann", probe.getRef()));
        cluster.awaitPhase(WEB, PlacementPhase.ATTACHING);
        cluster.restartPlacement(WEB.vm());
        cluster.host(ONE).goOn(Op.ATTACH);
        cluster.awaitPhase(WEB, PlacementPhase.PLACED);

        cluster.host(ONE).hang(Op.DETACH);
        cluster.placement(WEB.vm()).tell(new PlacementCommand.DetachVm("ann", probe.getRef()));
        cluster.awaitPhase(WEB, PlacementPhase.DETACHING);
        cluster.restartPlacement(WEB.vm());
        cluster.host(ONE).goOn(Op.DETACH);
        cluster.awaitPhase(WEB, PlacementPhase.DETACHED);
    }

    @Test
    void shouldWriteTheDirectoryAgainAfterARestart() {
        cluster.attach(WEB, ONE);
        cluster.failDatabase(new IllegalStateException("no database in this test"));
        cluster.detach(WEB);
        cluster.restartPlacement(WEB.vm());
        cluster.failDatabase(null);

        Awaitility.await()
                .untilAsserted(() -> assertThat(cluster.written)
                        .last()
                        .satisfies(state -> assertThat(state.phase()).isEqualTo(PlacementPhase.DETACHED)));
    }

    private void assertCommittedAfterRestart(HostId host, Op op, PlacementPhase phase) {
        cluster.attach(WEB, ONE);
        cluster.host(host).hang(op);
        String id = cluster.startMigration(WEB, TWO);
        Awaitility.await().until(() -> cluster.host(host).calls(op) > 0);
        cluster.awaitPhase(WEB, phase);

        cluster.restartPlacement(WEB.vm());
        assertThat(cluster.view(WEB).phase()).isEqualTo(phase);
        cluster.host(host).goOn(op);

        MigrationReceipt receipt = cluster.receipt(WEB, id);
        assertThat(receipt.outcome()).isEqualTo(MigrationOutcome.COMMITTED);
        assertThat(receipt.lossless()).isTrue();
        assertThat(cluster.host(TWO).mode(ETH0)).isEqualTo(VnicMode.ENFORCING);
    }

    private static void assertRefused(PlacementReply reply, RefusalCode code, String text) {
        assertThat(reply).isInstanceOfSatisfying(PlacementReply.Refused.class, refused -> {
            assertThat(refused.code()).isEqualTo(code);
            assertThat(refused.message()).contains(text);
        });
    }
}
