package io.portcullis.api;

import org.jspecify.annotations.Nullable;

/**
 * What an operator says of a tenant.
 *
 * @param defaultAction what becomes of packets that no rule speaks of: {@code DROP} (default), {@code REJECT}, {@code ALLOW}
 * @param tracking {@code strict} (default): a TCP connection begins with a SYN; {@code loose}: it may be picked up in the middle
 */
public record TenantSpec(
        @Nullable String defaultAction, @Nullable String tracking) {}
