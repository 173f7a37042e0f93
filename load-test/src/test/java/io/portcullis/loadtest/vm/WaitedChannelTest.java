package io.portcullis.loadtest.vm;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class WaitedChannelTest {
    private static final Duration LONG = Duration.ofHours(1);
    private static final Duration LIMIT = Duration.ofSeconds(60);

    @Test
    void shouldTellTheOtherEndThatItIsClosedAlthoughSomebodyWaitsForIt() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                SocketChannel channel = SocketChannel.open(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), server.getLocalPort()));
                Socket otherEnd = server.accept()) {
            channel.configureBlocking(false);
            WaitedChannel waited = new WaitedChannel(channel);
            CountDownLatch begins = new CountDownLatch(1);
            FutureTask<Boolean> reader = new FutureTask<>(() -> {
                begins.countDown();
                return waited.await(SelectionKey.OP_READ, LONG);
            });
            Thread.ofPlatform().daemon().start(reader);
            assertThat(begins.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
            while (!channel.isRegistered()) {
                Thread.onSpinWait();
            }

            waited.close();

            otherEnd.setSoTimeout(Math.toIntExact(LIMIT.toMillis()));
            assertThat(otherEnd.getInputStream().read()).as("the end").isEqualTo(-1);
            assertThat(reader.get(LIMIT.toSeconds(), TimeUnit.SECONDS)).isFalse();
        }
    }
}
