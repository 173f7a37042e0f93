package io.portcullis.migration;

import io.portcullis.migration.model.PlacementState;
import java.util.concurrent.CompletionStage;

/** Where placements are written for others to read: the directory of VMs, and the migration log. Follows the journal. */
public interface PlacementRecords {
    /** Writes what {@code state} says, replacing older records; does not block the caller. May be repeated. */
    CompletionStage<Void> write(PlacementState state);
}
