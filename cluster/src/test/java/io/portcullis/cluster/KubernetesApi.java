package io.portcullis.cluster;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import javax.net.ssl.SSLContext;

/** As much of the API of Kubernetes as lists the running pods of one namespace that have a label, to who has the token. On loopback, over TLS. */
final class KubernetesApi implements AutoCloseable {
    private final HttpsServer server;
    private final String token;
    private final String path;
    private final String selector;
    private final byte[] pods;
    private final Set<String> refused = ConcurrentHashMap.newKeySet();
    private volatile boolean isAsked;

    /** @param addresses of the pods */
    KubernetesApi(SSLContext context, String token, String namespace, String app, List<String> addresses)
            throws IOException {
        this.token = token;
        this.path = "/api/v1/namespaces/" + namespace + "/pods";
        this.selector = "labelSelector=app=" + app;
        this.pods = addresses.stream()
                .map(address -> """
                    {"metadata": {}, "spec": {"containers": [{"name": "portcullis", "ports": []}]},
                     "status": {"podIP": "%s", "phase": "Running", "containerStatuses": []}}
                    """.formatted(address))
                .collect(Collectors.joining(",", "{\"kind\": \"PodList\", \"items\": [", "]}"))
                .getBytes(StandardCharsets.UTF_8);
        server = HttpsServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(context));
        server.createContext("/", this::answer);
        server.start();
    }

    int port() {
        return server.getAddress().getPort();
    }

    /** Whether somebody got the list. */
    boolean isAsked() {
        return isAsked;
    }

    /** What was asked that nobody should. */
    Set<String> refused() {
        return Set.copyOf(refused);
    }

    private void answer(HttpExchange exchange) throws IOException {
        boolean isAllowed =
                ("Bearer " + token).equals(exchange.getRequestHeaders().getFirst("Authorization"))
                        && path.equals(exchange.getRequestURI().getPath())
                        && selector.equals(exchange.getRequestURI().getQuery());
        if (isAllowed) {
            isAsked = true;
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(200, pods.length);
            exchange.getResponseBody().write(pods);
        } else {
            refused.add(exchange.getRequestURI() + " by "
                    + exchange.getRequestHeaders().getFirst("Authorization"));
            exchange.sendResponseHeaders(403, -1);
        }
        exchange.close();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
