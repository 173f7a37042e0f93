package io.portcullis.migration;

import com.typesafe.config.Config;
import io.portcullis.migration.model.PreCopyBudget;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * {@code portcullis.migration.precopy}; every value is explained in this module's {@code reference.conf}.
 *
 * @param budget when it has done enough
 * @param window chunks on their way to one other host at once, of all migrations together
 * @param maxBytesPerSecond that a host sends to all others; 0 for no limit
 * @param patience without any progress before it is given up
 * @param timeout of all rounds together
 */
public record PreCopySettings(
        PreCopyBudget budget, int window, long maxBytesPerSecond, Duration patience, Duration timeout) {
    private static final long LEAST_BYTES_PER_SECOND = 64 * 1024;

    static PreCopySettings of(Config config) {
        int window = config.getInt("window");
        if (window < 1) {
            throw new IllegalArgumentException("portcullis.migration.precopy.window must be at least 1, not " + window);
        }
        long rate = config.getBytes("max-bytes-per-second");
        if (rate != 0 && rate < LEAST_BYTES_PER_SECOND) {
            throw new IllegalArgumentException("portcullis.migration.precopy.max-bytes-per-second must be at least "
                    + LEAST_BYTES_PER_SECOND + ", or 0 for no limit, not " + rate);
        }
        PreCopyBudget budget = new PreCopyBudget(
                config.getDuration("pause-budget", TimeUnit.NANOSECONDS), config.getInt("max-rounds"));
        return new PreCopySettings(budget, window, rate, config.getDuration("patience"), config.getDuration("timeout"));
    }
}
