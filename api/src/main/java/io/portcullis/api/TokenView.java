package io.portcullis.api;

import org.jspecify.annotations.Nullable;

/**
 * A token, as it is listed.
 *
 * @param secret the token itself; in the answer that made it and never again
 */
public record TokenView(
        String name,
        String role,
        @Nullable String tenant,
        String created,
        String createdBy,
        @Nullable String expires,
        @Nullable String secret) {}
