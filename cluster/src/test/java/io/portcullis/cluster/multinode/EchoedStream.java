package io.portcullis.cluster.multinode;

import io.portcullis.loadtest.vm.VmSockets.TcpConnection;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Sends numbers over a connection, one after the other, to whoever sends back what he gets, and looks at what comes. A thread of its own, until something is wrong or it is closed. */
final class EchoedStream implements AutoCloseable {
    private static final Duration SILENCE_LIMIT = Duration.ofMinutes(2);
    private static final int PAUSE_MILLIS = 5;

    private final TcpConnection connection;
    private final Thread thread;
    private volatile long echoed;
    private volatile boolean isStopping;
    private volatile @Nullable String failure;
    private volatile long longestGapNanos;

    EchoedStream(TcpConnection connection) {
        this.connection = connection;
        this.thread = Thread.ofPlatform().daemon().name("echoed").start(this::run);
    }

    /** How many numbers have come back. */
    long echoed() {
        return echoed;
    }

    /** What went wrong, or null. */
    @Nullable
    String failure() {
        return failure;
    }

    /** The longest time from one number that came back to the next, since the last call. */
    long takeLongestGapNanos() {
        long longest = longestGapNanos;
        longestGapNanos = 0;
        return longest;
    }

    private void run() {
        byte[] buffer = new byte[Long.BYTES];
        long last = System.nanoTime();
        try {
            for (long number = 0; !isStopping; number++) {
                connection.write(ByteBuffer.allocate(Long.BYTES).putLong(number).array());
                int count = 0;
                while (count < Long.BYTES) {
                    byte[] piece = new byte[Long.BYTES - count];
                    int bytes = connection.read(piece, SILENCE_LIMIT);
                    if (bytes < 0) {
                        throw new IOException("it ended");
                    }
                    System.arraycopy(piece, 0, buffer, count, bytes);
                    count += bytes;
                }
                long back = ByteBuffer.wrap(buffer).getLong();
                if (back != number) {
                    throw new IOException(back + " came instead of " + number);
                }
                echoed = number + 1;
                long now = System.nanoTime();
                longestGapNanos = Math.max(longestGapNanos, now - last);
                last = now;
                Thread.sleep(PAUSE_MILLIS);
            }
        } catch (IOException wrong) {
            if (!isStopping) {
                failure = wrong.toString();
            }
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    /** Who waits for a number does not hear of a connection that is closed meanwhile: it is woken up first. */
    @Override
    public void close() {
        isStopping = true;
        thread.interrupt();
        try {
            thread.join(SILENCE_LIMIT);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
        connection.close();
    }
}
