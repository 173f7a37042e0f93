package io.portcullis.api;

import org.jspecify.annotations.Nullable;

/**
 * What a hypervisor is told of a VM that it moves.
 *
 * @param status {@code READY}: the VM may be stopped. {@code HANDED_OVER}: the destination enforces. {@code SETTLED}: the host where the VM runs enforces.
 *     {@code PENDING}: not yet; say it again, or go on without
 * @param host that enforces now; null if none does
 * @param migration that is under way, or ended last; null if there is none
 * @param warning what holds meanwhile, or what was lost, for people; null if nothing is to be said
 */
public record MoveView(
        String vm,
        String status,
        @Nullable String host,
        @Nullable MigrationView migration,
        @Nullable String warning) {
    public static final String READY = "READY";
    public static final String HANDED_OVER = "HANDED_OVER";
    public static final String SETTLED = "SETTLED";
    public static final String PENDING = "PENDING";
}
