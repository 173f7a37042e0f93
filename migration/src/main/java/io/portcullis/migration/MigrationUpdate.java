package io.portcullis.migration;

import io.portcullis.migration.model.MigrationReceipt;
import io.portcullis.migration.model.PlacementPhase;
import io.portcullis.persistence.CborSerializable;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import org.jspecify.annotations.Nullable;

/** What a watcher of a migration is told: where it stands at once, then every new phase until it has ended. */
public sealed interface MigrationUpdate extends CborSerializable {
    String id();

    /**
     * The migration has reached a phase.
     *
     * @param phase phase that was just journaled; PLACED with the last update
     * @param ended whether this is the last update
     * @param receipt there once it is committed or has ended
     */
    record Progress(
            String id,
            VmId vm,
            HostId from,
            HostId to,
            PlacementPhase phase,
            boolean ended,
            @Nullable MigrationReceipt receipt)
            implements MigrationUpdate {}

    /** The VM's placement knows no such migration (any more); older ones are in the migration log. */
    record NotFound(String id) implements MigrationUpdate {}
}
