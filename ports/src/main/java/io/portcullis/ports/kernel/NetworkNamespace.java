package io.portcullis.ports.kernel;

import io.portcullis.datapath.port.PortException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.regex.Pattern;

/**
 * Opens descriptors inside a named network namespace ({@code ip netns add NAME}). Thread-safe.
 *
 * <p>A socket and {@code /dev/net/tun} belong for life to the namespace of the thread that opened them, so only the opening
 * has to happen there. setns(2) moves one operating-system thread, and whatever is started by that thread is born in the
 * namespace and stays there; therefore each call gets a platform thread of its own that ends with it.
 */
public final class NetworkNamespace {
    private static final int CLONE_NEWNET = 0x4000_0000;
    private static final int O_CLOEXEC = 0x80000;
    private static final String FOLDER = "/run/netns/";
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}");

    private NetworkNamespace() {}

    /** Whether there is a namespace of this name. */
    public static boolean exists(String netns) {
        return NAME.matcher(netns).matches() && Files.exists(Path.of(FOLDER + netns));
    }

    /**
     * Runs {@code opener} inside the namespace and returns what it opened. It may open and connect descriptors and Java
     * channels (which then stay in the namespace) and nothing else: no thread, no virtual thread, no pool, no child process.
     *
     * @param netns name below /run/netns; the empty name is the caller's own namespace
     * @throws PortException if there is no such namespace, the privilege is missing, or {@code opener} failed (its
     *     exception is the cause, or itself when it is a PortException)
     */
    public static <T> T call(String netns, Callable<T> opener) throws PortException {
        if (netns.isEmpty()) {
            return run(netns, opener);
        }
        if (!NAME.matcher(netns).matches()) {
            throw new PortException("'" + netns + "' is no name of a network namespace");
        }
        NioClasses.load();
        CompletableFuture<T> result = new CompletableFuture<>();
        Thread.ofPlatform().daemon().name("netns-" + netns).start(() -> {
            try {
                enter(netns);
                result.complete(run(netns, opener));
            } catch (PortException | RuntimeException | Error e) {
                result.completeExceptionally(e);
            }
        });
        try {
            return result.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new PortException("interrupted while opening in network namespace " + netns, e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof PortException cause) {
                throw cause;
            }
            throw new IllegalStateException("opening in network namespace " + netns + " failed", e.getCause());
        }
    }

    private static <T> T run(String netns, Callable<T> opener) throws PortException {
        try {
            return opener.call();
        } catch (PortException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            String where = netns.isEmpty() ? "" : "in network namespace " + netns + ": ";
            throw new PortException(where + e.getMessage(), e);
        }
    }

    private static void enter(String netns) throws PortException {
        int fd = Libc.open(FOLDER + netns, O_CLOEXEC);
        if (fd == -Errno.ENOENT) {
            throw new PortException("there is no network namespace '" + netns + "'; create it: ip netns add " + netns);
        }
        int moved = fd < 0 ? fd : Libc.setns(fd, CLONE_NEWNET);
        if (fd >= 0) {
            Libc.close(fd);
        }
        if (moved < 0) {
            String mend = Errno.isPrivilege(-moved) ? "; run as root (CAP_SYS_ADMIN is needed to enter it)" : "";
            throw new PortException("cannot enter network namespace '" + netns + "': " + Errno.text(-moved) + mend);
        }
    }

    /** Channels are opened once at home, so that class initialisers with probes and threads never run inside a namespace. */
    private static final class NioClasses {
        static {
            try (SocketChannel tcp = SocketChannel.open();
                    ServerSocketChannel server = ServerSocketChannel.open();
                    DatagramChannel udp = DatagramChannel.open()) {
                tcp.socket();
                server.socket();
                udp.socket();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        static void load() {
            // The static initialiser has done it.
        }
    }
}
