package io.portcullis.datapath.runtime;

import static io.portcullis.datapath.runtime.TestHosts.allow;
import static io.portcullis.datapath.runtime.TestHosts.get;
import static io.portcullis.datapath.runtime.TestHosts.ip;
import static io.portcullis.datapath.runtime.TestHosts.mac;
import static io.portcullis.datapath.runtime.TestHosts.move;
import static io.portcullis.datapath.runtime.TestHosts.rules;
import static io.portcullis.datapath.runtime.TestHosts.vnic;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.portcullis.datapath.runtime.DataPathException.Reason;
import io.portcullis.policy.RuleDirection;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.table.RuleTable;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Random;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Cut-overs that do not happen: the source enforces again and no frame is lost, wherever it was by then. */
class CutoverRollbackTest {
    private static final int UDP = 17;
    private static final RuleTable RULES = rules(allow(RuleDirection.OUT, UDP, 6_000));
    private static final VnicId ID = vnic(1, 1).vnic();
    private static final long PAUSE_NANOS = 60_000;

    private final long seed = new Random().nextLong();
    private final TestHosts hosts = new TestHosts(seed);
    private final DataPathRuntime source =
            hosts.host("host-1", DataPathSettings.Limits.DEFAULT.withStepTimeoutNanos(TimeUnit.SECONDS.toNanos(1)));
    private final TestFabric.Vm vm = hosts.vm(1);
    private final TestFabric.Station station = hosts.fabric.station();
    private final NumberedFlow out = new NumberedFlow(mac(1), ip("10.0.0.1"), 5_000, mac(9), ip("10.0.0.9"), 6_000, 0);
    private final NumberedFlow in =
            new NumberedFlow(mac(9), ip("10.0.0.9"), 6_000, mac(1), ip("10.0.0.1"), 5_000, TestHosts.VLAN);

    @BeforeEach
    void startTraffic() {
        System.out.println("seed " + seed);
        hosts.enforce(source, vnic(1, 1), RULES);
        out.start(vm::send, PAUSE_NANOS);
        await().until(() -> CutoverTest.drain(station, out) && out.receivedCount() > 10);
        in.start(station::send, PAUSE_NANOS);
        await().until(() -> CutoverTest.drain(vm, in) && in.receivedCount() > 10);
    }

    @AfterEach
    void stop() {
        out.stop();
        in.stop();
        hosts.close();
    }

    private void assertNothingLost() {
        out.stop();
        in.stop();
        await().until(() -> CutoverTest.drain(station, out) && out.receivedCount() >= out.sent());
        await().until(() -> CutoverTest.drain(vm, in) && in.receivedCount() >= in.sent());
        out.assertWhole();
        in.assertWhole();
        assertThat(vm.lostFrames()).isZero();
    }

    @Test
    void shouldEnforceAgainWhenTheSealedTableIsReclaimed() {
        DataPathRuntime destination = hosts.host("host-2");
        CutoverTarget target = prepare(destination, 2);
        get(source.cutOver(ID, 1, target));
        awaitFrames();

        VnicStatus status = get(source.reclaim(ID, 3));

        assertThat(status.mode()).isEqualTo(VnicMode.ENFORCING);
        assertThat(status.epoch()).isEqualTo(3);
        assertThatThrownBy(() -> get(destination.activate(ID, 2, 0)))
                .hasFieldOrPropertyWithValue("reason", Reason.STALE_EPOCH);
        get(destination.release(ID, 2));
        assertNothingLost();
    }

    @Test
    void shouldGiveBackWhatItHoldsWhenTheDestinationIsReleasedFirst() {
        DataPathRuntime destination = hosts.host("host-2");
        CutoverTarget target = prepare(destination, 2);
        get(source.cutOver(ID, 1, target));
        awaitFrames();

        CompletionStage<Void> released = destination.release(ID, 2);
        get(source.reclaim(ID, 3));
        get(released);

        assertThat(vm.queues()).isEqualTo(1);
        assertNothingLost();
    }

    @Test
    void shouldKeepEveryFrameWhereverTheCutIsCalledOff() {
        DataPathRuntime destination = hosts.host("host-2");
        Random random = new Random(seed);
        long epoch = 1;
        int cut = 0;
        for (int i = 0; i < 100; i++) {
            CutoverTarget target = prepare(destination, epoch + 1);
            CompletionStage<SealedVnic> cutting = source.cutOver(ID, epoch, target);
            long until = System.nanoTime() + random.nextInt(6_000_000);
            boolean waitForSeal = random.nextInt(3) == 0;
            while (waitForSeal ? !cutting.toCompletableFuture().isDone() : System.nanoTime() < until) {
                CutoverTest.drain(vm, in);
                CutoverTest.drain(station, out);
            }
            boolean releaseFirst = random.nextBoolean();
            CompletionStage<Void> released = releaseFirst ? destination.release(ID, epoch + 1) : null;
            get(source.reclaim(ID, epoch + 2));
            get(released != null ? released : destination.release(ID, epoch + 1));
            cut += cutting.toCompletableFuture().isCompletedExceptionally() ? 0 : 1;
            epoch += 2;
        }
        System.out.println(cut + " of 100 cuts were sealed before they were called off");
        move(source, destination, vnic(1, epoch + 1), RULES);
        assertNothingLost();
    }

    @Test
    void shouldEnforceAgainByItselfWhenTheDestinationVanishesBeforeTheSeal() throws IOException {
        try (SilentDestination silent = new SilentDestination(true)) {
            CompletionStage<SealedVnic> cutting = source.cutOver(ID, 1, silent.target());

            assertThatThrownBy(() -> get(cutting)).hasFieldOrPropertyWithValue("reason", Reason.TUNNEL);
        }
        VnicStatus status = get(source.status(ID));
        assertThat(status.mode()).isEqualTo(VnicMode.ENFORCING);
        assertThat(status.epoch()).isEqualTo(1);
        assertNothingLost();
    }

    @Test
    void shouldEnforceAgainByItselfWhenTheDestinationSaysNothing() throws IOException {
        try (SilentDestination silent = new SilentDestination(false)) {
            CompletionStage<SealedVnic> cutting = source.cutOver(ID, 1, silent.target());

            assertThatThrownBy(() -> get(cutting)).hasFieldOrPropertyWithValue("reason", Reason.TIMEOUT);
        }
        assertThat(get(source.status(ID)).mode()).isEqualTo(VnicMode.ENFORCING);
        assertNothingLost();
    }

    @Test
    void shouldStayAsItIsWhenTheDestinationCannotBeReached() throws IOException {
        int freePort;
        try (ServerSocket unused = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            freePort = unused.getLocalPort();
        }
        InetSocketAddress nobody = new InetSocketAddress(InetAddress.getLoopbackAddress(), freePort);

        assertThatThrownBy(() -> get(source.cutOver(ID, 1, new CutoverTarget(nobody, "token", 1, 2))))
                .hasFieldOrPropertyWithValue("reason", Reason.TUNNEL);

        assertThat(get(source.status(ID)).mode()).isEqualTo(VnicMode.ENFORCING);
        assertNothingLost();
    }

    @Test
    void shouldRefuseToReclaimWhatTheDestinationEnforces() {
        DataPathRuntime destination = hosts.host("host-2");
        CutoverTarget target = prepare(destination, 2);
        SealedVnic sealed = get(source.cutOver(ID, 1, target));
        get(destination.importTable(ID, 2, sealed.table()));
        get(destination.activate(ID, 2, sealed.forwardedFrames()));

        assertThatThrownBy(() -> get(source.reclaim(ID, 3)))
                .hasFieldOrPropertyWithValue("reason", Reason.ENFORCED_ELSEWHERE);

        get(source.release(ID, 1));
        assertNothingLost();
    }

    @Test
    void shouldKeepWhatIsSealedUntilItIsToBeTakenBackUnheardWhenTheDestinationIsGone() {
        DataPathRuntime destination = hosts.host("host-2");
        get(source.cutOver(ID, 1, prepare(destination, 2)));
        awaitFrames();
        destination.close();

        assertThatThrownBy(() -> get(source.askBack(ID, 3))).hasFieldOrPropertyWithValue("reason", Reason.TUNNEL);
        assertThat(get(source.status(ID)).mode()).isEqualTo(VnicMode.SEALED);

        VnicStatus status = get(source.reclaim(ID, 3));
        assertThat(status.mode()).isEqualTo(VnicMode.ENFORCING);
        assertThat(status.epoch()).isEqualTo(3);
    }

    @Test
    void shouldTakeBackWhatTheDestinationGivesBackWhenItIsAsked() {
        DataPathRuntime destination = hosts.host("host-2");
        get(source.cutOver(ID, 1, prepare(destination, 2)));
        awaitFrames();

        assertThat(get(source.askBack(ID, 3)).mode()).isEqualTo(VnicMode.ENFORCING);

        get(destination.release(ID, 2));
        assertNothingLost();
    }

    private CutoverTarget prepare(DataPathRuntime destination, long epoch) {
        get(destination.attach(vnic(1, epoch)));
        get(destination.installRules(ID, epoch, 1, RULES));
        return get(destination.expectCutover(ID, epoch));
    }

    /** Until both directions have sent some more: they wait at the destination. */
    private void awaitFrames() {
        long outSent = out.sent();
        long inSent = in.sent();
        await().until(() -> out.sent() > outSent + 20 && in.sent() > inSent + 20);
    }

    /** A tunnel's far end that welcomes and then vanishes, or says nothing more. */
    private static final class SilentDestination implements AutoCloseable {
        private final ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        private final CountDownLatch end = new CountDownLatch(1);

        SilentDestination(boolean vanishes) throws IOException {
            Thread.ofPlatform().daemon().start(() -> {
                try (Socket socket = server.accept()) {
                    TunnelCodec.read(new DataInputStream(socket.getInputStream()));
                    TunnelCodec.write(new DataOutputStream(socket.getOutputStream()), new TunnelMessage.Welcome());
                    if (!vanishes) {
                        end.await();
                    }
                } catch (IOException | InterruptedException ended) {
                    end.countDown();
                }
            });
        }

        CutoverTarget target() {
            return new CutoverTarget((InetSocketAddress) server.getLocalSocketAddress(), "token", 1, 2);
        }

        @Override
        public void close() throws IOException {
            end.countDown();
            server.close();
        }
    }
}
