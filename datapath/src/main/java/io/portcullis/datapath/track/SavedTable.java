package io.portcullis.datapath.track;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;

/**
 * A connection table as a checkpoint has it: what was written at once or one after the other while its connections went on.
 *
 * @param parts in the order in which they were taken: later connections replace earlier ones, removals end them
 * @param entries how many connections there are after the last part
 * @param digest of these as in {@link TableSnapshot#digest}, where one was written
 */
public record SavedTable(List<Part> parts, int entries, OptionalLong digest) {
    /** Without connections. */
    public static final SavedTable EMPTY = new SavedTable(List.of(), 0, OptionalLong.empty());

    public SavedTable {
        parts = List.copyOf(parts);
    }

    /**
     * Connections as they were at one time.
     *
     * @param taken by the clock of the wall of this host
     * @param chunks encoded by {@code TableCodec}
     */
    public record Part(Instant taken, List<byte[]> chunks) {
        public Part {
            chunks = List.copyOf(chunks);
        }

        /** By how much its connections are older than it says; a clock that has gone back counts as none. */
        public long ageNanos(Instant now) {
            Duration age = Duration.between(taken, now);
            if (age.isNegative()) {
                return 0;
            }
            // longer ones have no connection whose time is not over
            return age.toMillis() > CoarseClock.MAX_TIMEOUT_NANOS / 1_000_000
                    ? CoarseClock.MAX_TIMEOUT_NANOS
                    : age.toNanos();
        }
    }

    /** A table that was written whole. */
    public static SavedTable of(TableSnapshot whole, Instant taken) {
        return new SavedTable(
                List.of(new Part(taken, whole.chunks())), whole.entries(), OptionalLong.of(whole.digest()));
    }
}
