package io.portcullis.admin;

import io.portcullis.admin.http.Access;
import io.portcullis.admin.http.Answer;
import io.portcullis.admin.http.Exchange;
import io.portcullis.admin.http.Principal;
import io.portcullis.admin.http.ProblemKind;
import io.portcullis.admin.http.RefusedException;
import io.portcullis.admin.http.Role;
import io.portcullis.admin.http.Router;
import io.portcullis.api.FieldProblem;
import io.portcullis.api.ItemList;
import io.portcullis.api.TokenRequest;
import io.portcullis.api.TokenView;
import io.portcullis.persistence.ApiToken;
import io.portcullis.persistence.ApiTokens;
import io.portcullis.policy.Names;
import io.portcullis.policy.TenantId;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tokens of the API: who has one, make one, end one. An admin of a tenant sees and makes those of the tenant only. */
final class TokenRoutes {
    /** Tokens in a cluster. */
    static final int MAX_TOKENS = 10_000;

    private static final Logger LOG = LoggerFactory.getLogger(TokenRoutes.class);
    /** Lets scanners of leaked secrets find it. */
    private static final String PREFIX = "pct_";

    private static final int SECRET_BYTES = 32;

    private final AdminServices services;
    private final ApiTokens tokens;
    private final Clock clock;
    private final SecureRandom random = new SecureRandom();

    TokenRoutes(AdminServices services, ApiTokens tokens, Clock clock) {
        this.services = services;
        this.tokens = tokens;
        this.clock = clock;
    }

    void addTo(Router router) {
        Access admins = Access.shared(Role.ADMIN);
        router.add("GET", "/v1/tokens", admins, this::list)
                .add("POST", "/v1/tokens", admins, this::create)
                .add("DELETE", "/v1/tokens/{name}", admins, this::delete);
    }

    private CompletionStage<Answer> list(Exchange exchange) {
        return visible(exchange.principal())
                .thenApply(list -> list.stream().map(token -> view(token, null)).toList())
                .thenApply(ItemList::new)
                .thenApply(Answer::ok);
    }

    private CompletionStage<List<ApiToken>> visible(Principal principal) {
        return tokens.list()
                .thenApply(list -> list.stream()
                        .filter(token ->
                                principal.tenant() == null || principal.tenant().equals(token.tenant()))
                        .toList());
    }

    private static TokenView view(ApiToken token, @Nullable String secret) {
        return new TokenView(
                token.name(),
                token.role(),
                token.tenant() == null ? null : token.tenant().value(),
                token.created().toString(),
                token.createdBy(),
                token.expires() == null ? null : token.expires().toString(),
                secret);
    }

    private CompletionStage<Answer> create(Exchange exchange) {
        TokenRequest request = exchange.read(TokenRequest.class);
        TenantId own = exchange.principal().tenant();
        List<FieldProblem> mistakes = new ArrayList<>();
        TenantId tenant = request.tenant() == null ? own : tenant(request.tenant(), own, mistakes);
        Instant expires = expires(request.expires(), mistakes);
        if (!Names.isValid(request.name()) || request.name().equals(Authenticator.OPERATOR)) {
            mistakes.add(new FieldProblem(
                    "name",
                    "'" + request.name() + "' is no name for a token",
                    "at most " + Names.MAX_LENGTH + " lower-case letters, digits and hyphens; '"
                            + Authenticator.OPERATOR + "' is the token of a node"));
        }
        if (Role.of(request.role()).isEmpty()) {
            mistakes.add(new FieldProblem(
                    "role", "there is no role '" + request.role() + "'", "one of viewer, editor, admin"));
        }
        if (!mistakes.isEmpty()) {
            throw RefusedException.invalid(mistakes);
        }
        byte[] bytes = new byte[SECRET_BYTES];
        random.nextBytes(bytes);
        String secret = PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
        ApiToken token = new ApiToken(
                request.name(),
                Authenticator.digestOf(secret),
                request.role(),
                tenant,
                clock.instant().truncatedTo(ChronoUnit.MILLIS),
                exchange.by(),
                expires);
        return known(tenant)
                .thenCompose(_ -> tokens.list())
                .thenCompose(list -> {
                    if (list.size() >= MAX_TOKENS) {
                        throw new RefusedException(
                                ProblemKind.WRONG_STATE,
                                "there are " + list.size() + " tokens; the limit is " + MAX_TOKENS,
                                "delete some that nobody uses (portcullis token list)");
                    }
                    return tokens.add(token);
                })
                .thenApply(isAdded -> {
                    if (!isAdded) {
                        throw new RefusedException(
                                ProblemKind.IN_USE,
                                "the name '" + token.name() + "' is taken",
                                "choose another one, or delete that token first");
                    }
                    LOG.info(
                            "token {} ({}, {}) was made by {}",
                            token.name(),
                            token.role(),
                            tenant == null ? "cluster" : "tenant " + tenant,
                            token.createdBy());
                    return Answer.created(view(token, secret), "/v1/tokens/" + token.name());
                });
    }

    private static @Nullable TenantId tenant(String text, @Nullable TenantId own, List<FieldProblem> mistakes) {
        if (own != null && !own.value().equals(text)) {
            mistakes.add(new FieldProblem("tenant", "there is no tenant '" + text + "'", "the token is for " + own));
            return null;
        }
        if (text.equals(TenantId.PROVIDER.value())) {
            mistakes.add(new FieldProblem(
                    "tenant", "the provider's policies are for tokens of the whole cluster", "leave the tenant out"));
            return null;
        }
        try {
            return new TenantId(text);
        } catch (IllegalArgumentException noName) {
            mistakes.add(new FieldProblem("tenant", String.valueOf(noName.getMessage()), null));
            return null;
        }
    }

    private @Nullable Instant expires(@Nullable String text, List<FieldProblem> mistakes) {
        if (text == null) {
            return null;
        }
        try {
            Instant expires = Instant.parse(text).truncatedTo(ChronoUnit.MILLIS);
            if (expires.isAfter(clock.instant())) {
                return expires;
            }
            mistakes.add(new FieldProblem("expires", text + " is over", "a time to come"));
        } catch (DateTimeException noTime) {
            mistakes.add(new FieldProblem("expires", "'" + text + "' is no time", "for example 2027-01-31T00:00:00Z"));
        }
        return null;
    }

    /** Fails with 404 if there is no such tenant. */
    private CompletionStage<?> known(@Nullable TenantId tenant) {
        return tenant == null ? CompletableFuture.completedFuture("") : services.model(tenant);
    }

    private CompletionStage<Answer> delete(Exchange exchange) {
        String name = exchange.variable("name");
        return visible(exchange.principal())
                .thenCompose(list -> {
                    List<String> names = list.stream().map(ApiToken::name).toList();
                    return tokens.remove(Lookup.named(names.contains(name) ? name : null, "token", name, names));
                })
                .thenApply(removed -> {
                    LOG.info("token {} was deleted by {}", name, exchange.by());
                    return Answer.noContent();
                });
    }
}
