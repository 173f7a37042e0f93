package io.portcullis.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a migration would be, as things stand: it would be accepted.
 *
 * @param connections that its vNICs track now
 * @param expectedPauseNanos median of the longest pauses of {@code samples} migrations that have committed; null if there are none
 * @param samples migrations of the past that the expectation rests on: between these two hosts if there are any, otherwise between any
 * @param connectionsPerSecond median rate at which those sent tables while the source enforced: if more connections than that change in a second, rounds do
 *     not become shorter, and what is left is sent in the pause. No more than the {@code bytesPerSecond} of the question allow. Null if none of them sent enough to tell
 * @param bytesPerConnection that they sent on average; null likewise
 * @param revisionInForce lowest policy revision that one of its vNICs enforces at the source; 0 if one has no rules; null if the source does not say
 * @param revision of the tenant: the destination enforces it, or a later one
 * @param source host before the migration
 * @param destination host before the migration
 * @param notes what is different there, and what to think of, for people; empty if nothing is
 */
public record PreflightView(
        String vm,
        String from,
        String to,
        int vnics,
        long connections,
        @Nullable Long expectedPauseNanos,
        int samples,
        @Nullable Long connectionsPerSecond,
        @Nullable Double bytesPerConnection,
        @Nullable Long revisionInForce,
        long revision,
        Host source,
        Host destination,
        List<String> notes) {
    /** What a host carries; what is null it does not say. */
    public record Host(
            String name, int vms, int vnics, @Nullable Integer maxVnics, long connections) {}
}
