package io.portcullis.persistence;

import io.portcullis.datapath.runtime.VnicAttachment;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.table.RuleTable;

/**
 * All of a checkpoint but connections.
 *
 * @param attachment as the host had it attached, with the epoch under which it enforced; good for nothing under another one
 * @param policyRevision revision of {@code rules}
 * @param rules in force when it was written
 */
public record CheckpointHead(VnicAttachment attachment, long policyRevision, RuleTable rules) {
    public VnicId vnic() {
        return attachment.vnic();
    }

    public long epoch() {
        return attachment.epoch();
    }

    boolean isSameAs(CheckpointHead other) {
        return policyRevision == other.policyRevision
                && rules.hash().equals(other.rules.hash())
                && attachment.equals(other.attachment);
    }
}
