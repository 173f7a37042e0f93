package io.portcullis.vnic;

import static io.portcullis.vnic.testkit.Samples.ACME;
import static io.portcullis.vnic.testkit.Samples.DB_1;
import static io.portcullis.vnic.testkit.Samples.HOST_1;
import static io.portcullis.vnic.testkit.Samples.HOST_2;
import static io.portcullis.vnic.testkit.Samples.WEB_1;
import static io.portcullis.vnic.testkit.Samples.WEB_1_ETH0;
import static io.portcullis.vnic.testkit.Samples.checkpoint;
import static io.portcullis.vnic.testkit.Samples.connections;
import static io.portcullis.vnic.testkit.Samples.spec;
import static io.portcullis.vnic.testkit.Samples.table;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portcullis.datapath.runtime.DataPathException.Reason;
import io.portcullis.datapath.runtime.VnicMode;
import io.portcullis.persistence.Checkpoints;
import io.portcullis.persistence.PlacementRow;
import io.portcullis.policy.Action;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.vnic.testkit.FakeDataPath;
import io.portcullis.vnic.testkit.FakePlacementDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostAgentTest {
    private static final HostTiming TIMING = new HostTiming(
            Duration.ofMillis(50), Duration.ofMillis(100), Duration.ofMillis(300), Duration.ofSeconds(3));

    @TempDir
    private Path directory;

    private final FakeDataPath dataPath = new FakeDataPath();
    private final FakePlacementDirectory placements = new FakePlacementDirectory();
    private final Map<VnicId, ActorRef<FirewallCommand>> firewalls = new ConcurrentHashMap<>();
    private final AtomicReference<ActorRef<HostCommand>> agentRef = new AtomicReference<>();

    /** What the tenant's rule tables are, for whoever subscribes; null answers nobody. */
    private final AtomicReference<Map<VnicId, RuleShelf.Delivery>> tenantRules = new AtomicReference<>(Map.of());

    private final Map<VnicId, TenantCommand.Realized> realized = new ConcurrentHashMap<>();
    private ActorTestKit testKit;
    private TestProbe<HostReply> asker;
    private ActorRef<TenantCommand> tenant;
    private Checkpoints checkpoints;

    @BeforeEach
    void startActorSystem() {
        testKit = ActorTestKit.create();
        asker = testKit.createTestProbe();
        checkpoints = new Checkpoints(directory);
        tenant = testKit.spawn(org.apache.pekko.actor.typed.javadsl.Behaviors.receiveMessage(message -> {
            if (message instanceof TenantCommand.SubscribeHost subscribe) {
                realized.putAll(subscribe.vnics());
                answer(subscribe);
            } else if (message instanceof TenantCommand.ReportRealized report) {
                realized.putAll(report.vnics());
            }
            return org.apache.pekko.actor.typed.javadsl.Behaviors.same();
        }));
    }

    @AfterEach
    void stopActorSystem() {
        testKit.shutdownTestKit();
    }

    private void answer(TenantCommand.SubscribeHost subscribe) {
        tenantRules.get().forEach((vnic, delivery) -> {
            TenantCommand.Realized has = subscribe.vnics().get(vnic);
            if (has != null && !has.rules().hash().equals(delivery.table().hash())) {
                subscribe.agent().tell(tables(vnic, delivery));
            }
        });
    }

    private static HostCommand.RuleTables tables(VnicId vnic, RuleShelf.Delivery delivery) {
        return new HostCommand.RuleTables(
                ACME,
                Map.of(
                        vnic,
                        new RuleAssignment(delivery.revision(), delivery.table().hash())),
                List.of(delivery.table()));
    }

    private ActorRef<HostCommand> startAgent() {
        return startAgent(10);
    }

    private ActorRef<HostCommand> startAgent(int maxVnics) {
        FirewallEnvironment forFirewalls = new FirewallEnvironment(
                HOST_1, dataPath, 1_000, Duration.ofMillis(300), checkpoints.notes(), Runnable::run, status -> {
                    ActorRef<HostCommand> agent = agentRef.get();
                    if (agent != null) {
                        agent.tell(new HostCommand.VnicChanged(status));
                    }
                });
        ActorRef<HostCommand> agent = testKit.spawn(HostAgent.create(
                new HostAgentEnvironment(
                        HOST_1,
                        dataPath,
                        new HostLimits(maxVnics, 1_000),
                        placements,
                        checkpoints,
                        Runnable::run,
                        vnic -> firewalls.computeIfAbsent(
                                vnic,
                                id -> testKit.spawn(VnicFirewall.create(
                                        id,
                                        forFirewalls,
                                        testKit.<org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding
                                                                .ShardCommand>
                                                        createTestProbe()
                                                .ref()))),
                        _ -> tenant,
                        TIMING),
                Clock.systemUTC()));
        agentRef.set(agent);
        return agent;
    }

    @Test
    void shouldAttachAVmAndAnswerWhenItsRulesAreInForce() {
        setRules(7, Action.ALLOW);
        startAgent();

        HostReply.VmAttached attached = attach(1, true);

        assertThat(attached.policyRevision()).isEqualTo(7);
        assertThat(attached.vnics())
                .singleElement()
                .satisfies(vnic -> assertThat(vnic.mode()).isEqualTo(VnicMode.ENFORCING));
        assertThat(dataPath.rules(WEB_1_ETH0)).isEqualTo(table(Action.ALLOW));
    }

    @Test
    void shouldKeepADestinationPassiveButGiveItRules() {
        setRules(7, Action.ALLOW);
        startAgent();

        HostReply.VmAttached attached = attach(2, false);

        assertThat(attached.policyRevision()).isEqualTo(7);
        assertThat(dataPath.mode(WEB_1_ETH0)).isEqualTo(VnicMode.PASSIVE);
    }

    @Test
    void shouldLetNothingPassWhenNobodyKnowsTheRules() {
        startAgent();

        HostReply.VmAttached attached = attach(1, true);

        assertThat(attached.policyRevision()).isZero();
        assertThat(dataPath.mode(WEB_1_ETH0)).isEqualTo(VnicMode.ENFORCING);
        assertThat(dataPath.rules(WEB_1_ETH0)).isNull();
    }

    @Test
    void shouldPutRulesInForceThatArriveLaterAndReportThem() {
        startAgent();
        attach(1, true);

        setRules(9, Action.REJECT);

        await().untilAsserted(() -> assertThat(dataPath.rules(WEB_1_ETH0)).isEqualTo(table(Action.REJECT)));
        await().untilAsserted(() -> assertThat(realized.get(WEB_1_ETH0))
                .isEqualTo(new TenantCommand.Realized(
                        new RuleAssignment(9, table(Action.REJECT).hash()), true)));
    }

    @Test
    void shouldInstallAPushAtOnceAndTryAgainWhatTheDataPathRefused() {
        setRules(7, Action.ALLOW);
        ActorRef<HostCommand> agent = startAgent();
        attach(1, true);
        dataPath.failNext("installRules", Reason.BUSY);

        agent.tell(tables(WEB_1_ETH0, new RuleShelf.Delivery(8, table(Action.DROP))));

        await().untilAsserted(() -> assertThat(dataPath.rules(WEB_1_ETH0)).isEqualTo(table(Action.DROP)));
    }

    @Test
    void shouldNeverGoBackToOlderRules() {
        setRules(7, Action.ALLOW);
        ActorRef<HostCommand> agent = startAgent();
        attach(1, true);
        tenantRules.set(Map.of());
        agent.tell(tables(WEB_1_ETH0, new RuleShelf.Delivery(9, table(Action.DROP))));
        agent.tell(tables(WEB_1_ETH0, new RuleShelf.Delivery(8, table(Action.ALLOW))));

        await().untilAsserted(() ->
                assertThat(realized.get(WEB_1_ETH0).rules().revision()).isEqualTo(9));
        assertThat(dataPath.rules(WEB_1_ETH0)).isEqualTo(table(Action.DROP));
    }

    @Test
    void shouldRefuseBeyondItsLimitAndWhileDraining() {
        setRules(7, Action.ALLOW);
        startAgent(1);
        attach(1, true);

        assertThat(codeOf(ask(me -> new HostCommand.AttachVm(spec(DB_1, 2), 1, true, me))))
                .isEqualTo(RefusalCode.CAPACITY);
        assertThat(codeOf(ask(me -> new HostCommand.CheckAdmission(spec(DB_1, 2), me))))
                .isEqualTo(RefusalCode.CAPACITY);
        assertThat(ask(me -> new HostCommand.SetDraining(true, me))).isEqualTo(new HostReply.DrainingSet(HOST_1, true));
        assertThat(codeOf(ask(me -> new HostCommand.AttachVm(spec(DB_1, 2), 1, true, me))))
                .isEqualTo(RefusalCode.DRAINING);
    }

    @Test
    void shouldRefuseLowerEpochs() {
        setRules(7, Action.ALLOW);
        startAgent();
        attach(5, true);

        assertThat(codeOf(ask(me -> new HostCommand.AttachVm(spec(WEB_1, 1), 4, true, me))))
                .isEqualTo(RefusalCode.STALE_EPOCH);
        assertThat(codeOf(ask(me -> new HostCommand.DetachVm(spec(WEB_1, 1), 4, me))))
                .isEqualTo(RefusalCode.STALE_EPOCH);
        assertThat(codeOf(ask(me -> new HostCommand.ReleaseVm(spec(WEB_1, 1), 4, HOST_2, 5, me))))
                .isEqualTo(RefusalCode.STALE_EPOCH);
        assertThat(dataPath.mode(WEB_1_ETH0)).isEqualTo(VnicMode.ENFORCING);
    }

    @Test
    void shouldLeaveNothingBehindWhenAPortCannotBeOpened() {
        startAgent();
        dataPath.failNext("attach", Reason.PORT);

        assertThat(codeOf(ask(me -> new HostCommand.AttachVm(spec(WEB_1, 1), 1, true, me))))
                .isEqualTo(RefusalCode.PORT);
        await().untilAsserted(() -> assertThat(host().vms()).isEmpty());
    }

    @Test
    void shouldForgetAVmThatHasMoved() {
        setRules(7, Action.ALLOW);
        startAgent();
        attach(1, true);
        await().until(() -> checkpoints.read(WEB_1_ETH0).isPresent());

        assertThat(ask(me -> new HostCommand.ReleaseVm(spec(WEB_1, 1), 1, HOST_2, 2, me)))
                .isEqualTo(new HostReply.VmGone(WEB_1, 1));

        assertThat(host().vms()).isEmpty();
        assertThat(dataPath.mode(WEB_1_ETH0)).isNull();
        await().until(() -> checkpoints.read(WEB_1_ETH0).isEmpty());
    }

    @Test
    void shouldEnforceAgainAfterARestartWithRulesAndConnectionsAndWithoutItsTenant() throws IOException {
        RuleTable rules = table(Action.ALLOW);
        placements.put(row(3)).toCompletableFuture().join();
        checkpoints.write(checkpoint(WEB_1_ETH0, 1, 3, rules, connections("flow")));

        startAgent();

        await().untilAsserted(() -> assertThat(dataPath.mode(WEB_1_ETH0)).isEqualTo(VnicMode.ENFORCING));
        assertThat(dataPath.rules(WEB_1_ETH0)).isEqualTo(rules);
        assertThat(dataPath.table(WEB_1_ETH0).digest())
                .isEqualTo(connections("flow").digest());
        assertThat(dataPath.calls())
                .filteredOn(call -> !call.startsWith("status"))
                .startsWith(
                        "attach " + WEB_1_ETH0 + " 3",
                        "restoreTable " + WEB_1_ETH0 + " 3",
                        "installRules " + WEB_1_ETH0 + " 7",
                        "activate " + WEB_1_ETH0 + " 3");
    }

    @Test
    void shouldNotUseACheckpointOfAnotherEpoch() throws IOException {
        placements.put(row(3)).toCompletableFuture().join();
        checkpoints.write(checkpoint(WEB_1_ETH0, 1, 1, table(Action.ALLOW), connections("old flow")));

        startAgent();

        await().untilAsserted(() -> assertThat(dataPath.mode(WEB_1_ETH0)).isEqualTo(VnicMode.ENFORCING));
        assertThat(dataPath.rules(WEB_1_ETH0)).isNull();
        assertThat(dataPath.table(WEB_1_ETH0).entries()).isZero();
    }

    @Test
    void shouldLetNothingPassAfterARestartWhileItIsNotDecidedWhoEnforces() throws IOException {
        setRules(7, Action.ALLOW);
        placements.put(row(3)).toCompletableFuture().join();
        checkpoints.notes().open(WEB_1_ETH0, 3);

        startAgent();

        await().untilAsserted(() -> assertThat(dataPath.rules(WEB_1_ETH0)).isNotNull());
        assertThat(host().vms())
                .singleElement()
                .satisfies(vm -> assertThat(vm.vnics())
                        .singleElement()
                        .satisfies(vnic -> assertThat(vnic.mode()).isEqualTo(VnicMode.PASSIVE)));

        assertThat(attach(5, true).epoch()).isEqualTo(5);
        assertThat(dataPath.mode(WEB_1_ETH0)).isEqualTo(VnicMode.ENFORCING);
    }

    @Test
    void shouldNotMindANoteOfALowerEpochThanTheDirectorys() throws IOException {
        placements.put(row(5)).toCompletableFuture().join();
        checkpoints.notes().open(WEB_1_ETH0, 3);

        startAgent();

        await().untilAsserted(() -> assertThat(dataPath.mode(WEB_1_ETH0)).isEqualTo(VnicMode.ENFORCING));
    }

    @Test
    void shouldTakeAVmBackThatReturnsWhileItIsStillLeaving() {
        setRules(7, Action.ALLOW);
        ActorRef<HostCommand> agent = startAgent();
        attach(1, true);
        var leaving = dataPath.hold("release");
        TestProbe<HostReply> other = testKit.createTestProbe();
        agent.tell(new HostCommand.ReleaseVm(spec(WEB_1, 1), 1, HOST_2, 2, other.ref()));
        agent.tell(new HostCommand.AttachVm(spec(WEB_1, 1), 3, true, asker.ref()));
        leaving.complete(null);

        assertThat(other.receiveMessage()).isEqualTo(new HostReply.VmGone(WEB_1, 1));
        assertThat(asker.receiveMessage())
                .isInstanceOfSatisfying(
                        HostReply.VmAttached.class, vm -> assertThat(vm.epoch()).isEqualTo(3));
        assertThat(dataPath.mode(WEB_1_ETH0)).isEqualTo(VnicMode.ENFORCING);
    }

    @Test
    void shouldTryAgainWhenAPortOrTheDirectoryIsNotThereAtTheStart() {
        setRules(7, Action.ALLOW);
        placements.put(row(3)).toCompletableFuture().join();
        placements.failNext();
        dataPath.failNext("attach", Reason.PORT);

        startAgent();

        await().untilAsserted(() -> assertThat(dataPath.mode(WEB_1_ETH0)).isEqualTo(VnicMode.ENFORCING));
        assertThat(host().recovered()).isTrue();
    }

    @Test
    void shouldAdoptWhatGoesOnWhenOnlyTheActorsStartAgain() {
        setRules(7, Action.ALLOW);
        placements.put(row(1)).toCompletableFuture().join();
        ActorRef<HostCommand> first = startAgent();
        await().untilAsserted(() -> assertThat(dataPath.rules(WEB_1_ETH0)).isNotNull());
        dataPath.setTable(WEB_1_ETH0, connections("flow"));
        testKit.stop(first);
        firewalls.values().forEach(testKit::stop);
        firewalls.clear();

        startAgent();

        setRules(8, Action.DROP);
        await().untilAsserted(() -> assertThat(dataPath.rules(WEB_1_ETH0)).isEqualTo(table(Action.DROP)));
        assertThat(dataPath.table(WEB_1_ETH0).digest())
                .isEqualTo(connections("flow").digest());
        assertThat(dataPath.mode(WEB_1_ETH0)).isEqualTo(VnicMode.ENFORCING);
    }

    @Test
    void shouldWriteCheckpointsOfWhatChangedAndOnDemand() {
        setRules(7, Action.ALLOW);
        startAgent();
        attach(1, true);
        dataPath.setTable(WEB_1_ETH0, connections("flow"));

        assertThat(ask(HostCommand.WriteCheckpoints::new))
                .isInstanceOfSatisfying(
                        HostReply.Checkpointed.class,
                        done -> assertThat(done.failures()).isEmpty());

        await().untilAsserted(() -> assertThat(checkpoints.read(WEB_1_ETH0)).hasValueSatisfying(checkpoint -> {
            assertThat(checkpoint.epoch()).isEqualTo(1);
            assertThat(checkpoint.policyRevision()).isEqualTo(7);
            assertThat(checkpoint.rules()).isEqualTo(table(Action.ALLOW));
            assertThat(checkpoint.table().digest())
                    .isEqualTo(connections("flow").digest());
        }));
    }

    @Test
    void shouldAdoptWhatWasRestoredFromDiskAndItsRulesForTheNextCheckpoint() throws IOException {
        placements.put(row(3)).toCompletableFuture().join();
        checkpoints.write(checkpoint(WEB_1_ETH0, 1, 3, table(Action.ALLOW), connections("flow")));
        restoreFromDisk();
        assertThat(dataPath.mode(WEB_1_ETH0)).isEqualTo(VnicMode.ENFORCING);

        startAgent();
        await().until(() -> host().recovered() && host().vms().size() == 1);
        dataPath.setTable(WEB_1_ETH0, connections("newer flow"));

        await().untilAsserted(() -> assertThat(checkpoints.read(WEB_1_ETH0))
                .hasValueSatisfying(checkpoint -> assertThat(checkpoint.table().digest())
                        .isEqualTo(connections("newer flow").digest())));
        assertThat(dataPath.mode(WEB_1_ETH0)).isEqualTo(VnicMode.ENFORCING);
        assertThat(dataPath.calls()).noneMatch(call -> call.startsWith("release"));
    }

    @Test
    void shouldLetGoOfWhatWasRestoredFromDiskButIsElsewhereByNow() throws IOException {
        checkpoints.write(checkpoint(WEB_1_ETH0, 1, 3, table(Action.ALLOW), connections("flow")));
        placements
                .put(new PlacementRow(WEB_1, HOST_2, 4, VmSpecJson.write(spec(WEB_1, 1)), Instant.now()))
                .toCompletableFuture()
                .join();
        restoreFromDisk();

        startAgent();

        await().untilAsserted(() -> assertThat(dataPath.mode(WEB_1_ETH0)).isNull());
        await().untilAsserted(() -> assertThat(checkpoints.read(WEB_1_ETH0)).isEmpty());
    }

    @Test
    void shouldKeepWhatTheDirectoryHasNotHeardOfYet() throws IOException {
        checkpoints.write(checkpoint(WEB_1_ETH0, 1, 5, table(Action.ALLOW), connections("flow")));
        placements
                .put(new PlacementRow(WEB_1, HOST_2, 4, VmSpecJson.write(spec(WEB_1, 1)), Instant.now()))
                .toCompletableFuture()
                .join();
        restoreFromDisk();

        startAgent();

        await().until(() -> host().recovered());
        assertThat(dataPath.mode(WEB_1_ETH0)).isEqualTo(VnicMode.ENFORCING);
    }

    @Test
    void shouldSayThatAVmIsGoneOnlyWhenNoRestartCanBringItBack() throws IOException {
        setRules(7, Action.ALLOW);
        ActorRef<HostCommand> agent = startAgent();
        attach(1, true);
        ask(HostCommand.WriteCheckpoints::new);
        assertThat(checkpoints.read(WEB_1_ETH0)).isPresent();
        checkpoints.notes().open(WEB_1_ETH0, 1);

        agent.tell(new HostCommand.ReleaseVm(spec(WEB_1, 1), 1, HOST_2, 2, asker.ref()));

        assertThat(asker.receiveMessage()).isEqualTo(new HostReply.VmGone(WEB_1, 1));
        assertThat(checkpoints.read(WEB_1_ETH0)).isEmpty();
        assertThat(checkpoints.notes().find(WEB_1_ETH0)).isEmpty();
    }

    // ---- helpers

    private void restoreFromDisk() {
        new LocalRestore(dataPath, checkpoints, 1_000, Duration.ofSeconds(3)).run();
    }

    private void setRules(long revision, Action action) {
        tenantRules.set(Map.of(WEB_1_ETH0, new RuleShelf.Delivery(revision, table(action))));
    }

    private static PlacementRow row(long epoch) {
        return new PlacementRow(WEB_1, HOST_1, epoch, VmSpecJson.write(spec(WEB_1, 1)), Instant.now());
    }

    private HostReply.VmAttached attach(long epoch, boolean enforce) {
        return (HostReply.VmAttached) ask(me -> new HostCommand.AttachVm(spec(WEB_1, 1), epoch, enforce, me));
    }

    private HostReply.HostStatus host() {
        return (HostReply.HostStatus) ask(HostCommand.GetHost::new);
    }

    private HostReply ask(Function<ActorRef<HostReply>, HostCommand> command) {
        agentRef.get().tell(command.apply(asker.ref()));
        return asker.receiveMessage();
    }

    private static RefusalCode codeOf(HostReply reply) {
        return ((Refused) reply).code();
    }
}
