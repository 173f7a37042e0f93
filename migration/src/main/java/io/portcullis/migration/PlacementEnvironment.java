package io.portcullis.migration;

import io.portcullis.policy.VmId;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.RecipientRef;

/**
 * What a placement needs from outside.
 *
 * @param placements finds any VM's, whether it runs or rests
 * @param newMigrationId makes an id that no migration ever had
 * @param wallClockMillis milliseconds since 1970, for people to read
 */
public record PlacementEnvironment(
        HostLookup hosts,
        Function<VmId, RecipientRef<PlacementCommand>> placements,
        PlacementRecords records,
        MigrationSettings settings,
        Supplier<String> newMigrationId,
        LongSupplier wallClockMillis) {}
