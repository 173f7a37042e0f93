package io.portcullis.api;

import org.jspecify.annotations.Nullable;

/**
 * One revision of a tenant.
 *
 * @param at when, ISO 8601 in UTC
 * @param by who made the change
 * @param note why; empty for none
 * @param summary what changed, in one line
 * @param diff of the tenant's documents, in the unified format; only where one revision was asked for
 */
public record RevisionView(
        long revision,
        String at,
        String by,
        String note,
        String summary,
        @Nullable String diff) {}
