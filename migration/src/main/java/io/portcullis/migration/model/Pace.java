package io.portcullis.migration.model;

/**
 * How fast tables may be sent ahead of the cuts of an operation's migrations from one host, all of them together. What is sent in a pause does not count.
 *
 * @param operation that they belong to
 * @param bytesPerSecond on average; 0 for no limit
 */
public record Pace(String operation, long bytesPerSecond) {
    /** An operation with a limit has at least this one, in bytes a second. */
    public static final long LEAST_BYTES_PER_SECOND = 64 * 1024;
}
