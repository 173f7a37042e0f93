package io.portcullis.admin;

import io.portcullis.persistence.ApiToken;
import io.portcullis.persistence.ApiTokens;
import io.portcullis.policy.TenantId;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Supplier;

/** Tokens in a map. */
final class FakeTokens implements ApiTokens {
    final Map<String, ApiToken> byName = new ConcurrentSkipListMap<>();
    volatile boolean broken;
    volatile int lists;

    private <T> CompletionStage<T> answer(Supplier<T> answer) {
        return broken
                ? CompletableFuture.failedFuture(new SQLException("no connection"))
                : CompletableFuture.completedFuture(answer.get());
    }

    @Override
    public CompletionStage<Boolean> add(ApiToken token) {
        return answer(() -> byName.putIfAbsent(token.name(), token) == null);
    }

    @Override
    public CompletionStage<Boolean> remove(String name) {
        return answer(() -> byName.remove(name) != null);
    }

    @Override
    public CompletionStage<Integer> removeOf(TenantId tenant) {
        return answer(() -> {
            int before = byName.size();
            byName.values().removeIf(token -> tenant.equals(token.tenant()));
            return before - byName.size();
        });
    }

    @Override
    public CompletionStage<List<ApiToken>> list() {
        lists++;
        return answer(() -> List.copyOf(byName.values()));
    }
}
