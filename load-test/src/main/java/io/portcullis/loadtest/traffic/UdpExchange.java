package io.portcullis.loadtest.traffic;

import io.portcullis.loadtest.vm.VmSockets;
import io.portcullis.loadtest.vm.VmSockets.Datagram;
import io.portcullis.loadtest.vm.VmSockets.UdpSocket;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/** Numbered datagrams from a client; the server numbers its answers on its own. Both directions are checked. */
public final class UdpExchange implements Traffic {
    private static final int PAYLOAD_BYTES = 100;
    private static final Duration POLL = Duration.ofMillis(100);
    /** Silence after the last of all datagrams: nothing came twice. */
    private static final long QUIET_NANOS = Duration.ofSeconds(1).toNanos();
    /** What is still under way when the sender stops arrives before a silence of this length, or is lost. */
    private static final long LOST_NANOS = Duration.ofSeconds(5).toNanos();

    private final UdpSocket client;
    private final UdpSocket server;
    private final InetSocketAddress serverAddress;
    private final SequenceCheck atServer = new SequenceCheck();
    private final SequenceCheck atClient = new SequenceCheck();
    private final Thread sender;
    private final Thread responder;
    private final Thread receiver;
    private volatile boolean stopping;
    private volatile boolean hasServerStopped;
    // Each written by one thread; read by others after that thread has ended.
    private int sentByClient;
    private int sentByServer;
    private final AtomicLong failures = new AtomicLong();

    private UdpExchange(UdpSocket client, UdpSocket server, InetSocketAddress serverAddress, int perSecond) {
        this.client = client;
        this.server = server;
        this.serverAddress = serverAddress;
        responder = start("udp-server", this::respond);
        receiver = start("udp-client-receiver", this::receive);
        sender = start("udp-client-sender", () -> send(perSecond));
    }

    public static UdpExchange start(
            VmSockets clientVm,
            InetSocketAddress clientAddress,
            VmSockets serverVm,
            InetSocketAddress serverAddress,
            int perSecond)
            throws IOException {
        UdpSocket server = serverVm.udp(serverAddress);
        return new UdpExchange(clientVm.udp(clientAddress), server, serverAddress, perSecond);
    }

    /** Longest silence at either receiver since the last call. Any thread. */
    public long takeLongestGapNanos() {
        return Math.max(atServer.takeLongestGapNanos(), atClient.takeLongestGapNanos());
    }

    @Override
    public TrafficResult stop() {
        stopping = true;
        join(sender);
        join(responder);
        hasServerStopped = true;
        join(receiver);
        client.close();
        server.close();
        TrafficResult result = atServer.result(sentByClient).plus(atClient.result(sentByServer));
        return result.plus(new TrafficResult(0, 0, 0, 0, 0, failures.get(), 0));
    }

    private void send(int perSecond) {
        Pace pace = new Pace(perSecond);
        try {
            while (!stopping) {
                pace.awaitNext();
                client.send(serverAddress, numbered(sentByClient));
                sentByClient++;
            }
        } catch (IOException e) {
            failures.incrementAndGet();
        }
    }

    private void respond() {
        long lastNanos = System.nanoTime();
        try {
            while (true) {
                Datagram datagram = server.receive(POLL);
                if (datagram != null) {
                    lastNanos = System.nanoTime();
                    atServer.onReceived(number(datagram), lastNanos);
                    server.send(datagram.remote(), numbered(sentByServer));
                    sentByServer++;
                } else if (stopping && !sender.isAlive() && isOver(atServer, sentByClient, lastNanos)) {
                    return;
                }
            }
        } catch (IOException e) {
            failures.incrementAndGet();
        }
    }

    private void receive() {
        long lastNanos = System.nanoTime();
        try {
            while (true) {
                Datagram datagram = client.receive(POLL);
                if (datagram != null) {
                    lastNanos = System.nanoTime();
                    atClient.onReceived(number(datagram), lastNanos);
                } else if (hasServerStopped && isOver(atClient, sentByServer, lastNanos)) {
                    return;
                }
            }
        } catch (IOException e) {
            failures.incrementAndGet();
        }
    }

    /** Whether nothing more comes of so many datagrams, the last of which came then. */
    private static boolean isOver(SequenceCheck check, int sent, long lastNanos) {
        return System.nanoTime() - lastNanos >= (check.distinct() >= sent ? QUIET_NANOS : LOST_NANOS);
    }

    private static byte[] numbered(int number) {
        return ByteBuffer.allocate(PAYLOAD_BYTES).putInt(number).array();
    }

    private static int number(Datagram datagram) {
        return ByteBuffer.wrap(datagram.payload()).getInt();
    }

    private static Thread start(String name, Runnable body) {
        return Thread.ofPlatform().daemon().name(name).start(body);
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
