package io.portcullis.migration;

import static io.portcullis.migration.FakeCluster.ONE;
import static io.portcullis.migration.FakeCluster.TWO;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.migration.EvacuationCommand.EvacuationReply;
import io.portcullis.migration.EvacuationCommand.EvacuationState;
import io.portcullis.migration.EvacuationCommand.EvacuationStatus;
import io.portcullis.migration.FakeVmHost.Op;
import io.portcullis.policy.HostId;
import io.portcullis.vnic.RefusalCode;
import io.portcullis.vnic.VmSpec;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EvacuationTest {
    private static final HostId THREE = new HostId("host-3");

    private final FakeCluster cluster = new FakeCluster("parallel = 2");
    private final List<VmSpec> vms = IntStream.range(0, 6)
            .mapToObj(i -> FakeCluster.spec("acme/vm-" + i, 1))
            .toList();
    private final AtomicInteger left = new AtomicInteger();
    private final ActorRef<EvacuationCommand> evacuation =
            cluster.kit.spawn(Evacuation.create(new EvacuationEnvironment(
                    cluster.host(ONE),
                    cluster,
                    cluster::placement,
                    () -> CompletableFuture.completedFuture(cluster.vmsAt(ONE)),
                    left::incrementAndGet,
                    cluster.settings)));

    EvacuationTest() {
        cluster.addHost(THREE);
        vms.forEach(vm -> cluster.attach(vm, ONE));
    }

    @AfterEach
    void stop() {
        cluster.close();
    }

    @Test
    void shouldSpreadAllVmsOverTheOtherHosts() {
        assertThat(ask(replyTo -> new EvacuationCommand.StartDrain("ann", replyTo))
                        .state())
                .isEqualTo(EvacuationState.DRAINING);

        awaitState(EvacuationState.DRAINED);

        EvacuationStatus status = status();
        assertThat(status.moved()).isEqualTo(6);
        assertThat(status.total()).isEqualTo(6);
        assertThat(status.failed()).isEmpty();
        assertThat(cluster.vmsAt(ONE)).isEmpty();
        assertThat(cluster.vmsAt(TWO)).hasSize(3);
        assertThat(cluster.vmsAt(THREE)).hasSize(3);
        assertThat(cluster.migrate(vms.getFirst(), ONE))
                .isInstanceOfSatisfying(
                        PlacementReply.Refused.class,
                        refused -> assertThat(refused.code()).isEqualTo(RefusalCode.DRAINING));
        assertThat(left).hasValue(0);
    }

    @Test
    void shouldMoveNoMoreAtOnceThanItMay() {
        cluster.host(TWO).hang(Op.ADMIT);
        cluster.host(THREE).hang(Op.ADMIT);
        ask(replyTo -> new EvacuationCommand.StartDrain("ann", replyTo));

        Awaitility.await().until(() -> status().moving().size() == 2);
        Awaitility.await()
                .during(Duration.ofMillis(300))
                .until(() -> status().moving().size() == 2 && status().waiting() == 4);
        assertThat(cluster.host(TWO).calls(Op.ADMIT) + cluster.host(THREE).calls(Op.ADMIT))
                .isEqualTo(2);

        cluster.host(TWO).goOn(Op.ADMIT);
        cluster.host(THREE).goOn(Op.ADMIT);
        awaitState(EvacuationState.DRAINED);
    }

    @Test
    void shouldLeaveTheClusterOnlyWhenNoVmIsLeft() {
        ask(replyTo -> new EvacuationCommand.StartLeave("ann", replyTo));

        awaitState(EvacuationState.LEAVING);

        assertThat(left).hasValue(1);
        assertThat(cluster.vmsAt(ONE)).isEmpty();
        assertThat(askAny(replyTo -> new EvacuationCommand.StopDrain("ann", replyTo)))
                .isInstanceOf(EvacuationCommand.EvacuationRefused.class);
    }

    @Test
    void shouldSayWhatCouldNotBeMovedAndStay() {
        cluster.host(TWO).free(2);
        cluster.host(THREE).free(2);
        ask(replyTo -> new EvacuationCommand.StartLeave("ann", replyTo));

        awaitState(EvacuationState.INCOMPLETE);

        assertThat(status().moved()).isEqualTo(4);
        assertThat(status().failed())
                .hasSize(2)
                .allSatisfy((vm, why) -> assertThat(why).contains("room"));
        assertThat(left).hasValue(0);

        cluster.host(TWO).free(50);
        ask(replyTo -> new EvacuationCommand.StartDrain("ann", replyTo));
        awaitState(EvacuationState.LEAVING);
    }

    @Test
    void shouldTryAVmAgainWhoseMigrationFailed() {
        cluster.host(TWO).failNext(Op.ADMIT, RefusalCode.PORT, 2);
        cluster.host(THREE).failNext(Op.ADMIT, RefusalCode.PORT, 1);

        ask(replyTo -> new EvacuationCommand.StartDrain("ann", replyTo));

        awaitState(EvacuationState.DRAINED);
        assertThat(status().moved()).isEqualTo(6);
    }

    @Test
    void shouldStopWhenToldSo() {
        cluster.host(TWO).hang(Op.ADMIT);
        cluster.host(THREE).hang(Op.ADMIT);
        ask(replyTo -> new EvacuationCommand.StartDrain("ann", replyTo));
        Awaitility.await().until(() -> status().moving().size() == 2);

        assertThat(ask(replyTo -> new EvacuationCommand.StopDrain("ann", replyTo))
                        .state())
                .isEqualTo(EvacuationState.ACTIVE);
        cluster.host(TWO).goOn(Op.ADMIT);
        cluster.host(THREE).goOn(Op.ADMIT);

        Awaitility.await().until(() -> status().moving().isEmpty());
        assertThat(cluster.vmsAt(ONE)).hasSize(4);
    }

    private EvacuationStatus status() {
        return ask(EvacuationCommand.GetDrain::new);
    }

    private void awaitState(EvacuationState state) {
        Awaitility.await().until(() -> status().state() == state);
    }

    private EvacuationStatus ask(Function<ActorRef<EvacuationReply>, EvacuationCommand> command) {
        return (EvacuationStatus) askAny(command);
    }

    private EvacuationReply askAny(Function<ActorRef<EvacuationReply>, EvacuationCommand> command) {
        TestProbe<EvacuationReply> probe = cluster.kit.createTestProbe();
        evacuation.tell(command.apply(probe.getRef()));
        EvacuationReply reply = probe.receiveMessage(FakeCluster.PATIENCE);
        probe.stop();
        return reply;
    }
}
