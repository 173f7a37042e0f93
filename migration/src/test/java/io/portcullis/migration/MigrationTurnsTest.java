package io.portcullis.migration;

import static io.portcullis.migration.FakeCluster.ONE;
import static io.portcullis.migration.FakeCluster.TWO;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portcullis.datapath.runtime.VnicMode;
import io.portcullis.migration.FakeVmHost.Op;
import io.portcullis.migration.model.MigrationOutcome;
import io.portcullis.migration.model.MigrationReceipt;
import io.portcullis.migration.model.Mover;
import io.portcullis.migration.model.PlacementPhase;
import io.portcullis.policy.HostId;
import io.portcullis.vnic.RefusalCode;
import io.portcullis.vnic.VmSpec;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Migrations to one host wait for each other before they are cut, while their sources enforce. */
class MigrationTurnsTest {
    private static final HostId THREE = new HostId("host-3");
    private static final VmSpec FIRST = FakeCluster.spec("acme/first", 1);
    private static final VmSpec SECOND = FakeCluster.spec("acme/second", 1);
    private static final VmSpec THIRD = FakeCluster.spec("acme/third", 1);

    private FakeCluster cluster = new FakeCluster("turns.outgoing = 1");

    @AfterEach
    void stop() {
        cluster.close();
    }

    @Test
    void shouldCutOneAfterTheOtherAndSayInTheReceiptSinceWhenItWaited() {
        attach(FIRST, SECOND);
        String first = startAndHoldInPause(FIRST);
        String second = startAndAwaitTurn(SECOND);
        assertThat(cluster.host(ONE).mode(SECOND.vnicIds().getFirst())).isEqualTo(VnicMode.ENFORCING);
        assertThat(cluster.view(SECOND).phase()).isEqualTo(PlacementPhase.PRECOPYING);
        assertThat(cluster.host(ONE).calls(Op.CUT)).isEqualTo(1);

        cluster.host(ONE).goOn(Op.CUT);

        assertThat(committed(FIRST, first).waitedSinceMillis()).isZero();
        MigrationReceipt receipt = committed(SECOND, second);
        assertThat(receipt.waitedSinceMillis())
                .isBetween(
                        receipt.phases().get(2).atMillis() - 1,
                        receipt.phases().get(3).atMillis());
        assertThat(cluster.turns.values())
                .containsEntry("turns.at-once", 1L)
                .containsEntry("turns.waited", 1L)
                .containsEntry("turns.beyond", 0L);
    }

    @Test
    void shouldMoveManyAtOnceAndLeaveNoTurnTaken() {
        List<VmSpec> vms = new ArrayList<>();
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            VmSpec vm = FakeCluster.spec("acme/vm-" + i, 1);
            vms.add(vm);
            attach(vm);
        }
        for (VmSpec vm : vms) {
            ids.add(cluster.startMigration(vm, TWO));
        }
        for (int i = 0; i < vms.size(); i++) {
            committed(vms.get(i), ids.get(i));
        }
        // whoever comes then does not wait
        attach(FIRST);
        assertThat(committed(FIRST, cluster.startMigration(FIRST, TWO)).waitedSinceMillis())
                .isZero();
    }

    @Test
    void shouldSendWhatChangesWhileItWaits() {
        attach(FIRST, SECOND);
        String first = startAndHoldInPause(FIRST);
        String second = startAndAwaitTurn(SECOND);
        var vnic = SECOND.vnicIds().getFirst();
        cluster.host(ONE).fill(vnic, 20);
        await().until(() -> cluster.host(TWO).imported(vnic) >= 20);

        cluster.host(ONE).goOn(Op.CUT);

        committed(FIRST, first);
        assertThat(committed(SECOND, second).vnics().getFirst().restBytes()).isZero();
    }

    @Test
    void shouldEndWhatIsCancelledWhileItWaits() {
        attach(FIRST, SECOND, THIRD);
        String first = startAndHoldInPause(FIRST);
        String second = startAndAwaitTurn(SECOND);
        String third = startAndAwaitTurn(THIRD);

        assertThat(cluster.cancel(SECOND, second)).isEqualTo(new PlacementReply.Cancelled(second));

        assertThat(cluster.receipt(SECOND, second).outcome()).isEqualTo(MigrationOutcome.CANCELLED);
        assertThat(cluster.host(ONE).mode(SECOND.vnicIds().getFirst())).isEqualTo(VnicMode.ENFORCING);
        cluster.host(ONE).goOn(Op.CUT);
        committed(FIRST, first);
        committed(THIRD, third);
    }

    @Test
    void shouldEndWhatWaitsTooLongAndSayWhy() {
        cluster.close();
        cluster = new FakeCluster("turns { outgoing = 1, timeout = 1s }");
        attach(FIRST, SECOND);
        String first = startAndHoldInPause(FIRST);
        String second = cluster.startMigration(SECOND, TWO);

        MigrationReceipt receipt = cluster.receipt(SECOND, second);

        assertThat(receipt.outcome()).isEqualTo(MigrationOutcome.ROLLED_BACK);
        assertThat(receipt.problems())
                .anySatisfy(problem -> assertThat(problem)
                        .contains("not its turn to be cut within PT1S", "portcullis.migration.turns.timeout"));
        assertThat(cluster.turns.values()).containsEntry("turns.timed-out", 1L);
        cluster.host(ONE).goOn(Op.CUT);
        committed(FIRST, first);
    }

    @Test
    void shouldHaveNoVmWaitThatAHypervisorHasStopped() {
        attach(FIRST, SECOND, THIRD);
        String first = startAndHoldInPause(FIRST);
        String second = startAndAwaitTurn(SECOND);
        String third = ((PlacementReply.MigrationAccepted) cluster.ask(
                        THIRD.vm(),
                        replyTo -> new PlacementCommand.MigrateVm(TWO, "virt", false, Mover.HYPERVISOR, replyTo)))
                .id();
        cluster.awaitPhase(THIRD, PlacementPhase.AWAITING_STOP);
        cluster.ask(THIRD.vm(), replyTo -> new PlacementCommand.VmHasStopped(third, replyTo));

        await().until(() -> cluster.host(ONE).calls(Op.CUT) == 2);
        assertThat(cluster.view(SECOND).phase()).isEqualTo(PlacementPhase.PRECOPYING);
        assertThat(cluster.turns.values()).containsEntry("turns.beyond", 1L);
        cluster.host(ONE).goOn(Op.CUT);
        committed(FIRST, first);
        committed(THIRD, third);
        committed(SECOND, second);
    }

    @Test
    void shouldGoOnAfterARestartOfThePlacementThatWaits() {
        attach(FIRST, SECOND);
        String first = startAndHoldInPause(FIRST);
        String second = startAndAwaitTurn(SECOND);
        cluster.restartPlacement(SECOND.vm());
        await().until(() -> cluster.view(SECOND).waitedSinceMillis() > 0);
        cluster.host(ONE).goOn(Op.CUT);
        committed(FIRST, first);
        assertThat(committed(SECOND, second).waitedSinceMillis()).isPositive();
    }

    @Test
    void shouldGiveTheTurnOnWhenABugEndsTheOneThatHasIt() {
        attach(FIRST, SECOND);
        cluster.host(ONE).blunder(Op.CUT, 0);
        String first = cluster.startMigration(FIRST, TWO);
        assertThat(cluster.receipt(FIRST, first).outcome()).isNotEqualTo(MigrationOutcome.COMMITTED);
        committed(SECOND, cluster.startMigration(SECOND, TWO));
    }

    @Test
    void shouldGiveTheTurnOnWhenTheDestinationRefuses() {
        attach(FIRST, SECOND);
        cluster.host(TWO).failNext(Op.IMPORT, RefusalCode.WRONG_STATE, 1);
        cluster.host(TWO).failNext(Op.ARM, RefusalCode.WRONG_STATE, 1);
        String first = cluster.startMigration(FIRST, TWO);
        String second = cluster.startMigration(SECOND, TWO);
        cluster.receipt(FIRST, first);
        cluster.receipt(SECOND, second);
        assertThat(committed(SECOND, moveAgain(SECOND)).waitedSinceMillis()).isZero();
    }

    @Test
    void shouldCutOneAfterTheOtherThatComeFromDifferentHosts() {
        cluster.close();
        cluster = new FakeCluster("turns { outgoing = 1, incoming = 1, incoming-wait = 1h }");
        cluster.addHost(THREE);
        attach(FIRST);
        cluster.attach(SECOND, THREE);
        String first = startAndHoldInPause(FIRST);
        cluster.migrate(SECOND, TWO);
        cluster.awaitPhase(SECOND, PlacementPhase.CUTTING_OVER);
        assertThat(cluster.host(THREE).calls(Op.CUT)).isZero();

        cluster.host(ONE).goOn(Op.CUT);

        committed(FIRST, first);
        await().until(() -> cluster.view(SECOND).phase() == PlacementPhase.PLACED
                && TWO.equals(cluster.view(SECOND).host()));
    }

    @Test
    void shouldNotKeepASourceWaitingWhoseTurnItIsForLong() {
        cluster.close();
        cluster = new FakeCluster("turns { outgoing = 1, incoming = 1, incoming-wait = 200ms }");
        cluster.addHost(THREE);
        attach(FIRST);
        cluster.attach(SECOND, THREE);
        String first = startAndHoldInPause(FIRST);

        committed(SECOND, cluster.startMigration(SECOND, TWO));

        assertThat(cluster.turns.values()).containsEntry("turns.beyond", 1L);
        cluster.host(ONE).goOn(Op.CUT);
        committed(FIRST, first);
    }

    private void attach(VmSpec... vms) {
        for (VmSpec vm : vms) {
            cluster.attach(vm, ONE);
            cluster.host(ONE).fill(vm.vnicIds().getFirst(), 3);
        }
    }

    private String startAndHoldInPause(VmSpec vm) {
        cluster.host(ONE).hang(Op.CUT);
        String id = cluster.startMigration(vm, TWO);
        await().until(() -> cluster.host(ONE).calls(Op.CUT) == 1);
        return id;
    }

    private String startAndAwaitTurn(VmSpec vm) {
        String id = cluster.startMigration(vm, TWO);
        await().until(() -> cluster.view(vm).waitedSinceMillis() > 0);
        return id;
    }

    /** There, or back. */
    private String moveAgain(VmSpec vm) {
        return cluster.startMigration(vm, TWO.equals(cluster.view(vm).host()) ? ONE : TWO);
    }

    private MigrationReceipt committed(VmSpec vm, String id) {
        MigrationReceipt receipt = cluster.receipt(vm, id);
        assertThat(receipt.outcome()).as("%s", receipt).isEqualTo(MigrationOutcome.COMMITTED);
        assertThat(receipt.lossless()).isTrue();
        return receipt;
    }
}
