package io.portcullis.persistence;

import io.portcullis.datapath.track.TableSnapshot;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.table.RuleTable;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What a host needs to enforce a vNIC again after a restart.
 *
 * @param epoch ownership epoch under which the host enforced; good for nothing under another one
 * @param policyRevision revision of {@code rules}
 * @param rules in force when it was written; null if there were none
 */
public record Checkpoint(
        VnicId vnic,
        long epoch,
        long policyRevision,
        Instant written,
        @Nullable RuleTable rules,
        TableSnapshot table) {}
