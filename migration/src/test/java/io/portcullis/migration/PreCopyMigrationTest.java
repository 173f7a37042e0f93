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
import io.portcullis.migration.model.PlacementPhase;
import io.portcullis.migration.model.VnicTransfer;
import io.portcullis.vnic.RefusalCode;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Tables go ahead of the cut, and whatever goes wrong then leaves the source as it was. */
class PreCopyMigrationTest {
    private static final int CHUNKS = 50;

    private FakeCluster cluster = new FakeCluster();

    @AfterEach
    void stop() {
        cluster.close();
    }

    @Test
    void shouldSendTheTableWhileTheSourceEnforcesAndOnlyTheRestInThePause() {
        attachWithTables();
        String id = startAndHoldPreCopy();
        assertThat(cluster.host(ONE).mode(ETH0)).isEqualTo(VnicMode.ENFORCING);
        cluster.host(ONE).fill(ETH1, CHUNKS + 3);
        cluster.host(TWO).goOn(Op.IMPORT_NEXT);

        MigrationReceipt receipt = cluster.receipt(WEB, id);

        assertThat(receipt.lossless()).isTrue();
        assertThat(receipt.problems()).isEmpty();
        VnicTransfer eth1 = receipt.vnics().getLast();
        assertThat(eth1.vnic()).isEqualTo(ETH1);
        assertThat(eth1.entriesReceived()).isEqualTo(CHUNKS + 3);
        assertThat(eth1.rounds().stream().mapToLong(CopyRound::entries).sum()).isEqualTo(CHUNKS + 3);
        assertThat(eth1.restBytes()).isZero();
        assertThat(cluster.host(TWO).tableOf(ETH1)).hasSize(CHUNKS + 3);
    }

    @Test
    void shouldTakeOnceWhatIsSentAgainWhileTheDestinationIsSlow() {
        attachWithTables();
        String id = startAndHoldPreCopy();
        // what is on its way is said again and again meanwhile
        await().pollDelay(Duration.ofMillis(300)).until(() -> cluster.host(TWO).calls(Op.IMPORT_NEXT) > 0);
        cluster.host(TWO).goOn(Op.IMPORT_NEXT);
        assertThat(cluster.receipt(WEB, id).lossless()).isTrue();
        assertThat(cluster.host(TWO).tableOf(ETH0)).hasSize(CHUNKS);
    }

    @Test
    void shouldSendPiecesInTheirOrderThoughTheHostAnswersInAnother() {
        cluster.attach(WEB, ONE);
        cluster.host(ONE).fill(ETH0, CHUNKS);
        cluster.host(ONE).exportInPiecesThatOvertake();
        List<String> sent = cluster.host(ONE).tableOf(ETH0);

        MigrationReceipt receipt = cluster.receipt(WEB, cluster.startMigration(WEB, TWO));

        assertThat(receipt.lossless()).isTrue();
        assertThat(cluster.host(TWO).tableOf(ETH0)).isEqualTo(sent).hasSize(CHUNKS);
    }

    @Test
    void shouldSendAllAnewWhenTheDestinationHasNotWhatWasSent() {
        attachWithTables();
        cluster.host(TWO).damageNext(1);

        MigrationReceipt receipt = cluster.receipt(WEB, cluster.startMigration(WEB, TWO));

        assertThat(receipt.lossless()).isTrue();
        assertThat(receipt.problems()).singleElement().asString().contains("all was sent 2 times");
        assertThat(cluster.host(TWO).tableOf(ETH0)).hasSize(CHUNKS);
        assertThat(cluster.host(ONE).calls(Op.CUT)).isEqualTo(2);
    }

    @Test
    void shouldLeaveTheSourceUntouchedWhenTheDestinationNeverHasWhatWasSent() {
        attachWithTables();
        cluster.host(TWO).damageNext(Integer.MAX_VALUE);

        MigrationReceipt receipt = cluster.receipt(WEB, cluster.startMigration(WEB, TWO));

        assertUntouched(receipt, MigrationOutcome.ROLLED_BACK);
        assertThat(receipt.problems()).anyMatch(problem -> problem.contains("had not what was sent"));
        assertThat(cluster.host(ONE).calls(Op.CUT)).isZero();
    }

    @Test
    void shouldLeaveTheSourceUntouchedWhenItIsCancelled() {
        attachWithTables();
        String id = startAndHoldPreCopy();

        assertThat(cluster.cancel(WEB, id)).isEqualTo(new PlacementReply.Cancelled(id));

        assertUntouched(cluster.receipt(WEB, id), MigrationOutcome.CANCELLED);
        assertThat(cluster.host(TWO).mode(ETH0)).isNull();
    }

    @Test
    void shouldLeaveTheSourceUntouchedWhenTheDestinationDies() {
        attachWithTables();
        String id = startAndHoldPreCopy();

        cluster.kill(TWO);

        assertUntouched(cluster.receipt(WEB, id), MigrationOutcome.ROLLED_BACK);
    }

    @Test
    void shouldLeaveTheSourceUntouchedWhenTheDestinationHasNoRoomForTheTable() {
        attachWithTables();
        cluster.host(TWO).failNext(Op.IMPORT_NEXT, RefusalCode.CAPACITY, 1);
        String id = cluster.startMigration(WEB, TWO);

        MigrationReceipt receipt = cluster.receipt(WEB, id);

        assertUntouched(receipt, MigrationOutcome.ROLLED_BACK);
        assertThat(receipt.problems()).anyMatch(problem -> problem.contains("IMPORT_NEXT fails"));
    }

    @Test
    void shouldLeaveTheSourceUntouchedWhenItCannotExport() {
        attachWithTables();
        cluster.host(ONE).failNext(Op.EXPORT, RefusalCode.WRONG_STATE, 1);
        String id = cluster.startMigration(WEB, TWO);
        assertUntouched(cluster.receipt(WEB, id), MigrationOutcome.ROLLED_BACK);
    }

    @Test
    void shouldEndWhenTheDestinationTakesNothing() {
        cluster.close();
        cluster = new FakeCluster("precopy.patience = 300ms");
        attachWithTables();
        String id = startAndHoldPreCopy();

        MigrationReceipt receipt = cluster.receipt(WEB, id);

        assertUntouched(receipt, MigrationOutcome.ROLLED_BACK);
        assertThat(receipt.problems()).anyMatch(problem -> problem.contains("has taken nothing for"));
    }

    @Test
    void shouldSayInTheReceiptThatMoreChangesThanCanBeSent() {
        attachWithTables();
        cluster.host(ONE).changePerRound(1_000_000);
        String id = cluster.startMigration(WEB, TWO);

        MigrationReceipt receipt = cluster.receipt(WEB, id);

        assertThat(receipt.outcome()).isEqualTo(MigrationOutcome.COMMITTED);
        assertThat(receipt.lossless()).isTrue();
        assertThat(receipt.problems()).hasSize(1).first().asString().contains("pre-copy ended after 3 rounds");
    }

    @Test
    void shouldGoOnAfterARestartOfThePlacement() {
        attachWithTables();
        String id = startAndHoldPreCopy();
        cluster.restartPlacement(WEB.vm());
        cluster.host(TWO).goOn(Op.IMPORT_NEXT);
        assertThat(cluster.receipt(WEB, id).lossless()).isTrue();
    }

    @Test
    void shouldEndThePreCopyWhenTheSourcesActorsRestart() {
        attachWithTables();
        String id = startAndHoldPreCopy();
        cluster.restartAgent(ONE);
        cluster.host(TWO).goOn(Op.IMPORT_NEXT);

        MigrationReceipt receipt = cluster.receipt(WEB, id);

        // begun anew, or given up: in no case is anything lost
        if (receipt.outcome() == MigrationOutcome.COMMITTED) {
            assertThat(receipt.lossless()).isTrue();
            assertThat(cluster.host(TWO).tableOf(ETH0)).hasSize(CHUNKS);
        } else {
            assertUntouched(receipt, MigrationOutcome.ROLLED_BACK);
        }
    }

    private void attachWithTables() {
        cluster.attach(WEB, ONE);
        cluster.host(ONE).fill(ETH0, CHUNKS);
        cluster.host(ONE).fill(ETH1, CHUNKS);
    }

    private String startAndHoldPreCopy() {
        cluster.host(TWO).hang(Op.IMPORT_NEXT);
        String id = cluster.startMigration(WEB, TWO);
        cluster.awaitPhase(WEB, PlacementPhase.PRECOPYING);
        await().until(() -> cluster.host(TWO).calls(Op.IMPORT_NEXT) > 0);
        return id;
    }

    private void assertUntouched(MigrationReceipt receipt, MigrationOutcome outcome) {
        assertThat(receipt.outcome()).isEqualTo(outcome);
        assertThat(receipt.epochAfter()).isEqualTo(1);
        for (var vnic : List.of(ETH0, ETH1)) {
            assertThat(cluster.host(ONE).mode(vnic)).isEqualTo(VnicMode.ENFORCING);
            assertThat(cluster.host(ONE).tableOf(vnic)).hasSize(CHUNKS);
            await().until(() -> !cluster.host(ONE).isExported(vnic));
        }
    }
}
