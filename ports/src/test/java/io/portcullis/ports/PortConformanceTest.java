package io.portcullis.ports;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portcullis.datapath.port.Burst;
import io.portcullis.datapath.port.FramePort;
import io.portcullis.datapath.port.Poller;
import io.portcullis.datapath.port.PortBackend;
import io.portcullis.datapath.port.PortException;
import io.portcullis.datapath.port.VmPort;
import io.portcullis.policy.MacAddress;
import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every backend's ports must do, told against real VM ends and uplinks. */
public abstract class PortConformanceTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final MacAddress VM_MAC = new MacAddress(TestFrames.VM_MAC);

    /** A place with one VM and two host uplinks that a layer-2 network joins. */
    public interface Site extends AutoCloseable {
        PortBackend backend();

        String vmPort();

        String missingVmPort();

        String uplink(int index);

        /** Sends a UDP datagram with the number to the VM's peer, as fast as the VM may. */
        void sendFromVm(int number) throws Exception;

        /** What the VM's device has counted, for a failure's message. */
        String diagnosis();

        /** The number of the next datagram that the VM got. */
        int receiveInVm() throws Exception;

        @Override
        void close();
    }

    private final Arena arena = Arena.ofShared();
    private final Burst burst = new Burst(arena);
    private final List<AutoCloseable> opened = new CopyOnWriteArrayList<>();
    private Site site;
    private Poller poller;

    protected abstract Site openSite() throws Exception;

    @BeforeEach
    void openEverything() throws Exception {
        site = openSite();
        poller = site.backend().newPoller();
    }

    @AfterEach
    void closeEverything() throws Exception {
        if (poller != null) {
            poller.close();
        }
        for (AutoCloseable port : opened) {
            port.close();
        }
        if (site != null) {
            site.close();
        }
        arena.close();
    }

    private VmPort vmPort() throws PortException {
        VmPort port = site.backend().openVmPort(site.vmPort(), VM_MAC);
        opened.add(port);
        return port;
    }

    private VmPort vmPortUnchecked() {
        try {
            return vmPort();
        } catch (PortException e) {
            throw new IllegalStateException(e);
        }
    }

    private FramePort uplink(int index) throws PortException {
        FramePort port = site.backend().openUplink(site.uplink(index));
        opened.add(port);
        return port;
    }

    /** Receives once, waiting first, and appends the numbers found. */
    private void receiveNumbers(FramePort port, List<Integer> numbers) {
        burst.clear();
        port.receive(burst);
        for (int i = 0; i < burst.count(); i++) {
            int number = TestFrames.number(TestFrames.bytes(burst, i));
            if (number >= 0) {
                numbers.add(number);
            }
        }
    }

    private List<Integer> awaitNumbers(FramePort port, int count) {
        poller.add(port);
        List<Integer> numbers = new ArrayList<>();
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (numbers.size() < count && System.nanoTime() < deadline) {
            poller.await(50_000_000);
            receiveNumbers(port, numbers);
        }
        return numbers;
    }

    private void send(FramePort port, byte[] frame) {
        burst.clear();
        TestFrames.add(burst, frame);
        assertThat(port.send(burst.memory(), burst.offset(0), burst.length(0))).isTrue();
        port.flush();
    }

    private void awaitDrained(FramePort port, List<Integer> numbers) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!port.isDrained()) {
            assertThat(System.nanoTime()).as("drained in time").isLessThan(deadline);
            receiveNumbers(port, numbers);
            if (!port.isDrained()) {
                poller.await(1_000_000);
            }
        }
    }

    private static List<Integer> numbers(int count) {
        return IntStream.range(0, count).boxed().toList();
    }

    @Test
    void shouldHandOverWhatTheVmSendsInOrder() throws Exception {
        VmPort port = vmPort();
        for (int i = 0; i < 100; i++) {
            site.sendFromVm(i);
        }
        assertThat(awaitNumbers(port, 100)).isEqualTo(numbers(100));
    }

    @Test
    void shouldDeliverToTheVmInOrder() throws Exception {
        VmPort port = vmPort();
        for (int i = 0; i < 100; i++) {
            send(port, TestFrames.numbered(TestFrames.VM_MAC, TestFrames.PEER_MAC, true, i));
        }
        port.requestDrain();
        poller.add(port);
        awaitDrained(port, new ArrayList<>());
        List<Integer> got = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            got.add(site.receiveInVm());
        }
        assertThat(got).isEqualTo(numbers(100));
    }

    @Test
    void shouldBeDrainedOnceEverythingQueuedWasHandedOut() throws Exception {
        VmPort port = vmPort();
        for (int i = 0; i < 300; i++) {
            site.sendFromVm(i);
        }
        List<Integer> got = new ArrayList<>(awaitNumbers(port, 1));
        port.requestDrain();
        awaitDrained(port, got);
        // A memory VM's own queue may still hold frames that were not the port's yet.
        got.addAll(awaitNumbers(port, 300 - got.size()));
        assertThat(got).isEqualTo(numbers(300));
    }

    @Test
    void shouldMoveAVmBetweenTwoQueuesUnderLoadWithoutLosingAFrame() throws Exception {
        int count = 30_000;
        AtomicBoolean stop = new AtomicBoolean();
        AtomicInteger seen = new AtomicInteger();
        VmPort source = vmPort();
        poller.add(source);
        Thread sender = Thread.ofPlatform().start(() -> {
            try {
                for (int i = 0; i < count && !stop.get(); i++) {
                    site.sendFromVm(i);
                    // What a queue of 5,000 cannot hold is lost by right, and not what is tested.
                    while (i - seen.get() > 2_000 && !stop.get()) {
                        Thread.onSpinWait();
                    }
                    if (i % 20 == 0) {
                        Thread.sleep(0, 500_000);
                    }
                }
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        List<Integer> got = new ArrayList<>();
        List<Integer> cutAt = new ArrayList<>();
        int cuts = 0;
        int late = 0;
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        try {
            while (got.size() < count && System.nanoTime() < deadline) {
                int until = got.size() + 500;
                while (got.size() < Math.min(until, count) && System.nanoTime() < deadline) {
                    poller.await(10_000_000);
                    receiveNumbers(source, got);
                    seen.set(got.isEmpty() ? 0 : got.getLast());
                }
                VmPort holder = source;
                CompletableFuture<VmPort> opening = CompletableFuture.supplyAsync(this::vmPortUnchecked);
                while (!opening.isDone()) {
                    poller.await(1_000_000);
                    receiveNumbers(holder, got);
                    seen.set(got.isEmpty() ? 0 : got.getLast());
                }
                VmPort destination = opening.get();
                poller.add(destination);
                source.steerTo(1);
                source.requestDrain();
                awaitDrained(source, got);
                List<Integer> straggling = new ArrayList<>();
                source.requestDrain();
                awaitDrained(source, straggling);
                late += straggling.size();
                got.addAll(straggling);
                poller.remove(source);
                source.close();
                destination.steerTo(0);
                source = destination;
                cuts++;
                cutAt.add(got.size());
            }
        } finally {
            stop.set(true);
            sender.join();
        }
        System.out.println(getClass().getSimpleName() + ": " + cuts + " cuts, " + late + " late frames");
        if (!got.equals(numbers(count))) {
            List<Integer> missing = new ArrayList<>(numbers(count));
            missing.removeAll(new HashSet<>(got));
            System.out.println("last cuts at " + cutAt.subList(Math.max(0, cutAt.size() - 20), cutAt.size())
                    + " missing " + missing.size() + ": " + missing.subList(0, Math.min(50, missing.size()))
                    + " dup/reordered " + (got.size() - new HashSet<>(got).size()) + " " + site.diagnosis());
        }
        assertThat(got).isEqualTo(numbers(count));
        assertThat(cuts).isGreaterThan(10);
    }

    @Test
    void shouldKeepFramesWhileThereIsNoInterest() throws Exception {
        VmPort port = vmPort();
        poller.add(port);
        poller.setInterest(port, false);
        site.sendFromVm(7);
        poller.await(20_000_000);
        poller.setInterest(port, true);
        assertThat(awaitNumbers(port, 1)).containsExactly(7);
    }

    @Test
    void shouldWakeUpAWaitingLoop() throws Exception {
        Thread waker = Thread.ofPlatform().start(poller::wakeUp);
        long start = System.nanoTime();
        poller.await(PATIENCE.toNanos());
        assertThat(System.nanoTime() - start).isLessThan(PATIENCE.toNanos());
        waker.join();
    }

    @Test
    void shouldCarryTaggedFramesBetweenUplinks() throws Exception {
        FramePort first = uplink(0);
        FramePort second = uplink(1);
        poller.add(first);
        poller.add(second);
        byte[] announcement = TestFrames.tagged(TestFrames.numbered(0xffff_ffff_ffffL, TestFrames.VM_MAC, true, 1), 42);
        byte[] answer = TestFrames.tagged(TestFrames.numbered(TestFrames.VM_MAC, TestFrames.PEER_MAC, true, 2), 42);
        send(first, announcement);
        assertThat(awaitFrame(second, announcement)).isTrue();
        send(second, answer);
        assertThat(awaitFrame(first, answer)).isTrue();
    }

    private boolean awaitFrame(FramePort port, byte[] frame) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < deadline) {
            poller.await(50_000_000);
            burst.clear();
            port.receive(burst);
            for (int i = 0; i < burst.count(); i++) {
                if (java.util.Arrays.equals(TestFrames.bytes(burst, i), frame)) {
                    return true;
                }
            }
        }
        return false;
    }

    @Test
    void shouldLetOneProcessAloneHoldAnUplink() throws Exception {
        FramePort first = uplink(0);
        assertThatThrownBy(() -> uplink(0))
                .isInstanceOf(PortException.class)
                .hasMessageContaining("another process holds");
        first.close();
        uplink(0);
    }

    @Test
    void shouldGiveAllToTheQueueThatRemains() throws Exception {
        VmPort first = vmPort();
        VmPort second = vmPort();
        first.steerTo(1);
        first.close();
        site.sendFromVm(1);
        assertThat(awaitNumbers(second, 1)).containsExactly(1);
        second.steerTo(0);
        site.sendFromVm(2);
        assertThat(awaitNumbers(second, 1)).containsExactly(2);
    }

    @Test
    void shouldSayWhichPortIsMissingAndHowToMendIt() {
        assertThatThrownBy(() -> site.backend().openVmPort(site.missingVmPort(), VM_MAC))
                .isInstanceOf(PortException.class)
                .hasMessageContaining("missing")
                .hasMessageContaining("create");
        assertThatThrownBy(() -> site.backend().openVmPort("nonsense", VM_MAC))
                .isInstanceOf(PortException.class)
                .hasMessageContaining("nonsense");
    }
}
