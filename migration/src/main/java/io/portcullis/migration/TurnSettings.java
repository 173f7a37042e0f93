package io.portcullis.migration;

import com.typesafe.config.Config;
import java.time.Duration;

/**
 * {@code portcullis.migration.turns}; every value is explained in this module's {@code reference.conf}.
 *
 * @param outgoing migrations to one other host between the order to cut and the end of their pause
 * @param incoming migrations from all hosts into this one in their pause
 * @param timeout how long the source waits for its turn before the migration ends
 * @param refreshInterval how often it sends what changes meanwhile
 * @param incomingWait how long the destination keeps a source waiting whose turn it is there
 */
public record TurnSettings(
        int outgoing, int incoming, Duration timeout, Duration refreshInterval, Duration incomingWait) {
    static TurnSettings of(Config config) {
        return new TurnSettings(
                MigrationSettings.positive(config, "turns.outgoing"),
                MigrationSettings.positive(config, "turns.incoming"),
                config.getDuration("turns.timeout"),
                config.getDuration("turns.refresh-interval"),
                config.getDuration("turns.incoming-wait"));
    }
}
