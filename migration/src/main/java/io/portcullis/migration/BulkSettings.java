package io.portcullis.migration;

import com.typesafe.config.Config;
import io.portcullis.migration.model.BulkSchedule;
import io.portcullis.migration.model.PlacementPolicy;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;

/**
 * {@code portcullis.migration.bulk} and {@code .placement}; every value is explained in this module's {@code reference.conf}.
 *
 * @param apartScope scope of the tags that keep VMs apart
 */
public record BulkSettings(
        BulkSchedule.Budget budget,
        Duration sample,
        int maxPlannedMoves,
        double tolerance,
        PlacementPolicy policy,
        String apartScope) {

    static BulkSettings of(Config migration) {
        Config bulk = migration.getConfig("bulk");
        Config placement = migration.getConfig("placement");
        return new BulkSettings(
                new BulkSchedule.Budget(
                        positive(bulk, "max-moves"),
                        positive(bulk, "max-moves-per-host"),
                        bulk.getBytes("max-bytes-per-host")),
                bulk.getDuration("rebalance-sample"),
                positive(bulk, "max-rebalance-moves"),
                bulk.getDouble("rebalance-tolerance"),
                new PlacementPolicy(
                        word(placement, "prefer", PlacementPolicy.Preference.class),
                        word(placement, "anti-affinity", PlacementPolicy.AntiAffinity.class)),
                placement.getString("anti-affinity-scope"));
    }

    private static int positive(Config config, String path) {
        int value = config.getInt(path);
        if (value < 1) {
            throw new IllegalArgumentException(
                    "portcullis.migration.bulk." + path + " must be at least 1, not " + value);
        }
        return value;
    }

    private static <E extends Enum<E>> E word(Config config, String path, Class<E> type) {
        String text = config.getString(path);
        return Arrays.stream(type.getEnumConstants())
                .filter(word -> word.name().equals(text.toUpperCase(Locale.ROOT)))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("portcullis.migration.placement." + path + " is '"
                        + text + "', not one of "
                        + Arrays.toString(type.getEnumConstants()).toLowerCase(Locale.ROOT)));
    }
}
