package io.portcullis.loadtest.traffic;

import io.portcullis.loadtest.vm.VmSockets;
import io.portcullis.loadtest.vm.VmSockets.TcpConnection;
import io.portcullis.loadtest.vm.VmSockets.TcpListener;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One TCP connection that carries numbered data in both directions: 8-byte big-endian numbers counted up from 0, so that a
 * wrong, missing or misplaced byte is seen at once.
 */
public final class TcpStream implements Traffic {
    private static final int BLOCK_BYTES = 1_024;
    private static final Duration ESTABLISH_LIMIT = Duration.ofSeconds(60);
    /** A stream on which nothing arrives for so long is dead. */
    private static final Duration SILENCE_LIMIT = Duration.ofSeconds(60);

    private final AtomicBoolean stopping = new AtomicBoolean();
    private final AtomicLong progress = new AtomicLong();
    private final AtomicLong lastReceived = new AtomicLong(System.nanoTime());
    private final Side client;
    private final Side server;

    private TcpStream(TcpConnection client, TcpConnection server, int blocksPerSecond) {
        this.client = new Side(client, "tcp-client", blocksPerSecond);
        this.server = new Side(server, "tcp-server", blocksPerSecond);
    }

    /** Connects and starts; each side writes {@code blocksPerSecond} blocks of {@value #BLOCK_BYTES} bytes a second. */
    public static TcpStream start(
            VmSockets clientVm, VmSockets serverVm, InetSocketAddress serverAddress, int blocksPerSecond)
            throws IOException {
        try (TcpListener listener = serverVm.listen(serverAddress)) {
            TcpConnection client = clientVm.connect(serverAddress, ESTABLISH_LIMIT);
            TcpConnection server = listener.accept(ESTABLISH_LIMIT);
            if (server == null) {
                client.close();
                throw new SocketTimeoutException("the server never saw the connection to " + serverAddress);
            }
            return new TcpStream(client, server, blocksPerSecond);
        }
    }

    /** Bytes received so far, both sides; grows while the stream lives. */
    public long receivedBytes() {
        return progress.get();
    }

    /** When the last byte came to either side ({@link System#nanoTime}). */
    public long lastReceivedNanos() {
        return lastReceived.get();
    }

    @Override
    public TrafficResult stop() {
        stopping.set(true);
        TrafficResult result = client.finish(server).plus(server.finish(client));
        client.connection.close();
        server.connection.close();
        return result;
    }

    /** Ends it at once, without waiting for anything: for a stream that was cut on purpose. */
    public void abandon() {
        stopping.set(true);
        client.connection.close();
        server.connection.close();
    }

    /** One end: a thread that writes and one that reads. */
    private final class Side {
        private final TcpConnection connection;
        private final Thread writer;
        private final Thread reader;
        // Each written by one thread; read by others after that thread has ended.
        private long written;
        private long read;
        private long misplaced;
        private long longestGapNanos;
        private final AtomicLong failures = new AtomicLong();

        Side(TcpConnection connection, String name, int blocksPerSecond) {
            this.connection = connection;
            writer = Thread.ofPlatform().daemon().name(name + "-writer").start(() -> write(blocksPerSecond));
            reader = Thread.ofPlatform().daemon().name(name + "-reader").start(this::read);
        }

        private void write(int blocksPerSecond) {
            Pace pace = new Pace(blocksPerSecond);
            long number = 0;
            try {
                while (!stopping.get()) {
                    pace.awaitNext();
                    ByteBuffer block = ByteBuffer.allocate(BLOCK_BYTES);
                    while (block.hasRemaining()) {
                        block.putLong(number++);
                    }
                    connection.write(block.array());
                    written += BLOCK_BYTES;
                }
                connection.finish();
            } catch (IOException e) {
                failures.incrementAndGet();
            }
        }

        private void read() {
            byte[] buffer = new byte[65_536];
            long lastNanos = System.nanoTime();
            try {
                for (int count = connection.read(buffer, SILENCE_LIMIT);
                        count >= 0;
                        count = connection.read(buffer, SILENCE_LIMIT)) {
                    long now = System.nanoTime();
                    longestGapNanos = Math.max(longestGapNanos, now - lastNanos);
                    lastNanos = now;
                    check(buffer, count);
                    progress.addAndGet(count);
                    lastReceived.accumulateAndGet(now, Math::max);
                }
            } catch (IOException e) {
                failures.incrementAndGet();
            }
        }

        private void check(byte[] buffer, int count) {
            for (int i = 0; i < count; i++) {
                long position = read + i;
                int shift = (int) (7 - position % 8) * 8;
                if (buffer[i] != (byte) ((position / 8) >>> shift)) {
                    misplaced++;
                }
            }
            read += count;
        }

        TrafficResult finish(Side other) {
            join(writer);
            join(other.writer);
            join(other.reader);
            return new TrafficResult(
                    written,
                    other.read,
                    Math.max(0, written - other.read),
                    Math.max(0, other.read - written),
                    other.misplaced,
                    failures.get(),
                    other.longestGapNanos);
        }
    }

    private static void join(Thread thread) {
        try {
            thread.join(SILENCE_LIMIT.plusSeconds(1));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
