package io.portcullis.migration;

import static io.portcullis.migration.FakeCluster.ETH0;
import static io.portcullis.migration.FakeCluster.ETH1;
import static io.portcullis.migration.FakeCluster.ONE;
import static io.portcullis.migration.FakeCluster.TWO;
import static io.portcullis.migration.FakeCluster.WEB;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portcullis.datapath.runtime.VnicMode;
import io.portcullis.migration.FakeVmHost.Op;
import io.portcullis.migration.model.CopyRound;
import io.portcullis.migration.model.MigrationOutcome;
import io.portcullis.migration.model.MigrationReceipt;
import io.portcullis.migration.model.Mover;
import io.portcullis.migration.model.PhaseTime;
import io.portcullis.migration.model.PlacementPhase;
import io.portcullis.vnic.RefusalCode;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A hypervisor moves the VM: its firewalls wait for its word, and keep their tables fresh at the destination meanwhile. */
class HypervisorMoveTest {
    private static final int CONNECTIONS = 12;

    private FakeCluster cluster = new FakeCluster();

    @AfterEach
    void stop() {
        cluster.close();
    }

    @Test
    void shouldNotCutBeforeTheVmIsStopped() {
        String id = prepared();
        assertThat(cluster.host(ONE).mode(ETH0)).isEqualTo(VnicMode.ENFORCING);
        assertThat(cluster.host(TWO).mode(ETH0)).isEqualTo(VnicMode.PASSIVE);

        assertThat(stopped(id)).isInstanceOf(PlacementReply.Placement.class);

        MigrationReceipt receipt = cluster.receipt(WEB, id);
        assertThat(receipt.outcome()).isEqualTo(MigrationOutcome.COMMITTED);
        assertThat(receipt.lossless()).isTrue();
        assertThat(receipt.phases())
                .extracting(PhaseTime::phase)
                .containsExactly(
                        PlacementPhase.RESERVING,
                        PlacementPhase.PREPARED,
                        PlacementPhase.PRECOPYING,
                        PlacementPhase.AWAITING_STOP,
                        PlacementPhase.CUTTING_OVER,
                        PlacementPhase.COMMITTED,
                        PlacementPhase.PLACED);
        assertThat(cluster.host(TWO).mode(ETH1)).isEqualTo(VnicMode.ENFORCING);
    }

    @Test
    void shouldSendWhatChangesWhileItWaitsSoThatThePauseNeedNot() {
        String id = prepared();
        cluster.host(ONE).fill(ETH0, CONNECTIONS + 5);
        await().until(() -> cluster.host(TWO).imported(ETH0) >= CONNECTIONS + 5);

        stopped(id);

        MigrationReceipt receipt = cluster.receipt(WEB, id);
        assertThat(receipt.lossless()).isTrue();
        assertThat(cluster.host(TWO).tableOf(ETH0)).hasSize(CONNECTIONS + 5);
        // however long it waited, the receipt says of few rounds
        assertThat(receipt.vnics().getFirst().rounds()).hasSizeLessThan(8);
        assertThat(receipt.vnics().getFirst().rounds().stream()
                        .mapToLong(CopyRound::entries)
                        .sum())
                .isGreaterThanOrEqualTo(CONNECTIONS + 5);
    }

    @Test
    void shouldCutAsSoonAsItCanWhenTheVmIsStoppedTooEarly() {
        attach();
        cluster.host(TWO).hang(Op.IMPORT_NEXT);
        String id = hypervise();
        cluster.awaitPhase(WEB, PlacementPhase.PRECOPYING);

        assertThat(stopped(id)).isInstanceOf(PlacementReply.Placement.class);
        assertThat(stopped(id)).as("said twice").isInstanceOf(PlacementReply.Placement.class);
        cluster.host(TWO).goOn(Op.IMPORT_NEXT);

        MigrationReceipt receipt = cluster.receipt(WEB, id);
        assertThat(receipt.lossless()).isTrue();
        assertThat(receipt.phases()).extracting(PhaseTime::phase).doesNotContain(PlacementPhase.AWAITING_STOP);
        assertThat(stopped(id)).as("said late").isInstanceOf(PlacementReply.Placement.class);
    }

    @Test
    void shouldRefuseTheStopOfWhatItDoesNotKnowOrHasGivenUp() {
        String id = prepared();
        cluster.cancel(WEB, id);
        assertThat(cluster.receipt(WEB, id).outcome()).isEqualTo(MigrationOutcome.CANCELLED);

        assertRefused(stopped(id), RefusalCode.TOO_LATE);
        assertRefused(stopped("m99"), RefusalCode.UNKNOWN);
        assertThat(cluster.host(ONE).mode(ETH0)).isEqualTo(VnicMode.ENFORCING);
        assertThat(cluster.host(ONE).isExported(ETH0)).isFalse();
    }

    @Test
    void shouldRefuseTheStopOfAVmThatTheProductMoves() {
        attach();
        cluster.host(TWO).hang(Op.IMPORT_NEXT);
        String id = cluster.startMigration(WEB, TWO);
        assertRefused(stopped(id), RefusalCode.WRONG_STATE);
        cluster.host(TWO).goOn(Op.IMPORT_NEXT);
        cluster.receipt(WEB, id);
    }

    @Test
    void shouldLeaveTheSourceUntouchedWhenTheHypervisorSaysNothing() {
        cluster.close();
        cluster = new FakeCluster("hypervisor.stop-timeout = 1s");
        String id = prepared();

        MigrationReceipt receipt = cluster.receipt(WEB, id);

        assertThat(receipt.outcome()).isEqualTo(MigrationOutcome.ROLLED_BACK);
        assertThat(receipt.epochAfter()).isEqualTo(1);
        assertThat(cluster.host(ONE).mode(ETH0)).isEqualTo(VnicMode.ENFORCING);
        await().until(() -> !cluster.host(ONE).isExported(ETH0));
    }

    @Test
    void shouldGoOnWhenThePlacementsNodeDiesWhileItWaits() {
        String id = prepared();
        cluster.restartPlacement(WEB.vm());

        assertThat(stopped(id)).isInstanceOf(PlacementReply.Placement.class);

        assertThat(cluster.receipt(WEB, id).lossless()).isTrue();
    }

    @Test
    void shouldRollBackWhenTheDestinationDiesWhileItWaits() {
        String id = prepared();
        cluster.kill(TWO);

        assertThat(cluster.receipt(WEB, id).outcome()).isEqualTo(MigrationOutcome.ROLLED_BACK);
        assertRefused(stopped(id), RefusalCode.TOO_LATE);
    }

    private void attach() {
        cluster.attach(WEB, ONE);
        cluster.host(ONE).fill(ETH0, CONNECTIONS);
        cluster.host(ONE).fill(ETH1, CONNECTIONS);
    }

    private String hypervise() {
        PlacementReply reply = cluster.ask(
                WEB.vm(), replyTo -> new PlacementCommand.MigrateVm(TWO, "virt", false, Mover.HYPERVISOR, replyTo));
        return ((PlacementReply.MigrationAccepted) reply).id();
    }

    private String prepared() {
        attach();
        String id = hypervise();
        cluster.awaitPhase(WEB, PlacementPhase.AWAITING_STOP);
        return id;
    }

    private PlacementReply stopped(String id) {
        return cluster.ask(WEB.vm(), replyTo -> new PlacementCommand.VmHasStopped(id, replyTo));
    }

    private static void assertRefused(PlacementReply reply, RefusalCode code) {
        assertThat(reply)
                .isInstanceOfSatisfying(
                        PlacementReply.Refused.class,
                        refused -> assertThat(refused.code()).isEqualTo(code));
    }
}
