package io.portcullis.migration;

import static io.portcullis.migration.FakeCluster.ONE;
import static io.portcullis.migration.FakeCluster.TWO;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.migration.FakeVmHost.Op;
import io.portcullis.migration.model.BulkMove;
import io.portcullis.migration.model.BulkOperation.Kind;
import io.portcullis.migration.model.BulkOperation.Phase;
import io.portcullis.migration.model.BulkOperation.Priority;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import io.portcullis.vnic.RefusalCode;
import io.portcullis.vnic.VmSpec;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BulkOperationsTest {
    private static final HostId THREE = new HostId("host-3");

    private final FakeCluster cluster =
            new FakeCluster("parallel = 2, placement.anti-affinity = hard, bulk.rebalance-sample = 10ms"
                    + ", bulk.max-bytes-per-host = 1000");
    private final List<VmSpec> vms = IntStream.range(0, 6)
            .mapToObj(i -> FakeCluster.spec("acme/vm-" + i, 1))
            .toList();
    private final Map<VmId, Set<String>> apart = new HashMap<>();
    private final AtomicInteger left = new AtomicInteger();
    private ActorRef<BulkCommand> operations;

    BulkOperationsTest() {
        cluster.addHost(THREE);
        vms.forEach(vm -> cluster.attach(vm, ONE));
        operations = start();
    }

    private ActorRef<BulkCommand> start() {
        return cluster.kit.spawn(BulkOperations.create(new BulkEnvironment(
                cluster,
                cluster::placement,
                host -> CompletableFuture.completedFuture(cluster.vmsAt(host)),
                tenant -> CompletableFuture.completedFuture(Map.copyOf(apart)),
                host -> left.incrementAndGet(),
                cluster.settings,
                System::currentTimeMillis)));
    }

    @AfterEach
    void stop() {
        cluster.close();
    }

    // ---- one host

    @Test
    void shouldSpreadAllVmsOverTheOtherHosts() {
        assertThat(drain().phase()).isEqualTo(Phase.RUNNING);

        awaitPhase(Phase.DONE);

        BulkReply.Status status = status();
        assertThat(status.moved()).isEqualTo(6);
        assertThat(status.total()).isEqualTo(6);
        assertThat(status.failed()).isEmpty();
        assertThat(status.etaMillis()).isNull();
        assertThat(cluster.vmsAt(ONE)).isEmpty();
        assertThat(cluster.vmsAt(TWO)).hasSize(3);
        assertThat(cluster.vmsAt(THREE)).hasSize(3);
        assertRefusesVms(ONE);
        assertThat(left).hasValue(0);
    }

    @Test
    void shouldMoveNoMoreAtOnceThanItMay() {
        holdMoves();
        drain();

        Awaitility.await().until(() -> status().moving().size() == 2);
        Awaitility.await()
                .during(Duration.ofMillis(300))
                .until(() -> status().moving().size() == 2 && status().waiting() == 4);
        assertThat(cluster.host(TWO).calls(Op.ADMIT) + cluster.host(THREE).calls(Op.ADMIT))
                .isEqualTo(2);
        Awaitility.await().until(() -> status().heldBack().equals(Map.of("PARALLEL", 4)));

        goOn();
        awaitPhase(Phase.DONE);
    }

    @Test
    void shouldHaveNoMoreMemoryOnItsWayIntoAHostThanItMay() {
        // of 600 bytes each, at most 1,000 at once, and one of 2,000
        vms.forEach(vm -> cluster.host(ONE).fill(vm.vnicIds().getFirst(), 6));
        cluster.host(ONE).fill(vms.getLast().vnicIds().getFirst(), 20);
        holdMoves();
        empty(Kind.DRAIN, new BulkCommand.Wishes(List.of(TWO), 6, Priority.NORMAL, 0));

        Awaitility.await()
                .until(() -> status().heldBack().equals(Map.of("MEMORY", 5))
                        && status().moving().size() == 1);

        goOn();
        awaitPhase(Phase.DONE);
        assertThat(cluster.vmsAt(TWO)).hasSize(6);
        assertThat(status().heldBack()).isEmpty();
    }

    @Test
    void shouldSendNoMoreThanItsLimitUntilThatIsChanged() {
        // of some 25 bytes each: far more than may be sent while the test runs
        vms.forEach(vm -> cluster.host(ONE).fill(vm.vnicIds().getFirst(), 20));
        empty(Kind.DRAIN, new BulkCommand.Wishes(List.of(TWO), 6, Priority.NORMAL, 1));

        Awaitility.await().until(() -> Objects.requireNonNullElse(status().bytesPerSecondUsed(), -1L) == 0);
        assertThat(status().bytesPerSecond()).isEqualTo(1);
        assertThat(status().moved()).isZero();

        String id = status().id();
        assertThat(asked(replyTo -> new BulkCommand.LimitOperation(id, null, 0L, "ann", replyTo))
                        .parallel())
                .isEqualTo(6);
        awaitPhase(Phase.DONE);
        assertThat(cluster.vmsAt(TWO)).hasSize(6);
        assertThat(status().bytesPerSecond()).isZero();
    }

    @Test
    void shouldMoveMoreAtOnceWhenItMay() {
        holdMoves();
        drain();
        Awaitility.await().until(() -> status().moving().size() == 2);

        assertThat(asked(replyTo -> new BulkCommand.LimitOperation("op-1", 3, null, "ann", replyTo))
                        .parallel())
                .isEqualTo(3);

        Awaitility.await().until(() -> status().moving().size() == 3);
        goOn();
        awaitPhase(Phase.DONE);
        assertThat(change(BulkCommand.Change.CANCEL).phase()).isEqualTo(Phase.CANCELLED);
        assertThat(ask(replyTo -> new BulkCommand.LimitOperation("op-1", 4, null, "ann", replyTo)))
                .isInstanceOfSatisfying(
                        BulkReply.Refused.class,
                        refused -> assertThat(refused.code()).isEqualTo(RefusalCode.WRONG_STATE));
        assertThat(ask(replyTo -> new BulkCommand.LimitOperation("op-9", 4, null, "ann", replyTo)))
                .isInstanceOf(BulkReply.Refused.class);
    }

    @Test
    void shouldLeaveTheClusterOnlyWhenNoVmIsLeftAndOnlyOnce() {
        empty(Kind.LEAVE, BulkCommand.Wishes.NONE);

        awaitPhase(Phase.LEAVING);

        Awaitility.await().until(() -> left.get() > 0);
        assertThat(cluster.vmsAt(ONE)).isEmpty();
        assertThat(ask(replyTo -> new BulkCommand.StopDrain(ONE, "ann", replyTo)))
                .isInstanceOfSatisfying(
                        BulkReply.Refused.class,
                        refused -> assertThat(refused.code()).isEqualTo(RefusalCode.TOO_LATE));

        cluster.kill(ONE);
        awaitPhase(Phase.DONE);
        int told = left.get();
        cluster.addHost(ONE);
        Awaitility.await()
                .until(() -> cluster.migrate(vms.getFirst(), ONE) instanceof PlacementReply.MigrationAccepted);
        assertThat(left).as("it came back to stay").hasValue(told);
    }

    @Test
    void shouldSayWhatCouldNotBeMovedAndStay() {
        cluster.host(TWO).free(2);
        cluster.host(THREE).free(2);
        empty(Kind.LEAVE, BulkCommand.Wishes.NONE);

        awaitPhase(Phase.INCOMPLETE);

        assertThat(status().moved()).isEqualTo(4);
        assertThat(status().failed())
                .hasSize(2)
                .allSatisfy((vm, why) -> assertThat(why).contains("room"));
        assertThat(left).hasValue(0);

        cluster.host(TWO).free(50);
        drain();
        awaitPhase(Phase.LEAVING);
    }

    @Test
    void shouldTryAVmAgainWhoseMigrationFailed() {
        cluster.host(TWO).failNext(Op.ADMIT, RefusalCode.PORT, 2);
        cluster.host(THREE).failNext(Op.ADMIT, RefusalCode.PORT, 1);

        drain();

        awaitPhase(Phase.DONE);
        assertThat(status().moved()).isEqualTo(6);
    }

    @Test
    void shouldStopWhenToldSo() {
        holdMoves();
        drain();
        Awaitility.await().until(() -> status().moving().size() == 2);

        assertThat(asked(replyTo -> new BulkCommand.StopDrain(ONE, "ann", replyTo))
                        .phase())
                .isEqualTo(Phase.CANCELLED);
        goOn();

        Awaitility.await().until(() -> status().moving().isEmpty());
        assertThat(cluster.vmsAt(ONE)).hasSize(4);
        assertThat(cluster.attach(FakeCluster.spec("acme/new", 1), ONE)).isInstanceOf(PlacementReply.Attached.class);
    }

    @Test
    void shouldEvacuateToNamedHostsAndOpenTheHostAgain() {
        empty(Kind.EVACUATE, new BulkCommand.Wishes(List.of(THREE), 6, Priority.HIGH, 0));

        awaitPhase(Phase.DONE);

        assertThat(cluster.vmsAt(THREE)).hasSize(6);
        Awaitility.await()
                .until(() -> cluster.migrate(vms.getFirst(), ONE) instanceof PlacementReply.MigrationAccepted);
    }

    @Test
    void shouldRefuseWhatMakesNoSense() {
        assertRefused(new BulkCommand.Wishes(List.of(ONE), null, Priority.LOW, 0), RefusalCode.SAME_HOST);
        assertRefused(
                new BulkCommand.Wishes(List.of(new HostId("host-9")), null, Priority.LOW, 0), RefusalCode.UNKNOWN);
        holdMoves();
        drain();
        assertRefused(BulkCommand.Wishes.NONE, RefusalCode.WRONG_STATE);
        assertThat(ask(replyTo -> new BulkCommand.GetOperation("op-99", replyTo)))
                .isInstanceOf(BulkReply.Refused.class);
        goOn();
        awaitPhase(Phase.DONE);
    }

    // ---- the operation as a whole

    @Test
    void shouldPauseAndGoOn() {
        holdMoves();
        drain();
        Awaitility.await().until(() -> status().moving().size() == 2);
        assertThat(change(BulkCommand.Change.PAUSE).phase()).isEqualTo(Phase.PAUSED);
        goOn();

        Awaitility.await().until(() -> status().moved() == 2);
        Awaitility.await()
                .during(Duration.ofMillis(300))
                .until(() -> status().moved() == 2 && status().moving().isEmpty());
        assertThat(status().etaMillis()).isNotNull();
        assertRefusesVms(ONE);

        change(BulkCommand.Change.RESUME);
        awaitPhase(Phase.DONE);
    }

    @Test
    void shouldGoOnWhereItWasWhenItsNodeDies() {
        holdMoves();
        drain();
        Awaitility.await().until(() -> status().moving().size() == 2);

        cluster.kit.stop(operations);
        goOn();
        operations = start();

        awaitPhase(Phase.DONE);
        assertThat(status().moved()).isEqualTo(6);
        assertThat(cluster.vmsAt(ONE)).isEmpty();
    }

    @Test
    void shouldKeepADrainedHostClosedThatStartsAgain() {
        drain();
        awaitPhase(Phase.DONE);

        cluster.host(ONE).setDraining(false);

        Awaitility.await()
                .until(() -> cluster.migrate(vms.getFirst(), ONE) instanceof PlacementReply.Refused refused
                        && refused.code() == RefusalCode.DRAINING);
    }

    @Test
    void shouldNotPutVmsTogetherThatMustBeApart() {
        vms.stream().limit(3).forEach(vm -> apart.put(vm.vm(), Set.of("db")));
        cluster.host(TWO).free(50);

        drain();
        awaitPhase(Phase.INCOMPLETE);

        assertThat(status().failed())
                .hasSize(1)
                .allSatisfy((vm, why) -> assertThat(why).contains("anti-affinity"));
        assertThat(cluster.vmsAt(TWO).stream().filter(apart::containsKey)).hasSize(1);
        assertThat(cluster.vmsAt(THREE).stream().filter(apart::containsKey)).hasSize(1);
    }

    @Test
    void shouldKnowOfAVmThatIsLongOnItsWayWhatMustBeApart() {
        vms.stream().limit(2).forEach(vm -> apart.put(vm.vm(), Set.of("db")));
        cluster.host(TWO).hang(Op.ADMIT);
        empty(Kind.DRAIN, new BulkCommand.Wishes(List.of(TWO), 1, Priority.NORMAL, 0));
        Awaitility.await().until(() -> status().moving().size() == 1);
        VmId first = status().moving().getFirst();
        int asked = cluster.host(TWO).loads();
        Awaitility.await().until(() -> cluster.host(TWO).loads() > asked + 4);
        cluster.host(TWO).goOn(Op.ADMIT);

        awaitPhase(Phase.INCOMPLETE);

        assertThat(apart).containsKey(first);
        assertThat(status().failed()).hasSize(1);
        assertThat(cluster.vmsAt(TWO)).hasSize(5);
    }

    // ---- plans

    @Test
    void shouldShowAPlanAndThenCarryItOut() {
        BulkReply.Planned dry = (BulkReply.Planned)
                ask(replyTo -> new BulkCommand.Rebalance(BulkCommand.Wishes.NONE, true, "ann", replyTo));
        assertThat(dry.operation()).isNull();
        assertThat(dry.plan().moves()).hasSize(4);
        assertThat(cluster.vmsAt(ONE)).hasSize(6);

        BulkReply.Planned planned = (BulkReply.Planned)
                ask(replyTo -> new BulkCommand.Rebalance(BulkCommand.Wishes.NONE, false, "ann", replyTo));
        String id = Objects.requireNonNull(planned.operation()).id();
        Awaitility.await()
                .until(() -> asked(replyTo -> new BulkCommand.GetOperation(id, replyTo))
                        .phase()
                        .equals(Phase.DONE));

        for (HostId host : List.of(ONE, TWO, THREE)) {
            assertThat(cluster.vmsAt(host)).hasSize(2);
        }
        assertThat(asked(replyTo -> new BulkCommand.GetOperation(id, replyTo)).moves())
                .hasSize(4)
                .allMatch(move -> move.state() == BulkMove.State.MOVED);
        assertThat(((BulkReply.Operations) ask(BulkCommand.ListOperations::new)).operations())
                .hasSize(1);
    }

    private void holdMoves() {
        cluster.host(TWO).hang(Op.ADMIT);
        cluster.host(THREE).hang(Op.ADMIT);
    }

    private void goOn() {
        cluster.host(TWO).goOn(Op.ADMIT);
        cluster.host(THREE).goOn(Op.ADMIT);
    }

    private void assertRefusesVms(HostId host) {
        assertThat(cluster.attach(FakeCluster.spec("acme/refused", 1), host))
                .isInstanceOfSatisfying(
                        PlacementReply.Refused.class,
                        refused -> assertThat(refused.code()).isEqualTo(RefusalCode.DRAINING));
    }

    private void assertRefused(BulkCommand.Wishes wishes, RefusalCode code) {
        assertThat(ask(replyTo -> new BulkCommand.Empty(Kind.EVACUATE, ONE, wishes, "ann", replyTo)))
                .isInstanceOfSatisfying(
                        BulkReply.Refused.class,
                        refused -> assertThat(refused.code()).isEqualTo(code));
    }

    private BulkReply.Status drain() {
        return empty(Kind.DRAIN, BulkCommand.Wishes.NONE);
    }

    private BulkReply.Status empty(Kind kind, BulkCommand.Wishes wishes) {
        return asked(replyTo -> new BulkCommand.Empty(kind, ONE, wishes, "ann", replyTo));
    }

    private BulkReply.Status change(BulkCommand.Change change) {
        String id = status().id();
        return asked(replyTo -> new BulkCommand.ChangeOperation(id, change, "ann", replyTo));
    }

    private BulkReply.Status status() {
        return asked(replyTo -> new BulkCommand.GetDrain(ONE, replyTo));
    }

    private void awaitPhase(Phase phase) {
        Awaitility.await().until(() -> status().phase() == phase);
    }

    private BulkReply.Status asked(Function<ActorRef<BulkReply>, BulkCommand> command) {
        return (BulkReply.Status) ask(command);
    }

    private BulkReply ask(Function<ActorRef<BulkReply>, BulkCommand> command) {
        TestProbe<BulkReply> probe = cluster.kit.createTestProbe();
        operations.tell(command.apply(probe.getRef()));
        BulkReply reply = probe.receiveMessage(FakeCluster.PATIENCE);
        probe.stop();
        return reply;
    }
}
