package io.portcullis.admin;

import io.portcullis.admin.http.Principal;
import io.portcullis.admin.http.ProblemKind;
import io.portcullis.admin.http.RefusedException;
import io.portcullis.admin.http.Role;
import io.portcullis.persistence.ApiToken;
import io.portcullis.persistence.ApiTokens;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Says whose a bearer token (RFC 6750) is: the node's own, from its file, or one of the cluster's, from the database. Thread-safe.
 *
 * <p>What the database said is good for {@link #REFRESH}; so a token that was deleted ends within that time on every node. One that is
 * not known is looked for at once, but not more often than every {@link #MISS_PAUSE}. When the database does not answer, the tokens that are known
 * stay good for {@link #GRACE}; the node's own always is.
 *
 * <p>Tokens are compared by their digests, in a time that does not depend on how much of a wrong one is right.
 */
final class Authenticator {
    static final Duration REFRESH = Duration.ofSeconds(5);
    static final Duration MISS_PAUSE = Duration.ofMillis(500);
    static final Duration GRACE = Duration.ofMinutes(10);
    /** Whoever comes with the node's own token. */
    static final String OPERATOR = "operator";

    private static final String SCHEME = "bearer ";

    private final byte[] own;
    private final ApiTokens tokens;
    private final Clock clock;
    private final LongSupplier nanoTime;
    private final AtomicReference<@Nullable CompletableFuture<Known>> loading = new AtomicReference<>();
    private volatile @Nullable Known known;

    private record Known(Map<String, ApiToken> byDigest, long loadedNanos) {}

    Authenticator(String nodeToken, ApiTokens tokens, Clock clock, LongSupplier nanoTime) {
        own = digest(nodeToken);
        this.tokens = tokens;
        this.clock = clock;
        this.nanoTime = nanoTime;
    }

    /** Who asks; fails with a {@link RefusedException} if the header has no token that is good now. */
    CompletionStage<Principal> authenticate(@Nullable String authorization) {
        if (authorization == null || !authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
            return CompletableFuture.failedFuture(unauthorized("no token was sent"));
        }
        byte[] digest = digest(authorization.substring(SCHEME.length()).strip());
        if (MessageDigest.isEqual(own, digest)) {
            return CompletableFuture.completedFuture(new Principal(OPERATOR, Role.ADMIN, null));
        }
        String key = HexFormat.of().formatHex(digest);
        Known present = known;
        if (present != null) {
            Duration age = age(present);
            ApiToken token = present.byDigest().get(key);
            if (token != null && age.compareTo(REFRESH) < 0) {
                return judged(token);
            }
            if (token == null && age.compareTo(MISS_PAUSE) < 0) {
                return CompletableFuture.failedFuture(unauthorized("the token is not valid here"));
            }
        }
        return load().handle((loaded, failure) -> failure == null ? loaded : stillGood(present, key))
                .thenCompose(loaded -> {
                    ApiToken token = loaded.byDigest().get(key);
                    return token == null
                            ? CompletableFuture.failedFuture(unauthorized("the token is not valid here"))
                            : judged(token);
                });
    }

    private Duration age(Known present) {
        return Duration.ofNanos(nanoTime.getAsLong() - present.loadedNanos());
    }

    private Known stillGood(@Nullable Known present, String key) {
        if (present == null
                || !present.byDigest().containsKey(key)
                || age(present).compareTo(GRACE) > 0) {
            throw new RefusedException(
                    ProblemKind.STORE_UNAVAILABLE,
                    "the store, which knows the tokens, does not answer",
                    "try again, or use the node's own token");
        }
        return present;
    }

    /** One at a time: who comes meanwhile waits for the same answer. */
    private CompletableFuture<Known> load() {
        CompletableFuture<Known> mine = new CompletableFuture<>();
        CompletableFuture<Known> other = loading.compareAndExchange(null, mine);
        if (other != null) {
            return other;
        }
        tokens.list().whenComplete((list, failure) -> {
            if (failure == null) {
                Known loaded = new Known(byDigest(list), nanoTime.getAsLong());
                known = loaded;
                loading.set(null);
                mine.complete(loaded);
            } else {
                loading.set(null);
                mine.completeExceptionally(failure);
            }
        });
        return mine;
    }

    private static Map<String, ApiToken> byDigest(List<ApiToken> list) {
        Map<String, ApiToken> byDigest = new HashMap<>();
        list.forEach(token -> byDigest.put(token.digest(), token));
        return byDigest;
    }

    private CompletionStage<Principal> judged(ApiToken token) {
        if (token.expires() != null && !clock.instant().isBefore(token.expires())) {
            return CompletableFuture.failedFuture(unauthorized("the token '" + token.name() + "' has expired"));
        }
        return Role.of(token.role())
                .<CompletionStage<Principal>>map(
                        role -> CompletableFuture.completedFuture(new Principal(token.name(), role, token.tenant())))
                .orElseGet(() -> CompletableFuture.failedFuture(unauthorized(
                        "the token '" + token.name() + "' has a role that this build does not know: " + token.role())));
    }

    private static RefusedException unauthorized(String detail) {
        return new RefusedException(
                ProblemKind.UNAUTHORIZED,
                detail,
                "send 'Authorization: Bearer TOKEN' with the token of the node's token file, or one that 'portcullis"
                        + " token create' made");
    }

    /** As tokens are stored. */
    static String digestOf(String token) {
        return HexFormat.of().formatHex(digest(token));
    }

    private static byte[] digest(String token) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
