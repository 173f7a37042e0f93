package io.portcullis.loadtest.traffic;

import io.portcullis.loadtest.vm.VmSockets;
import io.portcullis.loadtest.vm.VmSockets.TcpConnection;
import io.portcullis.loadtest.vm.VmSockets.TcpListener;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;

/**
 * A connection that is silent for as long as it likes, on which then the SERVER speaks first: a firewall that has to
 * learn connections again from the client's packets would drop it. One thread.
 */
public final class IdleConnection implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final TcpConnection client;
    private final TcpConnection server;
    private int turns;

    private IdleConnection(TcpConnection client, TcpConnection server) {
        this.client = client;
        this.server = server;
    }

    public static IdleConnection open(VmSockets clientVm, VmSockets serverVm, InetSocketAddress serverAddress)
            throws IOException {
        try (TcpListener listener = serverVm.listen(serverAddress)) {
            TcpConnection client = clientVm.connect(serverAddress, LIMIT);
            TcpConnection server = listener.accept(LIMIT);
            if (server == null) {
                client.close();
                throw new SocketTimeoutException("the server never saw the connection to " + serverAddress);
            }
            IdleConnection connection = new IdleConnection(client, server);
            connection.say(client, server);
            return connection;
        }
    }

    /** The server says something and the client answers. Throws if either does not arrive in time and whole. */
    public void serverSpeaksFirst() throws IOException {
        say(server, client);
        say(client, server);
    }

    @Override
    public void close() {
        client.close();
        server.close();
    }

    private void say(TcpConnection from, TcpConnection to) throws IOException {
        byte[] words = ("turn " + turns++).getBytes(StandardCharsets.US_ASCII);
        from.write(words);
        byte[] heard = new byte[words.length];
        for (int got = 0; got < heard.length; ) {
            byte[] part = new byte[heard.length - got];
            int count = to.read(part, LIMIT);
            if (count < 0) {
                throw new IOException("the connection was closed");
            }
            System.arraycopy(part, 0, heard, got, count);
            got += count;
        }
        if (!Arrays.equals(words, heard)) {
            throw new IOException("heard '" + new String(heard, StandardCharsets.US_ASCII) + "'");
        }
    }
}
