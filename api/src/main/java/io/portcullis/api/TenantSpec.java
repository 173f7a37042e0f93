package io.portcullis.api;

import org.jspecify.annotations.Nullable;

/**
 * What an operator says of a tenant.
 *
 * @param defaultAction what becomes of packets that no rule speaks of: {@code DROP} (default), {@code REJECT}, {@code ALLOW}
 * @param tracking {@code strict} (default): a TCP connection begins with a SYN; {@code loose}: it may be picked up in the middle
 * @param timeouts of idle connections: {@code linux} (default; TCP 5 days) or {@code nsx} (12 hours)
 */
public record TenantSpec(
        @Nullable String defaultAction,
        @Nullable String tracking,
        @Nullable String timeouts) {
    /** With the default time-outs. */
    public TenantSpec(@Nullable String defaultAction, @Nullable String tracking) {
        this(defaultAction, tracking, null);
    }
}
