package io.portcullis.cli;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** Answers requests with what a test has put there, and remembers them. The last answer of a request stays. */
final class StubCluster implements AutoCloseable {
    /** What was asked. */
    record Request(String line, String authorization, String body) {}

    private record Answer(int status, String body) {}

    private final HttpServer server;
    private final Map<String, Deque<Answer>> answers = new ConcurrentHashMap<>();
    final List<Request> requests = new CopyOnWriteArrayList<>();

    StubCluster() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::handle);
        server.start();
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /** {@code line} is like {@code GET /v1/hosts}, with the query if there is one. */
    StubCluster on(String line, int status, String body) {
        answers.computeIfAbsent(line, first -> new ArrayDeque<>()).add(new Answer(status, body));
        return this;
    }

    private synchronized void handle(HttpExchange exchange) throws IOException {
        // How long a client lets the node wait depends on its clock.
        String uri = exchange.getRequestURI().toString().replaceAll("[&?]waitMillis=[0-9]+$", "");
        String line = exchange.getRequestMethod() + " " + uri;
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        requests.add(
                new Request(line, String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")), body));
        Deque<Answer> queue = answers.get(line);
        Answer answer = queue == null
                ? new Answer(404, problem(404, "unknown", "the stub has nothing for " + line, "", ""))
                : queue.size() > 1 ? queue.remove() : queue.element();
        byte[] bytes = answer.body().getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders()
                .set("Content-Type", answer.status() >= 400 ? "application/problem+json" : "application/json");
        exchange.sendResponseHeaders(answer.status(), bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    /** A problem document; {@code problems} are the elements of its list. */
    static String problem(int status, String code, String detail, String hint, String problems) {
        return """
            {"type": "urn:x", "title": "The document has mistakes", "status": %d, "detail": "%s", "code": "%s",
             "hint": %s, "problems": [%s]}
            """.formatted(status, detail, code, hint.isEmpty() ? "null" : "\"" + hint + "\"", problems);
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
