package io.portcullis.cli.mover;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** A monitor that answers as it was told, and does nothing else. */
public final class FakeQemu implements AutoCloseable {
    public static final String NO_ANSWER = "";
    public static final String HANG_UP = "hang up";

    private static final String GREETING =
            "{\"QMP\": {\"version\": {\"qemu\": {\"major\": 10, \"minor\": 0, \"micro\": 0}}, \"capabilities\": []}}";
    private static final ObjectMapper JSON = new ObjectMapper();

    public final List<String> commands = new CopyOnWriteArrayList<>();
    public final List<JsonNode> requests = new CopyOnWriteArrayList<>();
    private final Map<String, List<String>> replies = new ConcurrentHashMap<>();
    private final ServerSocketChannel server;
    private final String greeting;
    private volatile @Nullable SocketChannel client;

    public FakeQemu(Path socket) throws IOException {
        this(socket, GREETING);
    }

    FakeQemu(Path socket, String greeting) throws IOException {
        this.greeting = greeting;
        server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(socket));
        Thread.ofPlatform().daemon().name("fake-qemu").start(this::serve);
    }

    /** What follows that command: {@code return} or {@code error} objects without an id, and events, in this order. */
    public FakeQemu on(String command, String... lines) {
        replies.put(command, List.of(lines));
        return this;
    }

    public static String status(String status) {
        return "{\"timestamp\": {\"seconds\": 1, \"microseconds\": 2}, \"event\": \"MIGRATION\", \"data\":"
                + " {\"status\": \""
                + status + "\"}}";
    }

    public static String returns(String value) {
        return "{\"return\": " + value + "}";
    }

    public static String error(String text) {
        return "{\"error\": {\"class\": \"GenericError\", \"desc\": \"" + text + "\"}}";
    }

    private void serve() {
        try (SocketChannel accepted = server.accept()) {
            client = accepted;
            say(accepted, greeting);
            BufferedReader lines = new BufferedReader(Channels.newReader(accepted, StandardCharsets.UTF_8));
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                JsonNode request = JSON.readTree(line);
                String command = request.path("execute").asText();
                requests.add(request);
                commands.add(command);
                for (String reply : replies.getOrDefault(command, List.of(returns("{}")))) {
                    if (reply.equals(HANG_UP)) {
                        return;
                    }
                    if (!reply.isEmpty()) {
                        say(accepted, withId(reply, request));
                    }
                }
            }
        } catch (IOException closed) {
            // The test is over, or wanted that.
        }
    }

    private static String withId(String reply, JsonNode request) {
        boolean isAnswer = reply.startsWith("{\"return\"") || reply.startsWith("{\"error\"");
        return isAnswer ? reply.substring(0, reply.length() - 1) + ", \"id\": " + request.path("id") + "}" : reply;
    }

    private static void say(SocketChannel to, String line) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap((line + "\r\n").getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
            to.write(bytes);
        }
    }

    @Override
    public void close() throws IOException {
        SocketChannel connected = client;
        if (connected != null) {
            connected.close();
        }
        server.close();
    }
}
