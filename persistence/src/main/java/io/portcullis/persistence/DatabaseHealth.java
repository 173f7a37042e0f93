package io.portcullis.persistence;

import java.time.Instant;
import java.util.Optional;

/** Whether the database answers. Thread-safe, never blocks. */
@FunctionalInterface
public interface DatabaseHealth {
    /**
     * It does not answer.
     *
     * @param since when that was first seen
     * @param reason in the words of the driver
     */
    record Outage(Instant since, String reason) {}

    /** Empty while it answers. */
    Optional<Outage> outage();
}
