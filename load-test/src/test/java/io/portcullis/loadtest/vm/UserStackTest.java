package io.portcullis.loadtest.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portcullis.loadtest.traffic.TcpStream;
import io.portcullis.loadtest.traffic.TrafficResult;
import io.portcullis.loadtest.traffic.UdpExchange;
import io.portcullis.policy.MacAddress;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.UnaryOperator;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UserStackTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final Wire wire = new Wire();

    @AfterEach
    void close() {
        wire.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldCarryANumberedStreamBothWays(boolean ipv6) throws IOException {
        TcpStream stream = TcpStream.start(wire.left, wire.right, wire.atRight(ipv6, 80), 1_000);
        Awaitility.await().atMost(LIMIT).until(() -> stream.receivedBytes() > 200_000);
        TrafficResult result = stream.stop();
        assertThat(result.isIntact()).as("%s", result).isTrue();
    }

    @Test
    void shouldEchoAndExchangeDatagrams() throws Exception {
        assertThat(wire.left
                        .ping(wire.rightAddress(false), 5, Duration.ofMillis(1))
                        .received())
                .isEqualTo(5);
        assertThat(wire.left
                        .ping(wire.rightAddress(true), 5, Duration.ofMillis(1))
                        .received())
                .isEqualTo(5);
        UdpExchange exchange =
                UdpExchange.start(wire.left, wire.atLeft(true, 5001), wire.right, wire.atRight(true, 5000), 1_000);
        assertThat(wire.left
                        .ping(wire.rightAddress(true), 20, Duration.ofMillis(5))
                        .received())
                .isEqualTo(20);
        assertThat(exchange.stop().isIntact()).isTrue();
    }

    @Test
    void shouldBeRefusedWhereNobodyListens() {
        assertThatThrownBy(() -> wire.left.connect(wire.atRight(false, 81), LIMIT))
                .isInstanceOf(ConnectException.class);
    }

    @Test
    void shouldTimeOutWhereTheSynIsDropped() throws Exception {
        wire.right.listen(wire.atRight(false, 80));
        wire.left.ping(wire.rightAddress(false), 1, Duration.ofMillis(1));
        wire.filter = _ -> null;
        assertThatThrownBy(() -> wire.left.connect(wire.atRight(false, 80), Duration.ofMillis(50)))
                .isInstanceOf(SocketTimeoutException.class);
    }

    @Test
    void shouldNoticeADuplicatedSegment() throws IOException {
        TcpStream stream = TcpStream.start(wire.left, wire.right, wire.atRight(false, 80), 1_000);
        wire.duplicateNextLargeFrame = true;
        Awaitility.await().atMost(LIMIT).until(() -> wire.right.tcpCounters().duplicated() == 1);
        assertThat(stream.stop().isIntact()).isTrue();
    }

    @Test
    void shouldNoticeALostSegment() throws IOException {
        TcpStream stream = TcpStream.start(wire.left, wire.right, wire.atRight(false, 80), 1_000);
        wire.dropNextLargeFrame = true;
        Awaitility.await().atMost(LIMIT).until(() -> wire.right.tcpCounters().outOfOrder() > 0);
        stream.abandon();
    }

    /** A cable between two stacks; every frame crosses on the cable's own thread, in order. */
    private static final class Wire implements AutoCloseable {
        private final LinkedBlockingQueue<Runnable> underWay = new LinkedBlockingQueue<>();
        private final Thread thread;
        private volatile UnaryOperator<byte @Nullable []> filter = UnaryOperator.identity();
        private volatile boolean duplicateNextLargeFrame;
        private volatile boolean dropNextLargeFrame;
        final UserStack left;
        final UserStack right;

        Wire() {
            left = new UserStack(
                    new MacAddress(0x0200_0000_0001L), List.of(address("10.0.0.1"), address("fd00::1")), this::toRight);
            right = new UserStack(
                    new MacAddress(0x0200_0000_0002L),
                    List.of(address("10.0.0.2"), address("fd00::2")),
                    frame -> underWay.add(() -> left().receive(frame)));
            thread = Thread.ofPlatform().daemon().start(this::carry);
        }

        private UserStack left() {
            return left;
        }

        private void toRight(byte[] frame) {
            boolean isLarge = frame.length > 500;
            if (isLarge && dropNextLargeFrame) {
                dropNextLargeFrame = false;
                return;
            }
            int copies = isLarge && duplicateNextLargeFrame ? 2 : 1;
            duplicateNextLargeFrame &= copies == 1;
            for (int i = 0; i < copies; i++) {
                byte[] passed = filter.apply(frame);
                if (passed != null) {
                    underWay.add(() -> right.receive(passed));
                }
            }
        }

        private void carry() {
            try {
                while (true) {
                    underWay.take().run();
                }
            } catch (InterruptedException e) {
                // closed
            }
        }

        InetAddress rightAddress(boolean ipv6) {
            return address(ipv6 ? "fd00::2" : "10.0.0.2");
        }

        InetSocketAddress atRight(boolean ipv6, int port) {
            return new InetSocketAddress(rightAddress(ipv6), port);
        }

        InetSocketAddress atLeft(boolean ipv6, int port) {
            return new InetSocketAddress(address(ipv6 ? "fd00::1" : "10.0.0.1"), port);
        }

        private static InetAddress address(String text) {
            try {
                return InetAddress.getByName(text);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }

        @Override
        public void close() {
            left.close();
            right.close();
            thread.interrupt();
        }
    }
}
