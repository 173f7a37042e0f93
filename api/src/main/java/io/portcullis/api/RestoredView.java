package io.portcullis.api;

import org.jspecify.annotations.Nullable;

/**
 * What a VM began with when it was taken over from a lost host.
 *
 * @param from {@code replica} or {@code nothing}
 * @param host that had the replica
 * @param connections taken in
 * @param ageMillis how long before that the replica was known to be up to date
 * @param problem why not all was taken in
 */
public record RestoredView(
        String from,
        @Nullable String host,
        int connections,
        long ageMillis,
        @Nullable String problem) {
    public static final String REPLICA = "replica";
    public static final String NOTHING = "nothing";
}
