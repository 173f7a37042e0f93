package io.portcullis.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.portcullis.admin.http.Principal;
import io.portcullis.admin.http.RefusedException;
import io.portcullis.admin.http.Role;
import io.portcullis.persistence.ApiToken;
import io.portcullis.policy.TenantId;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class AuthenticatorTest {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    private static final TenantId ACME = new TenantId("acme");

    private final FakeTokens tokens = new FakeTokens();
    private final AtomicLong nanos = new AtomicLong();
    private final InstantSource instants = () -> START.plusNanos(nanos.get());
    private final Authenticator authenticator =
            new Authenticator("node-token", tokens, instants.withZone(ZoneOffset.UTC), nanos::get);

    private Principal authenticate(String token) {
        return authenticator
                .authenticate("Bearer " + token)
                .toCompletableFuture()
                .join();
    }

    private String refused(@Nullable String header) {
        Throwable failure = catchThrowable(
                () -> authenticator.authenticate(header).toCompletableFuture().join());
        assertThat(failure).as("nothing was refused").isInstanceOf(CompletionException.class);
        assertThat(failure.getCause()).isInstanceOf(RefusedException.class);
        return ((RefusedException) failure.getCause()).kind().code();
    }

    private void add(String name, String secret, Role role, @Nullable TenantId tenant, @Nullable Instant expires) {
        tokens.add(new ApiToken(
                name, Authenticator.digestOf(secret), role.word(), tenant, START, Authenticator.OPERATOR, expires));
    }

    private void pass(Duration time) {
        nanos.addAndGet(time.toNanos());
    }

    @Test
    void shouldKnowTheNodesOwnTokenWithoutTheStore() {
        tokens.broken = true;

        assertThat(authenticate("node-token")).isEqualTo(new Principal("operator", Role.ADMIN, null));
        assertThat(refused("Bearer wrong")).isEqualTo("store-unavailable");
        assertThat(refused(null)).isEqualTo("unauthorized");
        assertThat(refused("Basic node-token")).isEqualTo("unauthorized");
    }

    @Test
    void shouldFindANewTokenAtOnceAndLookForAWrongOneSeldom() {
        assertThat(refused("Bearer s3cret")).isEqualTo("unauthorized");
        add("ci", "s3cret", Role.EDITOR, ACME, null);
        pass(Authenticator.MISS_PAUSE);

        assertThat(authenticate("s3cret")).isEqualTo(new Principal("ci", Role.EDITOR, ACME));
        int lists = tokens.lists;
        for (int i = 0; i < 100; i++) {
            assertThat(refused("Bearer wrong-" + i)).isEqualTo("unauthorized");
        }
        assertThat(tokens.lists).isEqualTo(lists);
    }

    @Test
    void shouldForgetADeletedTokenAfterTheRefresh() {
        add("ci", "s3cret", Role.VIEWER, null, null);
        authenticate("s3cret");
        tokens.remove("ci");

        pass(Authenticator.REFRESH);

        assertThat(refused("Bearer s3cret")).isEqualTo("unauthorized");
    }

    @Test
    void shouldKeepKnownTokensForAWhileWhenTheStoreIsGone() {
        add("ci", "s3cret", Role.VIEWER, null, null);
        authenticate("s3cret");
        tokens.broken = true;

        pass(Authenticator.GRACE);
        assertThat(authenticate("s3cret").name()).isEqualTo("ci");
        assertThat(refused("Bearer wrong")).isEqualTo("store-unavailable");

        pass(Duration.ofSeconds(1));
        assertThat(refused("Bearer s3cret")).isEqualTo("store-unavailable");
        tokens.broken = false;
        assertThat(authenticate("s3cret").name()).isEqualTo("ci");
    }

    @Test
    void shouldEndATokenWhenItsTimeIsOver() {
        add("ci", "s3cret", Role.VIEWER, null, START.plusSeconds(2));

        assertThat(authenticate("s3cret").role()).isEqualTo(Role.VIEWER);
        pass(Duration.ofSeconds(2));
        assertThat(refused("Bearer s3cret")).isEqualTo("unauthorized");
    }

    @Test
    void shouldRefuseARoleThatANewerBuildGave() {
        tokens.add(new ApiToken("ci", Authenticator.digestOf("s3cret"), "auditor", null, START, "x", null));

        assertThat(refused("Bearer s3cret")).isEqualTo("unauthorized");
    }
}
