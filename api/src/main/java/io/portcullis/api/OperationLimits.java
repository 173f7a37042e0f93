package io.portcullis.api;

import org.jspecify.annotations.Nullable;

/**
 * Other limits for an operation that is not over, also for what is under way.
 *
 * @param parallel migrations at the same time; missing for as many as before
 * @param bytesPerSecond as in {@link MoveWishes}, 0 for no limit; missing for as before
 */
public record OperationLimits(
        @Nullable Integer parallel, @Nullable Long bytesPerSecond) {}
