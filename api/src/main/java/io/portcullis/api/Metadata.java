package io.portcullis.api;

import org.jspecify.annotations.Nullable;

/**
 * Name of a document.
 *
 * @param tenant owner; in a document that is applied it may be left out, or must be the tenant it is applied to
 * @param revision the tenant's revision at which this was read; ignored on input
 */
public record Metadata(
        String name, @Nullable String tenant, @Nullable Long revision) {
    public Metadata(String name) {
        this(name, null, null);
    }
}
