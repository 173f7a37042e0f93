package io.portcullis.loadtest.traffic;

import io.portcullis.loadtest.vm.VmSockets;
import io.portcullis.loadtest.vm.VmSockets.TcpConnection;
import io.portcullis.loadtest.vm.VmSockets.TcpListener;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.HdrHistogram.Histogram;

/**
 * Connections that are opened and closed at a fixed rate. Latency counts from when a connection was due, so that a stall
 * shows in every connection that it delayed.
 */
public final class ShortConnections implements Traffic {
    private static final Duration LIMIT = Duration.ofSeconds(5);
    private static final Duration POLL = Duration.ofMillis(100);

    private final VmSockets client;
    private final InetSocketAddress serverAddress;
    private final TcpListener listener;
    private final Histogram connectNanos = new Histogram(3);
    private final Thread opener;
    private final Thread acceptor;
    private volatile boolean stopping;
    private long opened;
    private long established;
    private long refused;

    private ShortConnections(VmSockets client, InetSocketAddress serverAddress, TcpListener listener, int perSecond) {
        this.client = client;
        this.serverAddress = serverAddress;
        this.listener = listener;
        acceptor = Thread.ofPlatform().daemon().name("short-acceptor").start(this::accept);
        opener = Thread.ofPlatform().daemon().name("short-opener").start(() -> open(perSecond));
    }

    public static ShortConnections start(
            VmSockets clientVm, VmSockets serverVm, InetSocketAddress serverAddress, int perSecond) throws IOException {
        return new ShortConnections(clientVm, serverAddress, serverVm.listen(serverAddress), perSecond);
    }

    /** Time from due to established; read it after {@link #stop}. */
    public Histogram connectNanos() {
        return connectNanos;
    }

    @Override
    public TrafficResult stop() {
        stopping = true;
        try {
            opener.join();
            acceptor.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        listener.close();
        return new TrafficResult(opened, established, opened - established - refused, 0, 0, refused, 0);
    }

    private void open(int perSecond) {
        Pace pace = new Pace(perSecond);
        while (!stopping) {
            long dueNanos = pace.awaitNext();
            opened++;
            try (TcpConnection _ = client.connect(serverAddress, LIMIT)) {
                established++;
                connectNanos.recordValue(System.nanoTime() - dueNanos);
            } catch (java.net.SocketTimeoutException e) {
                // neither established nor refused: lost
            } catch (IOException e) {
                refused++;
            }
        }
    }

    private void accept() {
        while (!stopping || opener.isAlive()) {
            try (TcpConnection _ = listener.accept(POLL)) {
                // closed again
            } catch (IOException e) {
                return;
            }
        }
    }
}
