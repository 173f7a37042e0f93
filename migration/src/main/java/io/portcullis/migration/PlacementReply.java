package io.portcullis.migration;

import io.portcullis.migration.model.Refusal;
import io.portcullis.persistence.CborSerializable;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import io.portcullis.vnic.RefusalCode;

/** Answers of {@link VmPlacement} to an operator's command. */
public sealed interface PlacementReply extends CborSerializable {
    /** The VM's host enforces. */
    record Attached(PlacementView placement) implements PlacementReply {}

    record Detached(VmId vm) implements PlacementReply {}

    /** The migration is reserved and runs; follow it with {@link PlacementCommand.WatchMigration}. */
    record MigrationAccepted(String id, VmId vm, HostId from, HostId to) implements PlacementReply {}

    /** The migration would be accepted as things stand; nothing was changed. */
    record MigrationPossible(VmId vm, HostId from, HostId to) implements PlacementReply {}

    /** The hand-over will not happen; the destination is being cleared. */
    record Cancelled(String id) implements PlacementReply {}

    record Placement(PlacementView view) implements PlacementReply {}

    /** Nothing was changed. */
    record Refused(RefusalCode code, String message) implements PlacementReply {
        static Refused of(Refusal refusal) {
            return new Refused(refusal.code(), refusal.message());
        }
    }
}
