package io.portcullis.persistence;

import io.portcullis.datapath.runtime.VnicAttachment;
import io.portcullis.datapath.track.TableSnapshot;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.table.RuleTable;
import java.time.Instant;

/**
 * All that a host needs to enforce a vNIC again after a restart, without asking anybody.
 *
 * @param attachment as the host had it attached, with the epoch under which it enforced; good for nothing under another one
 * @param policyRevision revision of {@code rules}
 * @param rules in force when it was written
 */
public record Checkpoint(
        VnicAttachment attachment, long policyRevision, Instant written, RuleTable rules, TableSnapshot table) {
    public VnicId vnic() {
        return attachment.vnic();
    }

    public long epoch() {
        return attachment.epoch();
    }
}
