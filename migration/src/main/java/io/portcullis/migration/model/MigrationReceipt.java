package io.portcullis.migration.model;

import io.portcullis.persistence.CborSerializable;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import java.util.List;

/**
 * The signed-off record of one migration that ended.
 *
 * @param epochBefore ownership epoch of the source when the migration was reserved
 * @param epochAfter epoch in force after the end, at {@code to} if committed, else at {@code from}
 * @param requestedBy who asked for it
 * @param phases when each phase was journaled, in order
 * @param vnics what moved, one per vNIC; empty unless committed
 * @param problems what went wrong or may be missing, for people; empty when all went well
 * @param waitedSinceMillis wall clock when its source began to wait for its turn to be cut, which ended with CUTTING_OVER; 0 if it did not wait
 */
public record MigrationReceipt(
        String id,
        VmId vm,
        HostId from,
        HostId to,
        long epochBefore,
        long epochAfter,
        String requestedBy,
        MigrationOutcome outcome,
        List<PhaseTime> phases,
        List<VnicTransfer> vnics,
        List<String> problems,
        long waitedSinceMillis)
        implements CborSerializable {
    public MigrationReceipt {
        phases = List.copyOf(phases);
        vnics = List.copyOf(vnics);
        problems = List.copyOf(problems);
    }

    /** Whether every connection arrived and no frame was dropped on the way. */
    public boolean lossless() {
        return outcome == MigrationOutcome.COMMITTED
                && vnics.stream().allMatch(vnic -> vnic.complete() && vnic.framesDropped() == 0);
    }

    /** The longest pause of any vNIC, in nanoseconds; 0 unless committed. */
    public long pauseNanos() {
        return vnics.stream().mapToLong(VnicTransfer::pauseNanos).max().orElse(0);
    }

    public long entries() {
        return vnics.stream().mapToLong(VnicTransfer::entriesReceived).sum();
    }
}
