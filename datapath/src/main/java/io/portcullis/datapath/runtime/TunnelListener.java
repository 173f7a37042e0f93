package io.portcullis.datapath.runtime;

import io.portcullis.policy.VnicId;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.function.BiConsumer;

/**
 * Accepts the tunnels of sources. A connection must show the token that {@link #expect} made for its vNIC; all others are
 * closed and counted. A token is good once.
 */
final class TunnelListener implements AutoCloseable {
    private static final int TOKEN_BYTES = 32;
    private static final int BACKLOG = 128;

    private final ServerSocket server;
    private final DataPathSettings.Limits limits;
    private final TunnelSecurity security;
    private final HostCounter.Values counters;
    private final Runnable wakeUp;
    private final Semaphore greetings;
    private final SecureRandom random = new SecureRandom();
    private final Map<VnicId, String> expected = new ConcurrentHashMap<>();

    /**
     * Binds the address; nothing is accepted before {@link #start}.
     *
     * @throws IOException if the address cannot be bound
     */
    TunnelListener(DataPathSettings settings, HostCounter.Values counters, Runnable wakeUp) throws IOException {
        this.limits = settings.limits();
        this.security = settings.security();
        this.counters = counters;
        this.wakeUp = wakeUp;
        this.greetings = new Semaphore(limits.tunnelGreetings());
        server = new ServerSocket();
        try {
            server.setReuseAddress(true);
            server.bind(settings.tunnel(), BACKLOG);
        } catch (IOException failed) {
            server.close();
            throw new IOException(
                    "cannot listen for tunnels at " + settings.tunnel() + ": " + failed.getMessage(), failed);
        }
    }

    /** @param onTunnel gets each tunnel that showed a good token, not yet started; called by a thread of the listener */
    void start(BiConsumer<VnicId, Tunnel> onTunnel) {
        Thread.ofPlatform().daemon().name("tunnel-listener").start(() -> accept(onTunnel));
    }

    /** Where sources find it. */
    InetSocketAddress address() {
        return (InetSocketAddress) server.getLocalSocketAddress();
    }

    /** Makes a token for a vNIC; an older one is void. Any thread. */
    String expect(VnicId vnic) {
        byte[] token = new byte[TOKEN_BYTES];
        random.nextBytes(token);
        String text = HexFormat.of().formatHex(token);
        expected.put(vnic, text);
        return text;
    }

    void forget(VnicId vnic) {
        expected.remove(vnic);
    }

    private void accept(BiConsumer<VnicId, Tunnel> onTunnel) {
        while (!server.isClosed()) {
            try {
                greet(server.accept(), onTunnel);
            } catch (IOException failed) {
                if (!server.isClosed()) {
                    // One connection failed before it was one: the others are served on.
                    counters.add(HostCounter.TUNNELS_REFUSED);
                }
            }
        }
    }

    private void greet(Socket socket, BiConsumer<VnicId, Tunnel> onTunnel) throws IOException {
        if (!greetings.tryAcquire()) {
            counters.add(HostCounter.TUNNELS_OVER_LIMIT);
            socket.close();
            return;
        }
        Thread.ofPlatform().daemon().name("tunnel-greeting").start(() -> {
            try {
                check(socket, onTunnel);
            } finally {
                greetings.release();
            }
        });
    }

    private void check(Socket socket, BiConsumer<VnicId, Tunnel> onTunnel) {
        try {
            Tunnel tunnel = Tunnel.accepted(socket, security, limits.tunnelQueueBytes(), wakeUp);
            if (tunnel.readGreeting(limits.stepTimeoutNanos()) instanceof TunnelMessage.Hello(VnicId vnic, String token)
                    && takeToken(vnic, token)) {
                counters.add(HostCounter.TUNNELS_ACCEPTED);
                onTunnel.accept(vnic, tunnel);
                return;
            }
        } catch (IOException notOurs) {
            // A handshake that failed is counted with the wrong tokens: nobody else has business here.
        }
        counters.add(HostCounter.TUNNELS_REFUSED);
        try {
            socket.close();
        } catch (IOException alreadyGone) {
            counters.add(HostCounter.TUNNELS_REFUSED);
        }
    }

    private boolean takeToken(VnicId vnic, String shown) {
        String token = expected.getOrDefault(vnic, "");
        boolean right =
                MessageDigest.isEqual(token.getBytes(StandardCharsets.UTF_8), shown.getBytes(StandardCharsets.UTF_8));
        return right && !token.isEmpty() && expected.remove(vnic, token);
    }

    @Override
    public void close() {
        expected.clear();
        try {
            server.close();
        } catch (IOException alreadyGone) {
            counters.add(HostCounter.TUNNELS_REFUSED);
        }
    }
}
