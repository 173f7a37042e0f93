package io.portcullis.ports.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portcullis.datapath.packet.FrameBuilder;
import io.portcullis.policy.MacAddress;
import io.portcullis.ports.MoveDriver;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.LongStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** A vNIC moves between two data paths on the fabric's sockets under load, and nothing is lost. */
class MoveOnMemoryPortsTest {
    private static final int MOVES = 50;
    private static final int PORT = 5_000;
    private static final Executor THREADS = task -> Thread.ofPlatform().daemon().start(task);
    private static final int PAYLOAD_OFFSET = 14 + 20 + 8;
    private static final long PAUSE_NANOS = 50_000;
    private static final MacAddress VM_MAC = MacAddress.parse("02:00:00:00:00:01");
    private static final MacAddress PEER_MAC = MacAddress.parse("02:00:00:00:00:02");

    @Test
    void shouldLoseNoDatagramOverManyMoves() throws Exception {
        Awaitility.setDefaultTimeout(Duration.ofSeconds(60));
        InetAddress vmAddress = InetAddress.getByName("10.7.0.1");
        InetAddress peerAddress = InetAddress.getByName("10.7.0.2");
        try (MemoryFabric fabric = MemoryFabric.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
            MemoryVm vm = fabric.addVm("vm");
            MemoryVm peer = fabric.addVm("peer");
            try (MoveDriver driver = new MoveDriver(
                    new MemoryBackend(fabric.address()),
                    List.of("memory:host-1", "memory:host-2", "memory:host-3"),
                    "memory:vm",
                    VM_MAC,
                    vmAddress)) {
                driver.addPeer("memory:peer", PEER_MAC, peerAddress);
                Queue<Long> atPeer = new ConcurrentLinkedQueue<>();
                Queue<Long> atVm = new ConcurrentLinkedQueue<>();
                peer.onReceive(frame -> collect(frame, atPeer));
                vm.onReceive(frame -> collect(frame, atVm));
                AtomicBoolean stop = new AtomicBoolean();
                FrameBuilder out = FrameBuilder.frame(VM_MAC, PEER_MAC).ip(vmAddress, peerAddress);
                FrameBuilder in = FrameBuilder.frame(PEER_MAC, VM_MAC).ip(peerAddress, vmAddress);
                var fromVm = CompletableFuture.supplyAsync(() -> send(vm, out.udp(PORT, PORT), stop), THREADS);
                await().until(() -> atPeer.size() > 10);
                var fromPeer = CompletableFuture.supplyAsync(() -> send(peer, in.udp(PORT, PORT), stop), THREADS);

                driver.moveOften(MOVES);
                stop.set(true);

                long sentByVm = fromVm.get();
                long sentByPeer = fromPeer.get();
                await().until(() -> atPeer.size() >= sentByVm && atVm.size() >= sentByPeer);
                assertThat(atPeer).containsExactlyElementsOf(numbersTo(sentByVm));
                assertThat(atVm).containsExactlyElementsOf(numbersTo(sentByPeer));
            }
        }
    }

    private static List<Long> numbersTo(long count) {
        return LongStream.range(0, count).boxed().toList();
    }

    private static long send(MemoryVm vm, FrameBuilder frame, AtomicBoolean stop) {
        long number = 0;
        while (!stop.get()) {
            byte[] payload = new byte[64];
            ByteBuffer.wrap(payload).putLong(number++);
            assertThat(vm.send(frame.payload(payload).build())).isTrue();
            LockSupport.parkNanos(PAUSE_NANOS);
        }
        return number;
    }

    private static void collect(byte[] frame, Queue<Long> numbers) {
        if (frame.length >= PAYLOAD_OFFSET + Long.BYTES && frame[14 + 9] == 17) {
            numbers.add(ByteBuffer.wrap(frame).getLong(PAYLOAD_OFFSET));
        }
    }
}
