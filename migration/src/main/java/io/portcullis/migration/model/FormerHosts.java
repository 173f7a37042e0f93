package io.portcullis.migration.model;

import io.portcullis.policy.HostId;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The lost hosts that had a VM, or were told to, since one was last heard to have it: as long as nobody else was told to attach it they may be back, as where the directory could not be written for a
 * while, and have to let go first, or two would enforce. What they say is not stored: a placement that starts again asks again.
 */
public final class FormerHosts {
    /** Those that have let go, or are away, under {@link #epoch}: it may be told to another host. */
    private final Set<HostId> cleared = new HashSet<>();

    private long epoch;

    /**
     * What has to be told in place of the {@linkplain PlacementState#orders orders} of the state; empty if nothing has.
     *
     * @param isAway whether a host is no member of the cluster
     */
    public List<PlacementOrder> orders(PlacementState state, Predicate<HostId> isAway) {
        List<HostId> awaited = awaited(state);
        awaited.stream().filter(isAway).forEach(cleared::add);
        return awaited.stream()
                .filter(host -> !cleared.contains(host))
                .<PlacementOrder>map(host -> new PlacementOrder.Detach(host, state.epoch() - 1))
                .toList();
    }

    /** A host says that it has let go of the VM up to {@code leftEpoch}. Whether that was waited for here. */
    public boolean hasLetGo(PlacementState state, HostId host, long leftEpoch) {
        boolean isAwaited = awaited(state).contains(host) && leftEpoch >= state.epoch() - 1;
        if (isAwaited) {
            cleared.add(host);
        }
        return isAwaited;
    }

    private List<HostId> awaited(PlacementState state) {
        if (state.phase() != PlacementPhase.ATTACHING) {
            return List.of();
        }
        if (epoch != state.epoch()) {
            epoch = state.epoch();
            cleared.clear();
        }
        return state.formerHosts().stream()
                .filter(host -> !cleared.contains(host) && !host.equals(state.host()))
                .toList();
    }
}
