package io.portcullis.persistence;

import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One migration, past or under way.
 *
 * @param state as its placement names it
 * @param ended null while it is under way
 * @param receipt JSON; null until there is one
 */
public record MigrationRow(
        String id,
        VmId vm,
        HostId from,
        HostId to,
        String state,
        String requestedBy,
        Instant started,
        @Nullable Instant ended,
        @Nullable String receipt) {}
