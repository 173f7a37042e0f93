package io.portcullis.persistence;

import io.portcullis.policy.TenantId;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What is stored of a token of the API; never the token itself.
 *
 * @param name unique in the cluster
 * @param digest SHA-256 of the token, in hexadecimal
 * @param role what it may do, in the words of the API
 * @param tenant the only tenant that it sees; null for the whole cluster
 * @param expires null if never
 */
public record ApiToken(
        String name,
        String digest,
        String role,
        @Nullable TenantId tenant,
        Instant created,
        String createdBy,
        @Nullable Instant expires) {}
