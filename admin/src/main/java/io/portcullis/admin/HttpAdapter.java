package io.portcullis.admin;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.portcullis.admin.http.Answer;
import io.portcullis.admin.http.Exchange;
import io.portcullis.admin.http.Principal;
import io.portcullis.admin.http.ProblemKind;
import io.portcullis.admin.http.RefusedException;
import io.portcullis.admin.http.Router;
import io.portcullis.api.Json;
import io.portcullis.api.Problem;
import io.portcullis.persistence.DatabaseHealth;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpEntity;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpMethods;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.http.scaladsl.model.EntityStreamSizeException;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Between Pekko HTTP and the routes: reads requests with their bounds, writes answers, turns every failure into a problem. Thread-safe. */
final class HttpAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(HttpAdapter.class);
    /** Longest wait for the next bytes of a request's body. */
    private static final Duration BODY_IDLE_TIMEOUT = Duration.ofSeconds(10);
    /** Longest wait for all of it. */
    private static final Duration BODY_TIMEOUT = Duration.ofMinutes(2);
    /** So much of a refused body is read before the answer; behind it the connection is closed. */
    private static final long MAX_DISCARDED_BYTES = 256L << 20;

    private final ActorSystem<?> system;
    private final Router router;
    private final Authenticator authenticator;
    private final Metrics metrics;
    private final AuditLog audit;
    private final DatabaseHealth health;
    /** Reading a document takes a while; nobody else's threads are used for it. */
    private final LargeBodies largeBodies;

    HttpAdapter(
            ActorSystem<?> system,
            Router router,
            Authenticator authenticator,
            Metrics metrics,
            AuditLog audit,
            DatabaseHealth health) {
        this.system = system;
        this.router = router;
        this.authenticator = authenticator;
        this.metrics = metrics;
        this.audit = audit;
        this.health = health;
        this.largeBodies = new LargeBodies(system.dispatchers().lookup(DispatcherSelector.blocking()));
    }

    CompletionStage<HttpResponse> handle(HttpRequest request) {
        long started = System.nanoTime();
        return answer(request)
                .handle((answer, failure) -> failure == null ? answer : failed(request, failure))
                .thenApply(answer -> {
                    metrics.requestDone(request.method().name(), answer.status(), System.nanoTime() - started);
                    return response(answer);
                });
    }

    private CompletionStage<Answer> answer(HttpRequest request) {
        try {
            List<String> path = segments(request);
            Map<String, String> headers = headers(request);
            Router.Match match = router.match(request.method().name(), path);
            if (match.isOpen()) {
                return handle(request, match, headers, Principal.ANYONE);
            }
            return authenticate(request, match, headers)
                    .handle((principal, unknown) -> unknown == null
                            ? audited(request, match, principal, admitted(request, match, headers, principal))
                            : discarded(request, unknown))
                    .thenCompose(answer -> answer);
        } catch (RuntimeException refused) {
            return discarded(request, refused);
        }
    }

    private CompletionStage<Principal> authenticate(
            HttpRequest request, Router.Match match, Map<String, String> headers) {
        return authenticator.authenticate(headers.get("authorization")).whenComplete((principal, failure) -> {
            if (failure != null && match.audited()) {
                audit.refused(null, line(request), refusal(request, cause(failure)));
            }
        });
    }

    private CompletionStage<Answer> admitted(
            HttpRequest request, Router.Match match, Map<String, String> headers, Principal principal) {
        try {
            match.check(principal);
            if (match.audited()) {
                StoreOutage.refuseChange(health);
            }
            if (request.entity().getContentLengthOption().orElse(0) > LargeBodies.MAX_BODY_BYTES) {
                throw tooLarge();
            }
        } catch (RefusedException refused) {
            return discarded(request, refused);
        }
        return handle(request, match, headers, principal);
    }

    private CompletionStage<Answer> handle(
            HttpRequest request, Router.Match match, Map<String, String> headers, Principal principal) {
        LargeBodies.Held held = largeBodies.hold();
        return body(request, held)
                .thenCompose(body -> largeBodies.handle(
                        body.length,
                        () -> match.handler()
                                .handle(new Exchange(match.variables(), query(request), headers, body, principal))))
                .whenComplete((_, _) -> held.release());
    }

    /** An answer before the end of the body would close the connection, and the client might never see it. */
    private CompletionStage<Answer> discarded(HttpRequest request, Throwable refused) {
        return request.entity()
                .withSizeLimit(MAX_DISCARDED_BYTES)
                .discardBytes(system)
                .completionStage()
                .handle((done, failure) -> done)
                .thenCompose(_ -> CompletableFuture.failedFuture(refused));
    }

    /** A body without an announced length is read to its end before it is refused, for the reason of {@link #discarded}. */
    private CompletionStage<byte[]> body(HttpRequest request, LargeBodies.Held held) {
        return request.entity()
                .withSizeLimit(MAX_DISCARDED_BYTES)
                .getDataBytes()
                .idleTimeout(BODY_IDLE_TIMEOUT)
                .completionTimeout(BODY_TIMEOUT)
                .runFold(new Body(ByteString.emptyByteString(), null), (body, more) -> body.with(more, held), system)
                .thenApply(body -> {
                    if (body.refused() != null) {
                        throw body.refused();
                    }
                    return body.bytes().toArray();
                });
    }

    /**
     * What has come of a body.
     *
     * @param refused why no more of it is kept; null while it is
     */
    private record Body(ByteString bytes, @Nullable RefusedException refused) {
        Body with(ByteString more, LargeBodies.Held held) {
            if (refused != null) {
                return this;
            }
            if (bytes.size() + more.size() > LargeBodies.MAX_BODY_BYTES) {
                return refused(tooLarge(), held);
            }
            return held.grow(more.size()) ? new Body(bytes.concat(more), null) : refused(LargeBodies.full(), held);
        }

        private static Body refused(RefusedException why, LargeBodies.Held held) {
            held.release();
            return new Body(ByteString.emptyByteString(), why);
        }
    }

    private CompletionStage<Answer> audited(
            HttpRequest request, Router.Match match, Principal principal, CompletionStage<Answer> answer) {
        if (!match.audited()) {
            return answer;
        }
        return answer.whenComplete((done, failure) -> {
            if (failure == null) {
                audit.done(principal.name(), line(request), done);
            } else {
                audit.refused(principal.name(), line(request), refusal(request, cause(failure)));
            }
        });
    }

    private static String line(HttpRequest request) {
        return request.method().name() + " " + request.getUri().path();
    }

    private static List<String> segments(HttpRequest request) {
        List<String> segments = new ArrayList<>();
        segments.add("");
        request.getUri().pathSegments().forEach(segments::add);
        return segments;
    }

    private static Map<String, String> query(HttpRequest request) {
        Map<String, String> query = new HashMap<>();
        request.getUri().query().toList().forEach(pair -> query.putIfAbsent(pair.first(), pair.second()));
        return query;
    }

    private static Map<String, String> headers(HttpRequest request) {
        Map<String, String> headers = new HashMap<>();
        for (HttpHeader header : request.getHeaders()) {
            headers.putIfAbsent(header.lowercaseName(), header.value());
        }
        headers.put("content-type", request.entity().getContentType().toString());
        return headers;
    }

    private Answer failed(HttpRequest request, Throwable failure) {
        Throwable cause = cause(failure);
        RefusedException refused = refusal(request, cause);
        metrics.refused(refused.kind());
        if (refused.kind() == ProblemKind.INTERNAL) {
            LOG.error("{} {} failed", request.method().name(), request.getUri().path(), cause);
        }
        return problem(refused.problem());
    }

    private static Throwable cause(Throwable failure) {
        Throwable cause = failure;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }

    private RefusedException refusal(HttpRequest request, Throwable cause) {
        return switch (cause) {
            case RefusedException refused -> refused;
            case EntityStreamSizeException tooLarge -> tooLarge();
            case TimeoutException _
            when health.outage().isPresent() ->
                request.method().equals(HttpMethods.GET) ? StoreOutage.unread(health) : StoreOutage.lateChange(health);
            case TimeoutException late ->
                new RefusedException(
                        ProblemKind.TIMEOUT,
                        "no answer came in time",
                        "look at the present state, then try again; 'portcullis get cluster' shows the nodes");
            case SQLException broken ->
                new RefusedException(
                        ProblemKind.STORE_UNAVAILABLE,
                        "the store does not answer: " + broken.getMessage(),
                        "try again; the log of this node has the details");
            default ->
                new RefusedException(
                        ProblemKind.INTERNAL, "an error that nobody expected", "the log of this node has the details");
        };
    }

    private static RefusedException tooLarge() {
        return new RefusedException(
                ProblemKind.TOO_LARGE,
                "the document has more than " + LargeBodies.MAX_BODY_BYTES + " bytes",
                "send it in parts");
    }

    private static Answer problem(Problem problem) {
        Map<String, String> headers =
                problem.status() == ProblemKind.UNAUTHORIZED.status() ? Map.of("WWW-Authenticate", "Bearer") : Map.of();
        return new Answer(problem.status(), problem, Problem.MEDIA_TYPE, headers);
    }

    private static HttpResponse response(Answer answer) {
        HttpResponse response = HttpResponse.create().withStatus(StatusCodes.get(answer.status()));
        for (Map.Entry<String, String> header : answer.headers().entrySet()) {
            response = response.addHeader(RawHeader.create(header.getKey(), header.getValue()));
        }
        Object body = answer.body();
        return body == null ? response : response.withEntity(entity(answer.mediaType(), body));
    }

    private static HttpEntity.Strict entity(String mediaType, Object body) {
        byte[] bytes = bytes(body);
        var type = ContentTypes.parse(mediaType.toLowerCase(Locale.ROOT));
        return HttpEntities.create(type, bytes);
    }

    private static byte[] bytes(Object body) {
        try {
            return body instanceof String text
                    ? text.getBytes(StandardCharsets.UTF_8)
                    : Json.mapper().writeValueAsBytes(body);
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
