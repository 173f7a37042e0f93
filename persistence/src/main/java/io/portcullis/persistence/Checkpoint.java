package io.portcullis.persistence;

import io.portcullis.datapath.runtime.VnicAttachment;
import io.portcullis.datapath.track.SavedTable;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.table.RuleTable;
import java.time.Instant;

/**
 * All that a host needs to enforce a vNIC again after a restart, without asking anybody.
 *
 * @param written when the last of it was
 */
public record Checkpoint(CheckpointHead head, Instant written, SavedTable table) {
    public VnicId vnic() {
        return head.vnic();
    }

    public long epoch() {
        return head.epoch();
    }

    /** See {@link CheckpointHead#attachment}. */
    public VnicAttachment attachment() {
        return head.attachment();
    }

    /** See {@link CheckpointHead#policyRevision}. */
    public long policyRevision() {
        return head.policyRevision();
    }

    /** See {@link CheckpointHead#rules}. */
    public RuleTable rules() {
        return head.rules();
    }
}
