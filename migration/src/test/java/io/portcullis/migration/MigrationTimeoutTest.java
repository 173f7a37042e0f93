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
import io.portcullis.vnic.VmSpec;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What happens when a side takes too long or says nothing. Only the limit under test is short. */
class MigrationTimeoutTest {
    private FakeCluster cluster;
    private WebMove move;

    @AfterEach
    void stop() {
        cluster.close();
    }

    private void with(String limit) {
        cluster = new FakeCluster(limit);
        move = new WebMove(cluster);
    }

    @Test
    void shouldAskADestinationAgainThatDoesNotAnswerAtOnce() {
        with("check-timeout = 300ms");
        cluster.host(TWO).hang(Op.WOULD_TAKE);
        var operator = cluster.kit.<PlacementReply>createTestProbe();

        cluster.placement(WEB.vm()).tell(new PlacementCommand.MigrateVm(TWO, "ann", operator.getRef()));
        Awaitility.await().until(() -> cluster.host(TWO).calls(Op.WOULD_TAKE) == 2);
        cluster.host(TWO).goOn(Op.WOULD_TAKE);

        operator.expectMessageClass(PlacementReply.MigrationAccepted.class);
    }

    @Test
    void shouldWaitForAHostThatHasJustJoined() {
        with("host-wait = 10s");
        HostId three = new HostId("host-3");
        HostId four = new HostId("host-4");
        var operator = cluster.kit.<PlacementReply>createTestProbe();
        VmSpec database = FakeCluster.spec("acme/db-1", 1);

        cluster.placement(WEB.vm()).tell(new PlacementCommand.MigrateVm(three, "ann", operator.getRef()));
        Awaitility.await().until(() -> cluster.wasMissed(three));
        cluster.addHost(three);
        operator.expectMessageClass(PlacementReply.MigrationAccepted.class);

        cluster.placement(database.vm()).tell(new PlacementCommand.AttachVm(database, four, "ann", operator.getRef()));
        Awaitility.await().until(() -> cluster.wasMissed(four));
        cluster.addHost(four);
        operator.expectMessageClass(PlacementReply.Attached.class);
    }

    @Test
    void shouldTakeOtherOrdersWhileItWaitsForAHost() {
        with("host-wait = 500ms");
        HostId nobody = new HostId("host-9");
        var operator = cluster.kit.<PlacementReply>createTestProbe();

        cluster.placement(WEB.vm()).tell(new PlacementCommand.MigrateVm(nobody, "ann", operator.getRef()));
        MigrationReceipt receipt = move.run();

        assertThat(receipt.outcome()).isEqualTo(MigrationOutcome.COMMITTED);
        assertThat(operator.expectMessageClass(PlacementReply.Refused.class).code())
                .isIn(RefusalCode.UNKNOWN, RefusalCode.MOVING);
    }

    @Test
    void shouldRefuseADestinationThatStaysSilent() {
        with("check-timeout = 50ms");
        cluster.host(TWO).hang(Op.WOULD_TAKE);

        assertThat(cluster.migrate(WEB, TWO))
                .isInstanceOfSatisfying(
                        PlacementReply.Refused.class,
                        refused -> assertThat(refused.toString()).contains("HOST_UNAVAILABLE", "asked 3 times"));
    }

    @Test
    void shouldRollBackWhenThePreparationTakesTooLong() {
        with("prepare-timeout = 300ms");
        cluster.host(TWO).hang(Op.ADMIT);

        MigrationReceipt receipt = move.run();

        move.assertRolledBack(receipt);
        assertThat(receipt.problems()).singleElement().asString().contains("longer than its limit");
    }

    @Test
    void shouldReclaimWhenTheCutOverTakesTooLong() {
        with("cutover-timeout = 500ms");
        cluster.host(TWO).hang(Op.IMPORT);

        MigrationReceipt receipt = move.run();

        move.assertReclaimed(receipt);
        cluster.host(TWO).goOn(Op.IMPORT);
        move.awaitCleared();
        assertThat(cluster.host(ONE).mode(ETH0)).isEqualTo(VnicMode.ENFORCING);
    }

    @Test
    void shouldReclaimWhenTheSourceSealsButDoesNotAnswerInTime() {
        with("");
        cluster.host(ONE).sealSilently();

        MigrationReceipt receipt = move.run();

        move.assertReclaimed(receipt);
    }

    @Test
    void shouldRollForwardWhenTheTargetActivatesJustAsThePlacementGivesUp() {
        with("cutover-timeout = 2s");
        cluster.host(TWO).hang(Op.ACTIVATE);
        String id = cluster.startMigration(WEB, TWO);
        cluster.awaitPhase(WEB, PlacementPhase.ROLLING_BACK);

        cluster.host(TWO).goOn(Op.ACTIVATE);

        assertThat(cluster.receipt(WEB, id).outcome()).isEqualTo(MigrationOutcome.COMMITTED);
        assertThat(cluster.view(WEB).host()).isEqualTo(TWO);
    }

    @Test
    void shouldEndWhenTheSourceDoesNotConfirmTheRelease() {
        with("release-timeout = 300ms");
        cluster.host(ONE).hang(Op.RELEASE);

        MigrationReceipt receipt = move.run();

        assertThat(receipt.outcome()).isEqualTo(MigrationOutcome.COMMITTED);
        assertThat(receipt.problems()).singleElement().asString().contains("did not confirm");
    }

    @Test
    void shouldReclaimFromTheDataPathWhenTheSourcesActorsRestartAfterTheSeal() {
        with("cutover-timeout = 2s");
        cluster.host(TWO).hang(Op.IMPORT);
        String id = move.startUntil(Op.IMPORT, TWO);

        cluster.restartAgent(ONE);

        MigrationReceipt receipt = cluster.receipt(WEB, id);
        move.assertReclaimed(receipt);
    }

    @Test
    void shouldCommitWhenTheTargetsActorsRestartAfterItTookOver() {
        with("cutover-timeout = 2s, release-timeout = 1s");
        cluster.host(ONE).hang(Op.CUT);
        String id = move.startUntil(Op.CUT, ONE);
        cluster.host(TWO).activateUnseen(WEB, 2);

        cluster.restartAgent(TWO);

        MigrationReceipt receipt = cluster.receipt(WEB, id);
        assertThat(receipt.outcome()).isEqualTo(MigrationOutcome.COMMITTED);
        assertThat(receipt.problems()).anyMatch(problem -> problem.contains("restarted"));
        cluster.host(ONE).goOn(Op.CUT);
    }
}
