package io.portcullis.migration.model;

import io.portcullis.policy.HostId;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The lost host from which a VM is taken, as long as nobody else was told to attach it: if it is back by then, as where the directory could not be written for a
 * while, it has to let go first, or both would enforce. Not stored: a placement that starts again asks again.
 */
public final class FormerHost {
    /** Under which the VM may be attached; 0 if none. */
    private long clearedEpoch;

    /**
     * What has to be told in place of the {@linkplain PlacementState#orders orders} of the state; null if nothing has.
     *
     * @param isAway whether a host is no member of the cluster
     */
    public @Nullable PlacementOrder order(PlacementState state, Predicate<HostId> isAway) {
        HostId former = awaited(state);
        if (former == null) {
            return null;
        }
        if (isAway.test(former)) {
            clearedEpoch = state.epoch();
            return null;
        }
        return new PlacementOrder.Detach(former, state.epoch() - 1);
    }

    /** A host says that it has let go of the VM up to {@code epoch}. Whether that was waited for here. */
    public boolean hasLetGo(PlacementState state, HostId host, long epoch) {
        boolean isAwaited = host.equals(awaited(state)) && epoch >= state.epoch() - 1;
        if (isAwaited) {
            clearedEpoch = state.epoch();
        }
        return isAwaited;
    }

    private @Nullable HostId awaited(PlacementState state) {
        HostId former = state.takenFrom();
        return state.phase() != PlacementPhase.ATTACHING
                        || clearedEpoch == state.epoch()
                        || former == null
                        || former.equals(state.host())
                ? null
                : former;
    }
}
