package io.portcullis.ports.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.policy.MacAddress;
import io.portcullis.ports.MoveDriver;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** A vNIC with the kernel's own TCP/IP moves between two data paths under load, and nothing is lost. Needs root. */
class MoveOnKernelPortsTest {
    private static final int MOVES = 30;
    private static final int PORT = 5_000;
    private static final Executor THREADS = task -> Thread.ofPlatform().daemon().start(task);
    private static final long UDP_PAUSE_NANOS = TimeUnit.MICROSECONDS.toNanos(500);

    @Test
    void shouldLoseNoDatagramAndNoByteOverManyMoves() throws Exception {
        try (KernelTestLab lab = KernelTestLab.openOrSkip()) {
            String vm = lab.vm("a", "10.7.0.1", "02:00:00:00:00:01");
            String peer = lab.vm("b", "10.7.0.2", "02:00:00:00:00:02");
            String fabric = lab.fabric("up0", "up1", "up2");
            InetAddress vmAddress = InetAddress.getByName("10.7.0.1");
            InetAddress peerAddress = InetAddress.getByName("10.7.0.2");
            List<String> uplinks =
                    List.of("tap:" + fabric + "/up0", "tap:" + fabric + "/up1", "tap:" + fabric + "/up2");
            try (MoveDriver driver = new MoveDriver(
                    new KernelBackend(),
                    uplinks,
                    "tap:" + vm + "/eth0",
                    MacAddress.parse("02:00:00:00:00:01"),
                    vmAddress)) {
                driver.addPeer("tap:" + peer + "/eth0", MacAddress.parse("02:00:00:00:00:02"), peerAddress);
                InetSocketAddress vmSocket = new InetSocketAddress(vmAddress, PORT);
                InetSocketAddress peerSocket = new InetSocketAddress(peerAddress, PORT);
                AtomicBoolean stop = new AtomicBoolean();
                try (DatagramChannel vmUdp = udp(vm, vmSocket, peerSocket);
                        DatagramChannel peerUdp = udp(peer, peerSocket, vmSocket);
                        ServerSocketChannel listener = NetworkNamespace.call(
                                peer, () -> ServerSocketChannel.open().bind(peerSocket))) {
                    var tcpReceived = CompletableFuture.supplyAsync(() -> receiveNumbers(listener), THREADS);
                    SocketChannel client = NetworkNamespace.call(vm, () -> SocketChannel.open(peerSocket));
                    var tcpSent = CompletableFuture.supplyAsync(() -> sendNumbers(client, stop), THREADS);
                    var atPeer = CompletableFuture.supplyAsync(() -> receive(peerUdp), THREADS);
                    var atVm = CompletableFuture.supplyAsync(() -> receive(vmUdp), THREADS);
                    var fromVm = CompletableFuture.supplyAsync(() -> send(vmUdp, stop), THREADS);
                    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
                    var fromPeer = CompletableFuture.supplyAsync(() -> send(peerUdp, stop), THREADS);

                    driver.moveOften(MOVES);
                    stop.set(true);

                    long sentByVm = fromVm.get(60, TimeUnit.SECONDS);
                    long sentByPeer = fromPeer.get(60, TimeUnit.SECONDS);
                    assertThat(tcpReceived.get(60, TimeUnit.SECONDS)).isEqualTo(tcpSent.get(60, TimeUnit.SECONDS));
                    assertThat(atPeer.get(60, TimeUnit.SECONDS)).isEqualTo(numbersTo(sentByVm));
                    assertThat(atVm.get(60, TimeUnit.SECONDS)).isEqualTo(numbersTo(sentByPeer));
                }
            }
        }
    }

    private static DatagramChannel udp(String netns, InetSocketAddress own, InetSocketAddress other) throws Exception {
        DatagramChannel channel = NetworkNamespace.call(netns, DatagramChannel::open);
        channel.setOption(StandardSocketOptions.SO_RCVBUF, 1 << 20);
        return channel.bind(own).connect(other);
    }

    private static List<Long> numbersTo(long count) {
        return LongStream.range(0, count).boxed().toList();
    }

    /** The last datagram says END, several times. */
    private static final long END = -1;

    private static long send(DatagramChannel channel, AtomicBoolean stop) {
        ByteBuffer bytes = ByteBuffer.allocate(64);
        long number = 0;
        try {
            while (!stop.get()) {
                channel.write(bytes.clear().putLong(0, number++));
                LockSupport.parkNanos(UDP_PAUSE_NANOS);
            }
            channel.write(bytes.clear().putLong(0, END));
            return number;
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    private static List<Long> receive(DatagramChannel channel) {
        List<Long> numbers = new ArrayList<>();
        ByteBuffer bytes = ByteBuffer.allocate(100);
        try {
            while (true) {
                channel.read(bytes.clear());
                long number = bytes.getLong(0);
                if (number == END) {
                    return numbers;
                }
                numbers.add(number);
            }
        } catch (ClosedChannelException stopped) {
            return numbers;
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    private static long sendNumbers(SocketChannel channel, AtomicBoolean stop) {
        try (channel;
                DataOutputStream out = new DataOutputStream(channel.socket().getOutputStream())) {
            long number = 0;
            byte[] chunk = new byte[4_096];
            ByteBuffer bytes = ByteBuffer.wrap(chunk);
            while (!stop.get()) {
                for (int i = 0; i < chunk.length; i += Long.BYTES) {
                    bytes.putLong(i, number++);
                }
                out.write(chunk);
                LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(200));
            }
            return number;
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    private static long receiveNumbers(ServerSocketChannel listener) {
        long next = 0;
        try (SocketChannel channel = listener.accept();
                DataInputStream in = new DataInputStream(channel.socket().getInputStream())) {
            while (true) {
                assertThat(in.readLong()).isEqualTo(next);
                next++;
            }
        } catch (EOFException end) {
            return next;
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }
}
