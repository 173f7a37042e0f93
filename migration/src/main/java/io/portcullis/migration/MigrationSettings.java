package io.portcullis.migration;

import com.typesafe.config.Config;
import io.portcullis.migration.model.PlacementPhase;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** {@code portcullis.migration}; every value is explained in this module's {@code reference.conf}. */
public record MigrationSettings(
        Duration hostWait,
        Duration checkTimeout,
        Duration attachTimeout,
        Duration prepareTimeout,
        Duration cutoverTimeout,
        Duration releaseTimeout,
        Duration stepTimeout,
        Duration retryInterval,
        Duration clearDelay,
        Duration linger,
        Duration wakeInterval,
        Retention retention,
        int chunkWindow,
        int maxWatchers,
        int maxEndedSessions,
        int parallel,
        int evacuationAttempts,
        Duration evacuationRetry,
        BulkSettings bulk,
        PreCopySettings preCopy,
        Duration stopTimeout,
        TurnSettings turns,
        ReplicaSettings replica) {

    /**
     * How long migrations that have ended are remembered.
     *
     * @param receipts at most so many
     * @param interval between two looks
     */
    public record Retention(Duration age, int receipts, Duration interval) {
        static Retention of(Config config) {
            return new Retention(
                    config.getDuration("retention.age"),
                    positive(config, "retention.receipts"),
                    config.getDuration("retention.interval"));
        }
    }

    /** Reads the section from the root of the configuration. */
    public static MigrationSettings of(Config root) {
        Config config = root.getConfig("portcullis.migration");
        return new MigrationSettings(
                config.getDuration("host-wait"),
                config.getDuration("check-timeout"),
                config.getDuration("attach-timeout"),
                config.getDuration("prepare-timeout"),
                config.getDuration("cutover-timeout"),
                config.getDuration("release-timeout"),
                config.getDuration("step-timeout"),
                config.getDuration("retry-interval"),
                config.getDuration("clear-delay"),
                config.getDuration("linger"),
                config.getDuration("wake-interval"),
                Retention.of(config),
                positive(config, "chunk-window"),
                positive(config, "max-watchers"),
                positive(config, "max-ended-sessions"),
                positive(config, "parallel"),
                positive(config, "evacuation.attempts"),
                config.getDuration("evacuation.retry-interval"),
                BulkSettings.of(config),
                PreCopySettings.of(config.getConfig("precopy")),
                config.getDuration("hypervisor.stop-timeout"),
                TurnSettings.of(config),
                ReplicaSettings.of(config.getConfig("replica")));
    }

    /** How long a phase may take; null if it has no limit. */
    @Nullable
    Duration limit(PlacementPhase phase) {
        return switch (phase) {
            case ATTACHING -> attachTimeout;
            case RESERVING, PREPARED -> prepareTimeout;
            case PRECOPYING -> preCopy.timeout();
            case AWAITING_STOP -> stopTimeout;
            case CUTTING_OVER -> cutoverTimeout;
            case COMMITTED -> releaseTimeout;
            case DETACHED, PLACED, DETACHING, ROLLING_BACK -> null;
        };
    }

    static int positive(Config config, String path) {
        int value = config.getInt(path);
        if (value < 1) {
            throw new IllegalArgumentException("portcullis.migration." + path + " must be at least 1, not " + value);
        }
        return value;
    }
}
