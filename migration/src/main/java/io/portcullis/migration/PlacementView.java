package io.portcullis.migration;

import io.portcullis.migration.model.MigrationReceipt;
import io.portcullis.migration.model.Move;
import io.portcullis.migration.model.Mover;
import io.portcullis.migration.model.PhaseTime;
import io.portcullis.migration.model.PlacementPhase;
import io.portcullis.migration.model.PlacementState;
import io.portcullis.migration.model.Restored;
import io.portcullis.persistence.CborSerializable;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import io.portcullis.vnic.VmSpec;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A VM's placement at one moment.
 *
 * @param host host that enforces (while a migration runs: the source until it is committed); null if detached
 * @param epoch ownership epoch in force, the last one if detached, 0 if it never was attached
 * @param hostUp whether that host is an up member now; if not, the VM's firewall resumes there when it is back
 * @param spec what is attached; null if nothing is
 * @param migration id of the migration under way, null if none is
 * @param lastReceipt receipt of the migration that ended last, null if none has
 * @param takenFrom the lost host from which it was taken over; null otherwise
 * @param phases of the migration under way so far; empty if none is
 * @param mover who moves the VM itself in it; null if none is
 * @param waitedSinceMillis wall clock when its source began to wait for its turn to be cut; 0 if it has not waited
 * @param replica host that has a replica of it; null if none has
 * @param replicaProblem why none has although one should; null otherwise
 * @param restored what it began with after it was taken over; null otherwise
 */
public record PlacementView(
        VmId vm,
        PlacementPhase phase,
        @Nullable HostId host,
        long epoch,
        boolean hostUp,
        @Nullable VmSpec spec,
        @Nullable String migration,
        @Nullable MigrationReceipt lastReceipt,
        @Nullable HostId takenFrom,
        List<PhaseTime> phases,
        @Nullable Mover mover,
        long waitedSinceMillis,
        @Nullable HostId replica,
        @Nullable String replicaProblem,
        @Nullable Restored restored)
        implements CborSerializable {
    public PlacementView {
        // a node of an older build says nothing of phases
        phases = phases == null ? List.of() : List.copyOf(phases);
    }

    /** Of a VM without a replica. */
    public PlacementView(
            VmId vm,
            PlacementPhase phase,
            @Nullable HostId host,
            long epoch,
            boolean hostUp,
            @Nullable VmSpec spec,
            @Nullable String migration,
            @Nullable MigrationReceipt lastReceipt,
            @Nullable HostId takenFrom,
            List<PhaseTime> phases,
            @Nullable Mover mover,
            long waitedSinceMillis) {
        this(
                vm,
                phase,
                host,
                epoch,
                hostUp,
                spec,
                migration,
                lastReceipt,
                takenFrom,
                phases,
                mover,
                waitedSinceMillis,
                null,
                null,
                null);
    }

    /** Phases that its migration has entered, with the wait for its turn as one. */
    int phasesEntered() {
        return phases.size() + (waitedSinceMillis > 0 ? 1 : 0);
    }

    /** @param waitingSinceMillis of a source that waits for its turn to be cut now; else 0 */
    static PlacementView of(PlacementState state, HostLookup hosts, long waitingSinceMillis) {
        HostId host = state.host();
        Move move = state.move();
        return new PlacementView(
                state.vm(),
                state.phase(),
                host,
                state.epoch(),
                host != null && hosts.presence(host) == HostLookup.Presence.UP,
                state.spec(),
                move == null ? null : move.id(),
                state.lastReceipt(),
                state.takenFrom(),
                move == null ? List.of() : move.phases(),
                move == null ? null : move.mover(),
                move == null ? 0 : Math.max(waitingSinceMillis, move.waitedSinceMillis()),
                state.replica() == null ? null : state.replica().host(),
                state.replicaProblem(),
                state.restored());
    }
}
