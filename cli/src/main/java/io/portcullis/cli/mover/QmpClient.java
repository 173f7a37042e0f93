package io.portcullis.cli.mover;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Speaks QEMU's monitor protocol (QMP; qemu.org, docs/interop/qmp-spec) over a Unix domain socket. Thread-safe; calls block. One thread of its own reads what QEMU
 * says; events are kept until somebody asks for them, the newest {@value #MAX_EVENTS}.
 */
public final class QmpClient implements AutoCloseable {
    private static final int MAX_EVENTS = 1_024;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final SocketChannel channel;
    private final Object lock = new Object();
    /** Guarded by lock, as all below: answers that have come, and null for those that are awaited. */
    private final Map<Long, @Nullable JsonNode> answers = new HashMap<>();

    private final ArrayDeque<JsonNode> events = new ArrayDeque<>();
    private boolean greeted;
    private @Nullable String gone;
    private long lastId;

    private QmpClient(SocketChannel channel) {
        this.channel = channel;
    }

    /** Connects and negotiates, which together take no longer than {@code limit}. */
    public static QmpClient connect(Path socket, Duration limit) throws QmpException {
        SocketChannel channel;
        try {
            channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
        } catch (IOException | IllegalArgumentException unreachable) {
            throw new QmpException("no QEMU at " + socket + ": " + unreachable.getMessage(), unreachable);
        }
        QmpClient client = new QmpClient(channel);
        Thread.ofPlatform().daemon().name("qmp-" + socket.getFileName()).start(client::read);
        try {
            client.await(() -> client.greeted ? Boolean.TRUE : null, limit, "its greeting");
            client.execute("qmp_capabilities", Map.of(), limit);
        } catch (QmpException failed) {
            client.close();
            throw failed;
        }
        return client;
    }

    /** Runs a command; the value it returned. */
    public JsonNode execute(String command, Map<String, ?> arguments, Duration limit) throws QmpException {
        ObjectNode request = JSON.createObjectNode().put("execute", command);
        if (!arguments.isEmpty()) {
            request.set("arguments", JSON.valueToTree(arguments));
        }
        long id;
        synchronized (lock) {
            id = ++lastId;
            answers.put(id, null);
        }
        try {
            write(request.put("id", id) + "\n");
            JsonNode answer = await(() -> answers.get(id), limit, "an answer to " + command);
            JsonNode error = answer.get("error");
            if (error != null) {
                throw new QmpException(
                        command + " is refused: " + error.path("class").asText("?") + ", "
                                + error.path("desc").asText("no reason"));
            }
            return answer.path("return");
        } finally {
            synchronized (lock) {
                answers.remove(id);
            }
        }
    }

    /** The oldest event that fits and was not taken before, which takes it, and drops those before it. */
    public JsonNode awaitEvent(Predicate<JsonNode> fits, Duration limit, String what) throws QmpException {
        return await(
                () -> {
                    while (!events.isEmpty()) {
                        JsonNode event = events.removeFirst();
                        if (fits.test(event)) {
                            return event;
                        }
                    }
                    return null;
                },
                limit,
                what);
    }

    private interface Look<T> {
        @Nullable
        T find();
    }

    private <T> T await(Look<T> look, Duration limit, String what) throws QmpException {
        long deadline = System.nanoTime() + limit.toNanos();
        synchronized (lock) {
            while (true) {
                T found = look.find();
                if (found != null) {
                    return found;
                }
                if (gone != null) {
                    throw new QmpException("QEMU is gone before " + what + ": " + gone);
                }
                long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
                if (left <= 0) {
                    throw new QmpException("QEMU has not sent " + what + " within " + limit.toMillis() + " ms");
                }
                try {
                    lock.wait(left);
                } catch (InterruptedException interrupted) {
                    Thread.currentThread().interrupt();
                    throw new QmpException("interrupted while waiting for " + what, interrupted);
                }
            }
        }
    }

    private void write(String line) throws QmpException {
        ByteBuffer bytes = ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8));
        try {
            synchronized (channel) {
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
            }
        } catch (IOException broken) {
            throw new QmpException("QEMU is gone: " + broken.getMessage(), broken);
        }
    }

    private void read() {
        String why = "the connection was closed";
        try (BufferedReader lines = new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (!line.isBlank()) {
                    take(JSON.readTree(line));
                }
            }
        } catch (JsonProcessingException nonsense) {
            why = "it does not speak QMP: " + nonsense.getOriginalMessage();
        } catch (IOException broken) {
            why = String.valueOf(broken.getMessage());
        }
        synchronized (lock) {
            gone = why;
            lock.notifyAll();
        }
    }

    private void take(JsonNode message) {
        synchronized (lock) {
            if (message.has("QMP")) {
                greeted = true;
            } else if (message.has("event")) {
                if (events.size() == MAX_EVENTS) {
                    events.removeFirst();
                }
                events.addLast(message);
            } else if (answers.containsKey(message.path("id").asLong(-1))) {
                answers.put(message.path("id").asLong(), message);
            }
            lock.notifyAll();
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException ignored) {
            // It is of no use any more either way.
        }
    }
}
