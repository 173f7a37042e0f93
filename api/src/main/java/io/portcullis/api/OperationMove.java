package io.portcullis.api;

import org.jspecify.annotations.Nullable;

/**
 * A VM of an operation.
 *
 * @param to null while no host is chosen
 * @param state {@code WAITING}, {@code MOVING}, {@code MOVED} or {@code FAILED}
 * @param migration id of its migration; null before
 * @param problem of the last attempt that failed
 */
public record OperationMove(
        String vm,
        String from,
        @Nullable String to,
        String state,
        @Nullable String migration,
        @Nullable String problem) {}
