package io.portcullis.persistence;

import io.portcullis.policy.TenantId;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** The tokens of the API that all nodes know. Any thread; a stage fails with {@link java.sql.SQLException} when the database does. */
public interface ApiTokens {
    /** Adds the token; false if there is one of this name. */
    CompletionStage<Boolean> add(ApiToken token);

    /** False if there is none of this name. */
    CompletionStage<Boolean> remove(String name);

    /** Removes all tokens that see this tenant only; says how many. */
    CompletionStage<Integer> removeOf(TenantId tenant);

    /** Ascending by name. */
    CompletionStage<List<ApiToken>> list();
}
