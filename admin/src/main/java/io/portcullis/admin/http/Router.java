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
     * @param path as it is shown
     * @param audited whether it is to change something
     */
    public record Match(Handler handler, Map<String, String> variables, Access access, String path, boolean audited) {
        /** Whether it needs no token. */
        public boolean isOpen() {
            return access.scope() == Access.Scope.OPEN;
        }

        /** Refuses who may not ask this. */
        public void check(Principal principal) {
            access.check(principal, variables, path);
        }
    }

    private record Route(String method, List<String> pattern, Access access, Handler handler) {
        boolean isAudited() {
            return !method.equals("GET") && access.role() != Role.VIEWER;
        }

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

    /** For viewers, of the tenant that the path names or else of the cluster. */
    public Router get(String pattern, Handler handler) {
        return add("GET", pattern, Access.of(pattern, Role.VIEWER), handler);
    }

    /** For editors, of the tenant that the path names or else of the cluster; so are POST and DELETE. */
    public Router put(String pattern, Handler handler) {
        return add("PUT", pattern, Access.of(pattern, Role.EDITOR), handler);
    }

    public Router post(String pattern, Handler handler) {
        return add("POST", pattern, Access.of(pattern, Role.EDITOR), handler);
    }

    public Router delete(String pattern, Handler handler) {
        return add("DELETE", pattern, Access.of(pattern, Role.EDITOR), handler);
    }

    /** A POST that changes nothing, a question that needs a body: for viewers, and not audited. */
    public Router ask(String pattern, Handler handler) {
        return add("POST", pattern, Access.of(pattern, Role.VIEWER), handler);
    }

    /** A GET that needs no token. */
    public Router open(String pattern, Handler handler) {
        return add("GET", pattern, Access.open(), handler);
    }

    public Router add(String method, String pattern, Access access, Handler handler) {
        routes.add(new Route(method, List.of(pattern.split("/")), access, handler));
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
                return new Match(route.handler(), variables, route.access(), shown(path), route.isAudited());
            }
            methods.add(route.method());
        }
        if (methods.isEmpty()) {
            throw nothingAt(shown(path));
        }
        throw new RefusedException(
                ProblemKind.METHOD_NOT_ALLOWED,
                method + " is not possible at " + shown(path),
                "possible are " + String.join(", ", methods));
    }

    private static String shown(List<String> path) {
        return path.size() == 1 ? "/" : String.join("/", path);
    }

    static RefusedException nothingAt(String path) {
        return new RefusedException(
                ProblemKind.UNKNOWN, "there is nothing at " + path, "the API is under /v1, for example /v1/tenants");
    }
}
