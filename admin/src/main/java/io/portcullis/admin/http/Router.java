package io.portcullis.admin.http;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The table of routes: method and path pattern to handler. A pattern's segment in braces is a variable. Filled once, then read by any
 * thread.
 */
public final class Router {
    /** Answers one request; may throw or fail with a {@link RefusedException}. */
    @FunctionalInterface
    public interface Handler {
        CompletionStage<Answer> handle(Exchange exchange);
    }

    /**
     * A route that fits a request.
     *
     * @param open whether it needs no token
     */
    public record Match(Handler handler, Map<String, String> variables, boolean open) {}

    private record Route(String method, List<String> pattern, boolean open, Handler handler) {
        @Nullable
        Map<String, String> variablesOf(List<String> path) {
            if (path.size() != pattern.size()) {
                return null;
            }
            Map<String, String> variables = new LinkedHashMap<>();
            for (int index = 0; index < path.size(); index++) {
                String wanted = pattern.get(index);
                if (wanted.startsWith("{")) {
                    variables.put(wanted.substring(1, wanted.length() - 1), path.get(index));
                } else if (!wanted.equals(path.get(index))) {
                    return null;
                }
            }
            return variables;
        }
    }

    private final List<Route> routes = new ArrayList<>();

    public Router get(String pattern, Handler handler) {
        return add("GET", pattern, false, handler);
    }

    public Router put(String pattern, Handler handler) {
        return add("PUT", pattern, false, handler);
    }

    public Router post(String pattern, Handler handler) {
        return add("POST", pattern, false, handler);
    }

    public Router delete(String pattern, Handler handler) {
        return add("DELETE", pattern, false, handler);
    }

    /** A GET that needs no token. */
    public Router open(String pattern, Handler handler) {
        return add("GET", pattern, true, handler);
    }

    private Router add(String method, String pattern, boolean open, Handler handler) {
        routes.add(new Route(method, List.of(pattern.split("/")), open, handler));
        return this;
    }

    /**
     * The route for a path, given as decoded segments.
     *
     * @throws RefusedException if there is none (404), or none with that method (405)
     */
    public Match match(String method, List<String> path) {
        Set<String> methods = new TreeSet<>();
        for (Route route : routes) {
            Map<String, String> variables = route.variablesOf(path);
            if (variables == null) {
                continue;
            }
            if (route.method().equals(method)) {
                return new Match(route.handler(), variables, route.open());
            }
            methods.add(route.method());
        }
        String shown = "/" + String.join("/", path);
        if (methods.isEmpty()) {
            throw new RefusedException(
                    ProblemKind.UNKNOWN,
                    "there is nothing at " + shown,
                    "the API is under /v1, for example /v1/cluster");
        }
        throw new RefusedException(
                ProblemKind.METHOD_NOT_ALLOWED,
                method + " is not possible at " + shown,
                "possible are " + String.join(", ", methods));
    }
}
