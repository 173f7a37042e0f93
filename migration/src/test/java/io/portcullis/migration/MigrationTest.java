package io.portcullis.migration;

import static io.portcullis.migration.FakeCluster.ETH0;
import static io.portcullis.migration.FakeCluster.ETH1;
import static io.portcullis.migration.FakeCluster.ONE;
import static io.portcullis.migration.FakeCluster.TWO;
import static io.portcullis.migration.FakeCluster.WEB;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.runtime.VnicMode;
import io.portcullis.migration.model.MigrationOutcome;
import io.portcullis.migration.model.MigrationReceipt;
import io.portcullis.migration.model.Mover;
import io.portcullis.migration.model.PhaseTime;
import io.portcullis.migration.model.PlacementPhase;
import io.portcullis.migration.model.VnicTransfer;
import io.portcullis.policy.HostId;
import java.util.List;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The whole flow between placements, agents and hosts when nothing goes wrong. */
class MigrationTest {
    private final FakeCluster cluster = new FakeCluster();

    @AfterEach
    void stop() {
        cluster.close();
    }

    @Test
    void shouldAttachAndDetach() {
        PlacementReply attached = cluster.attach(WEB, ONE);

        assertThat(attached).isInstanceOf(PlacementReply.Attached.class);
        assertThat(cluster.view(WEB).phase()).isEqualTo(PlacementPhase.PLACED);
        assertThat(cluster.view(WEB).epoch()).isEqualTo(1);
        assertThat(cluster.host(ONE).mode(ETH1)).isEqualTo(VnicMode.ENFORCING);
        assertThat(cluster.written.getLast().host()).isEqualTo(ONE);

        assertThat(cluster.detach(WEB)).isEqualTo(new PlacementReply.Detached(WEB.vm()));
        assertThat(cluster.host(ONE).mode(ETH0)).isNull();
        assertThat(cluster.view(WEB).host()).isNull();

        cluster.attach(WEB, TWO);
        assertThat(cluster.view(WEB).epoch()).isEqualTo(2);
    }

    @Test
    void shouldMoveAllVnicsAsOneAndSignAReceipt() {
        cluster.attach(WEB, ONE);
        cluster.host(ONE).fill(ETH0, 20);
        List<String> table = cluster.host(ONE).tableOf(ETH0);

        String id = cluster.startMigration(WEB, TWO);
        MigrationReceipt receipt = cluster.receipt(WEB, id);

        assertThat(receipt.outcome()).isEqualTo(MigrationOutcome.COMMITTED);
        assertThat(receipt.problems()).isEmpty();
        assertThat(receipt.requestedBy()).isEqualTo("ann");
        assertThat(receipt.epochBefore()).isEqualTo(1);
        assertThat(receipt.epochAfter()).isEqualTo(2);
        assertThat(receipt.lossless()).isTrue();
        assertThat(receipt.phases())
                .extracting(PhaseTime::phase)
                .containsExactly(
                        PlacementPhase.RESERVING,
                        PlacementPhase.PREPARED,
                        PlacementPhase.PRECOPYING,
                        PlacementPhase.CUTTING_OVER,
                        PlacementPhase.COMMITTED,
                        PlacementPhase.PLACED);
        VnicTransfer eth0 = receipt.vnics().getFirst();
        assertThat(eth0.entriesSent()).isEqualTo(20);
        assertThat(eth0.entriesReceived()).isEqualTo(20);
        assertThat(eth0.digestSent()).isEqualTo(eth0.digestReceived()).isNotZero();
        assertThat(eth0.policyRevision()).isEqualTo(FakeVmHost.REVISION);
        assertThat(eth0.framesForwarded()).isEqualTo(3);
        assertThat(eth0.framesHeld()).isEqualTo(5);
        assertThat(receipt.vnics()).extracting(VnicTransfer::vnic).containsExactly(ETH0, ETH1);
        assertThat(cluster.host(TWO).tableOf(ETH0)).isEqualTo(table);
        assertThat(cluster.host(TWO).mode(ETH1)).isEqualTo(VnicMode.ENFORCING);
        assertThat(cluster.host(ONE).mode(ETH0)).isNull();
        assertThat(cluster.written.getLast().host()).isEqualTo(TWO);
    }

    @Test
    void shouldMoveBackAndForthWithOneEpochForEachMove() {
        cluster.attach(WEB, ONE);
        for (int move = 1; move <= 6; move++) {
            String id = cluster.startMigration(WEB, move % 2 == 1 ? TWO : ONE);
            MigrationReceipt receipt = cluster.receipt(WEB, id);
            assertThat(receipt.lossless()).isTrue();
            assertThat(receipt.epochAfter()).isEqualTo(1 + move);
        }
        assertThat(cluster.host(ONE).mode(ETH0)).isEqualTo(VnicMode.ENFORCING);
    }

    @Test
    void shouldTellAWatcherEveryPhaseUntilTheEnd() {
        cluster.attach(WEB, ONE);
        cluster.host(TWO).hang(FakeVmHost.Op.ADMIT);
        String id = cluster.startMigration(WEB, TWO);
        TestProbe<MigrationUpdate> watcher = cluster.kit.createTestProbe();

        cluster.placement(WEB.vm()).tell(new PlacementCommand.WatchMigration(id, watcher.getRef()));
        cluster.host(TWO).goOn(FakeVmHost.Op.ADMIT);

        assertThat(watcher.receiveSeveralMessages(6))
                .extracting(update -> ((MigrationUpdate.Progress) update).phase())
                .containsExactly(
                        PlacementPhase.RESERVING,
                        PlacementPhase.PREPARED,
                        PlacementPhase.PRECOPYING,
                        PlacementPhase.CUTTING_OVER,
                        PlacementPhase.COMMITTED,
                        PlacementPhase.PLACED);
        cluster.placement(WEB.vm()).tell(new PlacementCommand.WatchMigration(id, watcher.getRef()));
        MigrationUpdate.Progress last = (MigrationUpdate.Progress) watcher.receiveMessage();
        assertThat(last.ended()).isTrue();
        assertThat(last.receipt()).isNotNull();
        cluster.placement(WEB.vm()).tell(new PlacementCommand.WatchMigration("m99", watcher.getRef()));
        watcher.expectMessage(new MigrationUpdate.NotFound("m99"));
    }

    @Test
    void shouldAnswerWhoAwaitsTheNextPhase() {
        cluster.attach(WEB, ONE);
        cluster.host(TWO).hang(FakeVmHost.Op.ADMIT);
        String id = cluster.startMigration(WEB, TWO);
        assertThat(awaitMoreThan(id, 0).phases())
                .extracting(PhaseTime::phase)
                .containsExactly(PlacementPhase.RESERVING);

        TestProbe<PlacementReply> next = cluster.kit.createTestProbe();
        cluster.placement(WEB.vm()).tell(new PlacementCommand.AwaitMigration(id, 1, next.getRef()));
        cluster.host(TWO).goOn(FakeVmHost.Op.ADMIT);

        PlacementView view = ((PlacementReply.Placement) next.receiveMessage(FakeCluster.PATIENCE)).view();
        assertThat(view.phases()).extracting(PhaseTime::phase).contains(PlacementPhase.PREPARED);
        cluster.receipt(WEB, id);
        assertThat(awaitMoreThan(id, 99).migration()).isNull();
    }

    private PlacementView awaitMoreThan(String id, int phases) {
        return ((PlacementReply.Placement)
                        cluster.ask(WEB.vm(), replyTo -> new PlacementCommand.AwaitMigration(id, phases, replyTo)))
                .view();
    }

    @Test
    void shouldSayWhetherAMigrationWouldBePossibleAndChangeNothing() {
        cluster.attach(WEB, ONE);

        assertThat(wouldMigrate(TWO)).isEqualTo(new PlacementReply.MigrationPossible(WEB.vm(), ONE, TWO));
        assertThat(cluster.view(WEB).epoch()).isEqualTo(1);
        cluster.host(TWO).free(1);
        assertThat(wouldMigrate(TWO)).isInstanceOf(PlacementReply.Refused.class);
        assertThat(wouldMigrate(ONE)).isInstanceOf(PlacementReply.Refused.class);
    }

    private PlacementReply wouldMigrate(HostId to) {
        return cluster.ask(
                WEB.vm(), replyTo -> new PlacementCommand.MigrateVm(to, "ann", true, Mover.PRODUCT, replyTo));
    }

    @Test
    void shouldCutOverWhenTheDirectoryIsSlowerThanRepetitions() {
        cluster.attach(WEB, ONE);
        cluster.slowDatabase(200);

        assertThat(cluster.receipt(WEB, cluster.startMigration(WEB, TWO)).outcome())
                .isEqualTo(MigrationOutcome.COMMITTED);
    }

    @Test
    void shouldGoOnWhenTheDirectoryCannotBeWritten() {
        cluster.attach(WEB, ONE);
        cluster.failDatabase(new IllegalStateException("no database in this test"));

        String id = cluster.startMigration(WEB, TWO);

        assertThat(cluster.receipt(WEB, id).outcome()).isEqualTo(MigrationOutcome.COMMITTED);
        cluster.failDatabase(null);
        org.awaitility.Awaitility.await()
                .untilAsserted(
                        () -> assertThat(cluster.written.getLast().host()).isEqualTo(TWO));
    }
}
