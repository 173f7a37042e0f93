package io.portcullis.migration;

import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * What a placement needs from outside.
 *
 * @param newMigrationId makes an id that no migration ever had
 * @param wallClockMillis milliseconds since 1970, for people to read
 */
public record PlacementEnvironment(
        HostLookup hosts,
        PlacementRecords records,
        MigrationSettings settings,
        Supplier<String> newMigrationId,
        LongSupplier wallClockMillis) {}
