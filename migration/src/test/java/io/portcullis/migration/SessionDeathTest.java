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
import io.portcullis.policy.HostId;
import io.portcullis.vnic.RefusalCode;
import java.util.List;
import java.util.Objects;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A bug stops one side's part of a migration in each of its steps: the migration ends at once, at one of the two hosts. Limits of phases are so long that no
 * test waits for one.
 */
class SessionDeathTest {
    private final FakeCluster cluster = new FakeCluster("prepare-timeout = 1h, cutover-timeout = 1h"
            + ", release-timeout = 1h, precopy { timeout = 1h, patience = 1h }");
    private final WebMove move = new WebMove(cluster);

    @AfterEach
    void stop() {
        boolean hasBlundered = cluster.hasBlundered();
        cluster.close();
        assertThat(hasBlundered).isTrue();
    }

    // ---- the destination's

    @ParameterizedTest
    @EnumSource(
            value = Op.class,
            names = {"ADMIT", "EXPECT", "IMPORT_NEXT", "ARM", "DISARM", "IMPORT", "ACTIVATE"})
    void shouldStayAtTheSourceWhenTheDestinationsPartDies(Op step) {
        cluster.host(TWO).blunder(step, 0);

        assertStays(move.run());
        move.awaitCleared();
        assertMovesAgain();
    }

    @Test
    void shouldStayAtTheSourceWhenTheDestinationDiesAsItLooksWhatEnforces() {
        cluster.host(TWO).failNext(Op.ACTIVATE, RefusalCode.TIMEOUT, 6);
        cluster.host(TWO).blunder(Op.STATUSES, 0);

        assertStays(move.run());
        move.awaitCleared();
        assertMovesAgain();
    }

    @Test
    void shouldStayAtTheSourceWhenTheDestinationDiesAsItIsCleared() {
        cluster.host(ONE).neverCut(ETH1);
        cluster.host(TWO).blunder(Op.DETACH, 0);

        assertStays(move.run());
        move.awaitCleared();
    }

    @Test
    void shouldGoOnWhenTheDestinationDiesOnceItEnforces() {
        cluster.host(TWO).hang(Op.ACTIVATE);
        String id = move.startUntil(Op.ACTIVATE, TWO);
        cluster.blunderAtReport(TargetSession.class);
        cluster.host(TWO).goOn(Op.ACTIVATE);

        assertHasMoved(cluster.receipt(WEB, id));
    }

    // ---- the source's

    @ParameterizedTest
    @CsvSource({"EXPORT, 0", "EXPORT, 1", "CUT, 0", "CUT, 1"})
    void shouldStayAtTheSourceWhenItsPartDies(Op step, int calls) {
        cluster.host(ONE).blunder(step, calls);

        assertStays(move.run());
        move.awaitCleared();
        assertMovesAgain();
    }

    @Test
    void shouldStayAtTheSourceWhenItDiesBeforeItRehearses() {
        cluster.host(TWO).keepRulesFrom(true);
        cluster.host(ONE).blunder(Op.STATUSES, 0);

        assertStays(move.run());
        move.awaitCleared();
    }

    @Test
    void shouldStayAtTheSourceWhenItDiesAsItTakesTheVmBack() {
        cluster.host(ONE).neverCut(ETH1);
        cluster.host(ONE).blunder(Op.RECLAIM, 0);

        assertStays(move.run());
        move.awaitCleared();
    }

    @Test
    void shouldEndWhereTheDestinationSaysWhenTheSourceDiesBehindTheSeal() {
        cluster.host(TWO).hang(Op.IMPORT);
        cluster.blunderAtReport(SourceSession.class); // as it asks what to do

        assertStays(move.run());
        cluster.host(TWO).goOn(Op.IMPORT);
        move.awaitCleared();
        assertMovesAgain();
    }

    @Test
    void shouldGoOnWhenTheSourceDiesAsItLetsGo() {
        cluster.host(ONE).blunder(Op.RELEASE, 0);

        assertHasMoved(move.run());
        Awaitility.await().until(() -> cluster.host(ONE).mode(ETH0) == null);
    }

    // ---- where the VM is then

    private void assertStays(MigrationReceipt receipt) {
        assertThat(receipt.outcome()).isIn(MigrationOutcome.ROLLED_BACK, MigrationOutcome.RECLAIMED);
        assertEnforces(ONE, receipt);
        assertThat(cluster.host(ONE).tableOf(ETH0)).hasSize(9);
    }

    private void assertHasMoved(MigrationReceipt receipt) {
        assertThat(receipt.outcome()).isEqualTo(MigrationOutcome.COMMITTED);
        assertEnforces(TWO, receipt);
        assertThat(cluster.host(TWO).tableOf(ETH0)).hasSize(9);
    }

    private void assertEnforces(HostId host, MigrationReceipt receipt) {
        assertThat(Objects.requireNonNull(cluster.view(WEB).host())).isEqualTo(host);
        assertThat(List.of(ETH0, ETH1)).allSatisfy(vnic -> {
            assertThat(cluster.host(host).mode(vnic)).isEqualTo(VnicMode.ENFORCING);
            assertThat(cluster.host(host).epoch(vnic)).isEqualTo(receipt.epochAfter());
        });
    }

    private void assertMovesAgain() {
        assertThat(move.run().lossless()).isTrue();
    }
}
