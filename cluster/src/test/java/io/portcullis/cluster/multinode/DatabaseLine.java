package io.portcullis.cluster.multinode;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Between all nodes and their database: can be broken off, and mended. Meanwhile nodes see what they would of a database server that is gone:
 * connections are reset, and new ones refused. Thread-safe.
 */
final class DatabaseLine implements AutoCloseable {
    private final int port;
    private final int databasePort;
    private final Set<Socket> ends = ConcurrentHashMap.newKeySet();
    private @Nullable ServerSocket server;

    private DatabaseLine(int port, int databasePort) {
        this.port = port;
        this.databasePort = databasePort;
    }

    /** Takes what comes to {@code port} of loopback to {@code databasePort}. */
    static DatabaseLine open(int port, int databasePort) throws IOException {
        DatabaseLine line = new DatabaseLine(port, databasePort);
        line.mend();
        return line;
    }

    /** Breaks all connections off, and takes no new ones. */
    synchronized void cut() throws IOException {
        if (server != null) {
            server.close();
            server = null;
        }
        ends.forEach(DatabaseLine::reset);
        ends.clear();
    }

    /** Nothing that is under way arrives. */
    private static void reset(Socket end) {
        try {
            end.setSoLinger(true, 0);
            end.close();
        } catch (IOException itEndedByItself) {
            // As it should.
        }
    }

    synchronized void mend() throws IOException {
        ServerSocket started = new ServerSocket();
        started.setReuseAddress(true);
        started.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        server = started;
        Thread.ofVirtual().start(() -> accept(started));
    }

    private void accept(ServerSocket from) {
        while (true) {
            try {
                Socket client = from.accept();
                Socket database = new Socket(InetAddress.getLoopbackAddress(), databasePort);
                if (!join(from, client, database)) {
                    return;
                }
            } catch (IOException isCut) {
                return;
            }
        }
    }

    /** False if the line was cut meanwhile. */
    private synchronized boolean join(ServerSocket from, Socket client, Socket database) throws IOException {
        if (server != from) {
            client.close();
            database.close();
            return false;
        }
        ends.add(client);
        ends.add(database);
        Thread.ofVirtual().start(() -> carry(client, database));
        Thread.ofVirtual().start(() -> carry(database, client));
        return true;
    }

    private void carry(Socket from, Socket to) {
        try (from;
                to) {
            from.getInputStream().transferTo(to.getOutputStream());
        } catch (IOException ended) {
            // The other direction ends with it.
        } finally {
            ends.remove(from);
        }
    }

    @Override
    public void close() {
        try {
            cut();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
