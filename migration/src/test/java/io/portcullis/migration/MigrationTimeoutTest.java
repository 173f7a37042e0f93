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
import io.portcullis.policy.HostId;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What happens when a side takes too long or says nothing. Only the limit under test is short. */
class MigrationTimeoutTest {
    private FakeCluster cluster = new FakeCluster();

    @AfterEach
    void stop() {
        cluster.close();
    }

    private void with(String limit) {
        cluster.close();
        cluster = new FakeCluster(limit);
        cluster.attach(WEB, ONE);
        cluster.host(ONE).fill(ETH0, 9);
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

        MigrationReceipt receipt = migrate();

        assertUntouched(receipt, MigrationOutcome.ROLLED_BACK);
        assertThat(receipt.problems()).singleElement().asString().contains("longer than its limit");
    }

    @Test
    void shouldReclaimWhenTheCutOverTakesTooLong() {
        with("cutover-timeout = 500ms");
        cluster.host(TWO).hang(Op.IMPORT);

        MigrationReceipt receipt = migrate();

        assertReclaimed(receipt);
        cluster.host(TWO).goOn(Op.IMPORT);
        awaitCleared();
        assertThat(cluster.host(ONE).mode(ETH0)).isEqualTo(VnicMode.ENFORCING);
    }

    @Test
    void shouldReclaimWhenTheSourceSealsButDoesNotAnswerInTime() {
        with("");
        cluster.host(ONE).sealSilently();

        MigrationReceipt receipt = migrate();

        assertReclaimed(receipt);
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

        MigrationReceipt receipt = migrate();

        assertThat(receipt.outcome()).isEqualTo(MigrationOutcome.COMMITTED);
        assertThat(receipt.problems()).singleElement().asString().contains("did not confirm");
    }

    @Test
    void shouldReclaimFromTheDataPathWhenTheSourcesActorsRestartAfterTheSeal() {
        with("cutover-timeout = 2s");
        cluster.host(TWO).hang(Op.IMPORT);
        String id = startCutting(Op.IMPORT, TWO);

        cluster.restartAgent(ONE);

        MigrationReceipt receipt = cluster.receipt(WEB, id);
        assertReclaimed(receipt);
    }

    private MigrationReceipt migrate() {
        return cluster.receipt(WEB, cluster.startMigration(WEB, TWO));
    }

    private String startCutting(Op until, HostId where) {
        String id = cluster.startMigration(WEB, TWO);
        Awaitility.await().until(() -> cluster.host(where).calls(until) > 0);
        return id;
    }

    private void assertUntouched(MigrationReceipt receipt, MigrationOutcome outcome) {
        assertThat(receipt.outcome()).isEqualTo(outcome);
        assertThat(receipt.epochAfter()).isEqualTo(1);
        assertThat(cluster.view(WEB).host()).isEqualTo(ONE);
        assertThat(cluster.host(ONE).mode(ETH0)).isEqualTo(VnicMode.ENFORCING);
        assertThat(cluster.host(ONE).epoch(ETH0)).isEqualTo(1);
    }

    private void assertReclaimed(MigrationReceipt receipt) {
        assertThat(receipt.outcome()).isEqualTo(MigrationOutcome.RECLAIMED);
        assertThat(receipt.epochAfter()).isEqualTo(3);
        assertThat(receipt.problems()).isNotEmpty();
        assertThat(cluster.view(WEB).host()).isEqualTo(ONE);
        assertThat(List.of(ETH0, ETH1)).allSatisfy(vnic -> {
            assertThat(cluster.host(ONE).mode(vnic)).isEqualTo(VnicMode.ENFORCING);
            assertThat(cluster.host(ONE).epoch(vnic)).isEqualTo(3);
        });
    }

    private void awaitCleared() {
        Awaitility.await()
                .until(() -> cluster.host(TWO).mode(ETH0) == null
                        && cluster.host(TWO).mode(ETH1) == null);
    }
}
