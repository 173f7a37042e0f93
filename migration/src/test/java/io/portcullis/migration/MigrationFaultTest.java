package io.portcullis.migration;

import static io.portcullis.migration.FakeCluster.ETH0;
import static io.portcullis.migration.FakeCluster.ETH1;
import static io.portcullis.migration.FakeCluster.ONE;
import static io.portcullis.migration.FakeCluster.TWO;
import static io.portcullis.migration.FakeCluster.WEB;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.runtime.VnicMode;
import io.portcullis.migration.FakeVmHost.Op;
import io.portcullis.migration.model.MigrationOutcome;
import io.portcullis.migration.model.MigrationReceipt;
import io.portcullis.migration.model.PlacementPhase;
import io.portcullis.vnic.RefusalCode;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What goes wrong in each phase, and where the VM is enforced afterwards. The ledger checks that it never is twice. */
class MigrationFaultTest {
    private final FakeCluster cluster = new FakeCluster();
    private final WebMove move = new WebMove(cluster);

    @AfterEach
    void stop() {
        cluster.close();
    }

    // ---- the target refuses

    @ParameterizedTest
    @EnumSource(
            value = RefusalCode.class,
            names = {"CAPACITY", "PORT", "DRAINING"})
    void shouldRollBackWhenTheTargetRefusesToAdmit(RefusalCode code) {
        cluster.host(TWO).failNext(Op.ADMIT, code, 1);

        MigrationReceipt receipt = move.run();

        move.assertRolledBack(receipt);
        assertThat(receipt.problems()).singleElement().asString().contains("ADMIT");
    }

    @Test
    void shouldRollBackWhenTheTargetsDataPathIsNotReady() {
        cluster.host(TWO).failNext(Op.EXPECT, RefusalCode.PORT, 1);

        move.assertRolledBack(move.run());
        assertThat(cluster.host(TWO).mode(ETH0)).isNull();
    }

    @Test
    void shouldGiveTheVmBackWhenDigestsDiffer() {
        cluster.host(TWO).failNext(Op.IMPORT, RefusalCode.INVALID, 1);

        MigrationReceipt receipt = move.run();

        move.assertReclaimed(receipt);
        move.awaitCleared();
    }

    @Test
    void shouldTryAnActivationAgain() {
        cluster.host(TWO).failNext(Op.ACTIVATE, RefusalCode.TIMEOUT, 2);

        assertThat(move.run().lossless()).isTrue();
    }

    @Test
    void shouldGiveTheVmBackWhenNoVnicCanBeActivated() {
        cluster.host(TWO).failNext(Op.ACTIVATE, RefusalCode.TIMEOUT, 6);

        move.assertReclaimed(move.run());
        assertThat(cluster.host(TWO).mode(ETH0)).isNull();
    }

    @Test
    void shouldRollForwardWhenOneVnicEnforcesAtTheTarget() {
        // Attempt 1: both fail; attempt 2: both fail; attempt 3: the first fails, the second enforces.
        cluster.host(TWO).failNext(Op.ACTIVATE, RefusalCode.TIMEOUT, 5);

        MigrationReceipt receipt = move.run();

        assertThat(receipt.outcome()).isEqualTo(MigrationOutcome.COMMITTED);
        assertThat(receipt.problems()).singleElement().asString().contains("does not enforce yet");
        assertThat(cluster.view(WEB).host()).isEqualTo(TWO);
    }

    // ---- the source refuses

    @Test
    void shouldRollBackWhenTheSourceCannotSeal() {
        cluster.host(ONE).failNext(Op.CUT, RefusalCode.HOST_UNAVAILABLE, 2);

        move.assertRolledBack(move.run());
        move.awaitCleared();
    }

    @Test
    void shouldTakeAllVnicsBackWhenOnlySomeSealed() {
        cluster.host(ONE).neverCut(ETH1);

        move.assertReclaimed(move.run());
        assertThat(cluster.host(ONE).epoch(ETH1)).isEqualTo(3);
        move.awaitCleared();
    }

    @Test
    void shouldNotBeginTheCutBeforeTheTargetHasRules() {
        cluster.host(TWO).keepRulesFrom(true);

        MigrationReceipt receipt = move.run();

        move.assertRolledBack(receipt);
        assertThat(receipt.problems()).singleElement().asString().contains("have not reached the target");
        assertThat(cluster.host(ONE).calls(Op.CUT)).isZero();
    }

    // ---- a host dies

    @Test
    void shouldRollBackWhenTheTargetDiesWhileItIsPrepared() {
        cluster.host(TWO).hang(Op.ADMIT);
        String id = cluster.startMigration(WEB, TWO);

        cluster.kill(TWO);

        move.assertRolledBack(cluster.receipt(WEB, id));
    }

    @Test
    void shouldReclaimWhenTheTargetDiesBeforeTheSeal() {
        cluster.host(ONE).hang(Op.CUT);
        String id = move.startUntil(Op.CUT, ONE);

        cluster.kill(TWO);

        move.assertReclaimed(cluster.receipt(WEB, id));
    }

    @Test
    void shouldReclaimWhenTheTargetDiesAfterTheSeal() {
        cluster.host(TWO).hang(Op.IMPORT);
        String id = move.startUntil(Op.IMPORT, TWO);

        cluster.kill(TWO);

        move.assertReclaimed(cluster.receipt(WEB, id));
        assertThat(cluster.host(ONE).tableOf(ETH0)).hasSize(9);
    }

    @Test
    void shouldCommitWhenTheTargetDiesAfterItTookOver() {
        cluster.host(ONE).hang(Op.RELEASE);
        String id = cluster.startMigration(WEB, TWO);
        cluster.awaitPhase(WEB, PlacementPhase.COMMITTED);

        cluster.kill(TWO);
        cluster.host(ONE).goOn(Op.RELEASE);

        assertThat(cluster.receipt(WEB, id).outcome()).isEqualTo(MigrationOutcome.COMMITTED);
        assertThat(cluster.view(WEB).host()).isEqualTo(TWO);
        assertThat(cluster.view(WEB).hostUp()).isFalse();
    }

    @Test
    void shouldStayAtTheSourceWhenItDiesWhileTheTargetIsPrepared() {
        cluster.host(TWO).hang(Op.EXPECT);
        String id = move.startUntil(Op.EXPECT, TWO);

        cluster.kill(ONE);

        MigrationReceipt receipt = cluster.receipt(WEB, id);
        cluster.host(TWO).goOn(Op.EXPECT);
        assertThat(receipt.outcome()).isEqualTo(MigrationOutcome.ROLLED_BACK);
        assertThat(cluster.view(WEB).host()).isEqualTo(ONE);
        assertThat(cluster.view(WEB).epoch()).isEqualTo(1);
        assertThat(cluster.view(WEB).hostUp()).isFalse();
        move.awaitCleared();
    }

    @Test
    void shouldStayAtTheSourceWhenItDiesBeforeTheSeal() {
        cluster.host(ONE).hang(Op.CUT);
        String id = move.startUntil(Op.CUT, ONE);

        cluster.kill(ONE);

        MigrationReceipt receipt = cluster.receipt(WEB, id);
        assertThat(receipt.outcome()).isEqualTo(MigrationOutcome.RECLAIMED);
        assertThat(receipt.problems()).anyMatch(problem -> problem.contains("resumes there from its last checkpoint"));
        assertThat(cluster.view(WEB).host()).isEqualTo(ONE);
        assertThat(cluster.view(WEB).epoch()).isEqualTo(3);
        assertThat(cluster.view(WEB).hostUp()).isFalse();
        move.awaitCleared();
        cluster.addHost(ONE);
        assertThat(cluster.view(WEB).hostUp()).isTrue();
    }

    @Test
    void shouldCommitWhenTheSourceDiesAfterTheHandOver() {
        cluster.host(TWO).hang(Op.ACTIVATE);
        String id = move.startUntil(Op.ACTIVATE, TWO);

        cluster.kill(ONE);
        cluster.host(TWO).goOn(Op.ACTIVATE);

        MigrationReceipt receipt = cluster.receipt(WEB, id);
        assertThat(receipt.outcome()).isEqualTo(MigrationOutcome.COMMITTED);
        assertThat(receipt.problems()).anyMatch(problem -> problem.contains("did not confirm that it let go"));
        assertThat(cluster.view(WEB).host()).isEqualTo(TWO);
    }

    @Test
    void shouldWaitForOneOfThemWhenBothHostsAreLost() {
        cluster.host(TWO).hang(Op.IMPORT);
        String id = move.startUntil(Op.IMPORT, TWO);
        cluster.set(ONE, HostLookup.Presence.ABSENT);
        cluster.set(TWO, HostLookup.Presence.ABSENT);

        Awaitility.await()
                .during(Duration.ofMillis(300))
                .atMost(FakeCluster.PATIENCE)
                .until(() -> cluster.view(WEB).phase().moving());
        cluster.set(ONE, HostLookup.Presence.UP);
        cluster.set(TWO, HostLookup.Presence.UP);
        cluster.host(TWO).goOn(Op.IMPORT);

        assertThat(cluster.receipt(WEB, id).outcome()).isIn(MigrationOutcome.COMMITTED, MigrationOutcome.RECLAIMED);
    }

    @Test
    void shouldNotGiveUpForAHostThatIsOnlyUnreachable() {
        cluster.host(TWO).hang(Op.IMPORT);
        String id = move.startUntil(Op.IMPORT, TWO);
        cluster.set(TWO, HostLookup.Presence.UNAVAILABLE);

        Awaitility.await()
                .during(Duration.ofMillis(300))
                .atMost(FakeCluster.PATIENCE)
                .until(() -> cluster.view(WEB).phase() == PlacementPhase.CUTTING_OVER);
        cluster.host(TWO).goOn(Op.IMPORT);

        assertThat(cluster.receipt(WEB, id).outcome()).isEqualTo(MigrationOutcome.COMMITTED);
    }

    @Test
    void shouldReclaimWhenASourceThatWasTakenForDeadComesBackSealed() {
        cluster.host(TWO).hang(Op.IMPORT);
        String id = move.startUntil(Op.IMPORT, TWO);

        cluster.isolate(ONE);
        MigrationReceipt receipt = cluster.receipt(WEB, id);
        assertThat(receipt.outcome()).isEqualTo(MigrationOutcome.RECLAIMED);
        assertThat(cluster.host(ONE).mode(ETH0)).isEqualTo(VnicMode.SEALED);
        cluster.addHost(ONE);

        Awaitility.await().until(() -> cluster.host(ONE).mode(ETH0) == VnicMode.ENFORCING);
        assertThat(cluster.host(ONE).epoch(ETH1)).isEqualTo(3);
    }

    @Test
    void shouldMigrateAgainAfterAFailure() {
        cluster.host(TWO).failNext(Op.IMPORT, RefusalCode.INVALID, 1);
        move.run();
        move.awaitCleared();

        MigrationReceipt second = move.run();

        assertThat(second.lossless()).isTrue();
        assertThat(second.epochBefore()).isEqualTo(3);
        assertThat(second.epochAfter()).isEqualTo(4);
        assertThat(cluster.host(TWO).tableOf(ETH0)).hasSize(9);
    }
}
