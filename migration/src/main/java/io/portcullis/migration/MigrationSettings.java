package io.portcullis.migration;

import com.typesafe.config.Config;
import java.time.Duration;

/** {@code portcullis.migration}; every value is explained in this module's {@code reference.conf}. */
public record MigrationSettings(
        Duration checkTimeout,
        Duration attachTimeout,
        Duration prepareTimeout,
        Duration cutoverTimeout,
        Duration releaseTimeout,
        Duration stepTimeout,
        Duration retryInterval,
        Duration clearDelay,
        Duration linger,
        int chunkWindow,
        int maxWatchers,
        int maxEndedSessions,
        int parallel,
        int evacuationAttempts,
        Duration evacuationRetry) {

    /** Reads the section from the root of the configuration. */
    public static MigrationSettings of(Config root) {
        Config config = root.getConfig("portcullis.migration");
        return new MigrationSettings(
                config.getDuration("check-timeout"),
                config.getDuration("attach-timeout"),
                config.getDuration("prepare-timeout"),
                config.getDuration("cutover-timeout"),
                config.getDuration("release-timeout"),
                config.getDuration("step-timeout"),
                config.getDuration("retry-interval"),
                config.getDuration("clear-delay"),
                config.getDuration("linger"),
                positive(config, "chunk-window"),
                positive(config, "max-watchers"),
                positive(config, "max-ended-sessions"),
                positive(config, "parallel"),
                positive(config, "evacuation.attempts"),
                config.getDuration("evacuation.retry-interval"));
    }

    private static int positive(Config config, String path) {
        int value = config.getInt(path);
        if (value < 1) {
            throw new IllegalArgumentException("portcullis.migration." + path + " must be at least 1, not " + value);
        }
        return value;
    }
}
