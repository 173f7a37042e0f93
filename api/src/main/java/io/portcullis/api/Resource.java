package io.portcullis.api;

/**
 * A named document of a tenant: {@code kind}, {@code metadata}, {@code spec}, in the manner of Kubernetes.
 *
 * @param kind {@code Tenant}, {@code Segment}, {@code Group}, {@code Service}, {@code Policy} or {@code Vm}
 */
public record Resource<S>(String kind, Metadata metadata, S spec) {}
