package io.portcullis.api;

import org.jspecify.annotations.Nullable;

/**
 * A named document of a tenant: {@code kind}, {@code metadata}, {@code spec}, in the manner of Kubernetes.
 *
 * @param kind {@code Tenant}, {@code Segment}, {@code Group}, {@code Service}, {@code Policy} or {@code Vm}
 * @param status what became of it, where there is more to say than the spec says; ignored on input
 */
public record Resource<S>(
        String kind, Metadata metadata, S spec, @Nullable PolicyStatus status) {
    /** Without a status. */
    public Resource(String kind, Metadata metadata, S spec) {
        this(kind, metadata, spec, null);
    }
}
