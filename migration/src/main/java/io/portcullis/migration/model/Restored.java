package io.portcullis.migration.model;

import io.portcullis.policy.HostId;
import org.jspecify.annotations.Nullable;

/**
 * What a VM that was taken over from a lost host began with.
 *
 * @param from host that had its replica; null if it began with nothing
 * @param connections that were taken in
 * @param ageMillis how long before the replica was known to be up to date; 0 without one
 * @param problem why it began with nothing, or with less than all; null if that is not so
 */
public record Restored(
        @Nullable HostId from,
        int connections,
        long ageMillis,
        @Nullable String problem) {
    /** Without connections. */
    public static Restored nothing(String why) {
        return new Restored(null, 0, 0, why);
    }
}
