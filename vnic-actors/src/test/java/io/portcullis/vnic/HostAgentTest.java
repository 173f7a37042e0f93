package io.portcullis.vnic;

import static io.portcullis.vnic.testkit.Samples.DB_1;
import static io.portcullis.vnic.testkit.Samples.HOST_1;
import static io.portcullis.vnic.testkit.Samples.HOST_2;
import static io.portcullis.vnic.testkit.Samples.WEB_1;
import static io.portcullis.vnic.testkit.Samples.WEB_1_ETH0;
import static io.portcullis.vnic.testkit.Samples.spec;
import static io.portcullis.vnic.testkit.Samples.table;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portcullis.datapath.engine.ShadowReport;
import io.portcullis.datapath.runtime.DataPathException.Reason;
import io.portcullis.datapath.runtime.VnicMode;
import io.portcullis.policy.Action;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.table.RuleTable;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a host does for a VM that comes, has its rules changed, and goes. */
class HostAgentTest {
    @TempDir
    private Path directory;

    private HostAgentFixture host;

    @BeforeEach
    void makeHost() {
        host = new HostAgentFixture(directory);
    }

    @AfterEach
    void closeHost() {
        host.close();
    }

    @Test
    void shouldAttachAVmAndAnswerWhenItsRulesAreInForce() {
        host.setRules(7, Action.ALLOW);
        host.start();

        HostReply.VmAttached attached = host.attach(1, true);

        assertThat(attached.policyRevision()).isEqualTo(7);
        assertThat(attached.vnics())
                .singleElement()
                .satisfies(vnic -> assertThat(vnic.mode()).isEqualTo(VnicMode.ENFORCING));
        assertThat(host.dataPath.rules(WEB_1_ETH0)).isEqualTo(table(Action.ALLOW));
    }

    @Test
    void shouldKeepADestinationPassiveButGiveItRules() {
        host.setRules(7, Action.ALLOW);
        host.start();

        HostReply.VmAttached attached = host.attach(2, false);

        assertThat(attached.policyRevision()).isEqualTo(7);
        assertThat(host.dataPath.mode(WEB_1_ETH0)).isEqualTo(VnicMode.PASSIVE);
    }

    @Test
    void shouldLetNothingPassWhenNobodyKnowsTheRules() {
        host.start();

        HostReply.VmAttached attached = host.attach(1, true);

        assertThat(attached.policyRevision()).isZero();
        assertThat(host.dataPath.mode(WEB_1_ETH0)).isEqualTo(VnicMode.ENFORCING);
        assertThat(host.dataPath.rules(WEB_1_ETH0)).isNull();
    }

    @Test
    void shouldPutRulesInForceThatArriveLaterAndReportThem() {
        host.start();
        host.attach(1, true);

        host.setRules(9, Action.REJECT);

        await().untilAsserted(() -> assertThat(host.dataPath.rules(WEB_1_ETH0)).isEqualTo(table(Action.REJECT)));
        await().untilAsserted(() -> assertThat(host.realized(WEB_1_ETH0))
                .isEqualTo(new TenantCommand.Realized(
                        new RuleAssignment(9, table(Action.REJECT).hash()), true, 1)));
    }

    @Test
    void shouldInstallAPushAtOnceAndTryAgainWhatTheDataPathRefused() {
        host.setRules(7, Action.ALLOW);
        ActorRef<HostCommand> agent = host.start();
        host.attach(1, true);
        host.dataPath.failNext("installRules", Reason.BUSY);

        agent.tell(HostAgentFixture.tables(WEB_1_ETH0, new RuleShelf.Delivery(8, table(Action.DROP))));

        await().untilAsserted(() -> assertThat(host.dataPath.rules(WEB_1_ETH0)).isEqualTo(table(Action.DROP)));
    }

    @Test
    void shouldSayWhichVmsItEnforces() {
        host.setRules(7, Action.ALLOW);
        host.start();
        host.attach(1, false);
        assertThat(host.ask(me -> new HostCommand.GetEnforced(WEB_1.tenant(), null, me)))
                .as("a VM that another host enforces")
                .isEqualTo(new HostReply.Enforced(HOST_1, Map.of()));

        host.attach(1, true);

        assertThat(host.ask(me -> new HostCommand.GetEnforced(WEB_1.tenant(), null, me)))
                .isEqualTo(new HostReply.Enforced(HOST_1, Map.of(WEB_1.toString(), 1L)));
        assertThat(host.ask(me -> new HostCommand.GetEnforced(WEB_1.tenant(), WEB_1, me)))
                .isEqualTo(new HostReply.Enforced(HOST_1, Map.of(WEB_1.toString(), 1L)));
        assertThat(host.ask(me -> new HostCommand.GetEnforced(new TenantId("other"), null, me)))
                .isEqualTo(new HostReply.Enforced(HOST_1, Map.of()));
    }

    @Test
    void shouldPutAShadowBesideTheRulesInForceAndSayWhatItCounted() {
        host.setRules(7, Action.ALLOW);
        ActorRef<HostCommand> agent = host.start();
        host.attach(1, true);
        host.forgetRules();
        RuleTable shadow = table(Action.REJECT);
        host.dataPath.failNext("installShadow", Reason.BUSY);

        agent.tell(shadowed(8, shadow));

        await().untilAsserted(() -> assertThat(host.dataPath.shadow(WEB_1_ETH0)).isEqualTo(shadow));
        assertThat(host.dataPath.rules(WEB_1_ETH0)).isEqualTo(table(Action.ALLOW));
        await().untilAsserted(() -> assertThat(host.realized(WEB_1_ETH0).rules())
                .isEqualTo(new RuleAssignment(7, table(Action.ALLOW).hash(), 8, shadow.hash())));
        ShadowReport report = new ShadowReport(
                WEB_1_ETH0,
                8,
                shadow.hash(),
                true,
                5,
                List.of(new ShadowReport.RuleCount(1, "p/r", 4, 3, 2, 1)),
                6,
                List.of());
        host.dataPath.setShadowReports(List.of(report, report));
        assertThat(host.ask(me -> new HostCommand.GetStaged(WEB_1.tenant(), me)))
                .isEqualTo(new HostReply.Staged(
                        HOST_1,
                        new StagedCounts(
                                2, 2, 10, List.of(new ShadowReport.RuleCount(1, "p/r", 8, 6, 4, 2)), 12, List.of())));

        agent.tell(shadowed(9, null));
        agent.tell(shadowed(8, shadow));

        await().untilAsserted(() ->
                assertThat(host.realized(WEB_1_ETH0).rules().shadowRevision()).isEqualTo(9));
        assertThat(host.dataPath.shadow(WEB_1_ETH0)).isNull();
        assertThat(host.dataPath.rules(WEB_1_ETH0)).isEqualTo(table(Action.ALLOW));
    }

    private static HostCommand.RuleTables shadowed(long revision, @Nullable RuleTable shadow) {
        RuleTable enforced = table(Action.ALLOW);
        RuleAssignment assignment =
                new RuleAssignment(7, enforced.hash(), revision, shadow == null ? "" : shadow.hash());
        return new HostCommand.RuleTables(
                WEB_1.tenant(),
                Map.of(WEB_1_ETH0, assignment),
                shadow == null ? List.of(enforced) : List.of(enforced, shadow));
    }

    @Test
    void shouldNeverGoBackToOlderRules() {
        host.setRules(7, Action.ALLOW);
        ActorRef<HostCommand> agent = host.start();
        host.attach(1, true);
        host.forgetRules();
        agent.tell(HostAgentFixture.tables(WEB_1_ETH0, new RuleShelf.Delivery(9, table(Action.DROP))));
        agent.tell(HostAgentFixture.tables(WEB_1_ETH0, new RuleShelf.Delivery(8, table(Action.ALLOW))));

        await().untilAsserted(() ->
                assertThat(host.realized(WEB_1_ETH0).rules().revision()).isEqualTo(9));
        assertThat(host.dataPath.rules(WEB_1_ETH0)).isEqualTo(table(Action.DROP));
    }

    @Test
    void shouldRefuseBeyondItsLimitAndWhileDraining() {
        host.setRules(7, Action.ALLOW);
        host.start(1);
        host.attach(1, true);

        assertThat(host.refusalOf(me -> new HostCommand.AttachVm(spec(DB_1, 2), 1, true, me)))
                .isEqualTo(RefusalCode.CAPACITY);
        assertThat(host.refusalOf(me -> new HostCommand.CheckAdmission(spec(DB_1, 2), me)))
                .isEqualTo(RefusalCode.CAPACITY);
        assertThat(host.ask(me -> new HostCommand.SetDraining(true, me)))
                .isEqualTo(new HostReply.DrainingSet(HOST_1, true));
        assertThat(host.refusalOf(me -> new HostCommand.AttachVm(spec(DB_1, 2), 1, true, me)))
                .isEqualTo(RefusalCode.DRAINING);
    }

    @Test
    void shouldRefuseLowerEpochs() {
        host.setRules(7, Action.ALLOW);
        host.start();
        host.attach(5, true);

        assertThat(host.refusalOf(me -> new HostCommand.AttachVm(spec(WEB_1, 1), 4, true, me)))
                .isEqualTo(RefusalCode.STALE_EPOCH);
        assertThat(host.refusalOf(me -> new HostCommand.DetachVm(spec(WEB_1, 1), 4, true, me)))
                .isEqualTo(RefusalCode.STALE_EPOCH);
        assertThat(host.refusalOf(me -> new HostCommand.ReleaseVm(spec(WEB_1, 1), 4, HOST_2, 5, me)))
                .isEqualTo(RefusalCode.STALE_EPOCH);
        assertThat(host.dataPath.mode(WEB_1_ETH0)).isEqualTo(VnicMode.ENFORCING);
    }

    @Test
    void shouldLeaveNothingBehindWhenAPortCannotBeOpened() {
        host.start();
        host.dataPath.failNext("attach", Reason.PORT);

        assertThat(host.refusalOf(me -> new HostCommand.AttachVm(spec(WEB_1, 1), 1, true, me)))
                .isEqualTo(RefusalCode.PORT);
        await().untilAsserted(() -> assertThat(host.host().vms()).isEmpty());
    }

    @Test
    void shouldSayAgainWhyAVmIsNotAttachedThatLeavesForThat() {
        ActorRef<HostCommand> agent = host.start();
        host.dataPath.failNext("attach", Reason.PORT);
        var leaving = host.dataPath.hold("release");

        HostReply refused = host.ask(me -> new HostCommand.AttachVm(spec(WEB_1, 1), 1, true, me));

        assertThat(host.ask(me -> new HostCommand.AttachVm(spec(WEB_1, 1), 1, true, me)))
                .isEqualTo(refused)
                .isInstanceOfSatisfying(
                        Refused.class, why -> assertThat(why.code()).isEqualTo(RefusalCode.PORT));
        TestProbe<HostReply> other = host.testKit.createTestProbe();
        agent.tell(new HostCommand.DetachVm(spec(WEB_1, 1), 1, true, other.ref()));
        assertThat(host.ask(me -> new HostCommand.AttachVm(spec(WEB_1, 1), 1, true, me)))
                .isInstanceOfSatisfying(
                        Refused.class,
                        why -> assertThat(why.message())
                                .contains("leaves host-1 under epoch 1", "epoch 1 is over")
                                .doesNotContain("not 1"));
        leaving.complete(null);
        assertThat(other.receiveMessage()).isEqualTo(new HostReply.VmGone(WEB_1, 1));
        await().untilAsserted(() -> assertThat(host.host().vms()).isEmpty());
    }

    @Test
    void shouldAttachWhenItIsAskedAgainAVmWhosePortTakesLong() {
        host.close();
        HostTiming impatient = new HostTiming(
                Duration.ofMillis(50),
                1 << 30,
                Duration.ofMillis(50),
                Duration.ofMillis(100),
                Duration.ofMillis(300),
                Duration.ofSeconds(1));
        host = new HostAgentFixture(directory, impatient);
        host.setRules(7, Action.ALLOW);
        host.start();
        var slow = host.dataPath.hold("attach");
        assertThat(host.refusalOf(me -> new HostCommand.AttachVm(spec(WEB_1, 1), 1, true, me)))
                .isEqualTo(RefusalCode.TIMEOUT);
        assertThat(host.refusalOf(me -> new HostCommand.AttachVm(spec(WEB_1, 1), 1, true, me)))
                .isEqualTo(RefusalCode.TIMEOUT);

        slow.complete(null);

        await().until(() ->
                host.ask(me -> new HostCommand.AttachVm(spec(WEB_1, 1), 1, true, me)) instanceof HostReply.VmAttached);
        assertThat(host.dataPath.mode(WEB_1_ETH0)).isEqualTo(VnicMode.ENFORCING);
    }

    @Test
    void shouldForgetAVmThatHasMoved() {
        host.setRules(7, Action.ALLOW);
        host.start();
        host.attach(1, true);
        await().until(() -> host.checkpoints.read(WEB_1_ETH0).isPresent());

        assertThat(host.ask(me -> new HostCommand.ReleaseVm(spec(WEB_1, 1), 1, HOST_2, 2, me)))
                .isEqualTo(new HostReply.VmGone(WEB_1, 1));

        assertThat(host.host().vms()).isEmpty();
        assertThat(host.dataPath.mode(WEB_1_ETH0)).isNull();
        await().until(() -> host.checkpoints.read(WEB_1_ETH0).isEmpty());
    }

    @Test
    void shouldTakeAVmBackThatReturnsWhileItIsStillLeaving() {
        host.setRules(7, Action.ALLOW);
        ActorRef<HostCommand> agent = host.start();
        host.attach(1, true);
        var leaving = host.dataPath.hold("release");
        TestProbe<HostReply> other = host.testKit.createTestProbe();
        agent.tell(new HostCommand.ReleaseVm(spec(WEB_1, 1), 1, HOST_2, 2, other.ref()));
        agent.tell(new HostCommand.AttachVm(spec(WEB_1, 1), 3, true, host.asker.ref()));
        leaving.complete(null);

        assertThat(other.receiveMessage()).isEqualTo(new HostReply.VmGone(WEB_1, 1));
        assertThat(host.asker.receiveMessage())
                .isInstanceOfSatisfying(
                        HostReply.VmAttached.class, vm -> assertThat(vm.epoch()).isEqualTo(3));
        assertThat(host.dataPath.mode(WEB_1_ETH0)).isEqualTo(VnicMode.ENFORCING);
    }
}
