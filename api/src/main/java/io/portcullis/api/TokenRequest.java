package io.portcullis.api;

import org.jspecify.annotations.Nullable;

/**
 * A token to be made.
 *
 * @param name unique in the cluster; changes that it makes are recorded under it
 * @param role {@code viewer}, {@code editor} or {@code admin}
 * @param tenant the only tenant that it shall see; the whole cluster otherwise
 * @param expires when it ends, as {@code 2027-01-31T00:00:00Z}; never otherwise
 */
public record TokenRequest(
        String name,
        String role,
        @Nullable String tenant,
        @Nullable String expires) {}
