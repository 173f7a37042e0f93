package io.portcullis.migration;

import io.portcullis.migration.model.FormerHosts;
import io.portcullis.migration.model.Move;
import io.portcullis.migration.model.PlacementOrder;
import io.portcullis.migration.model.PlacementPhase;
import io.portcullis.migration.model.PlacementState;
import io.portcullis.migration.model.ReplicaPlace;
import io.portcullis.policy.HostId;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The hosts as one placement sees them: which are lost, and what they are told. What a message says is in {@link PlacementOrders}; messages may be lost, so that orders
 * are told again. Used by its placement only.
 */
final class PlacementHosts {
    private final HostLookup hosts;
    private final FormerHosts formers = new FormerHosts();

    /** What the destination said last; not journaled, because it holds secrets: asked for again after a restart. */
    private PlacementCommand.@Nullable TargetReady ready;

    PlacementHosts(HostLookup hosts) {
        this.hosts = hosts;
    }

    /** Whether the host is no member of the cluster. */
    boolean isLost(@Nullable HostId host) {
        return host != null && hosts.presence(host) == HostLookup.Presence.ABSENT;
    }

    /** Of the hosts that matter now. */
    Set<HostId> lost(PlacementState state) {
        return state.hostsInvolved().stream().filter(this::isLost).collect(Collectors.toSet());
    }

    // ---- orders

    /**
     * The state is journaled, and in the directory or not: what is told first in its phase. The order to cut over is told once.
     *
     * @param isWritten whether the directory has it
     */
    void tellFirst(PlacementState state, boolean isWritten) {
        PlacementCommand.TargetReady target = ready;
        if (state.phase() == PlacementPhase.CUTTING_OVER && target != null && isReady(state, target.id())) {
            hosts.agent(state.currentMove().from()).tell(PlacementOrders.startCutover(state, target));
            ready = null;
        } else if (isWritten || !state.phase().waitsForDirectory()) {
            tell(state);
        }
    }

    /** What hosts have to do, as long as they have not answered. */
    void tell(PlacementState state) {
        List<PlacementOrder> first = formers.orders(state, this::isLost);
        if (!first.isEmpty()) {
            first.forEach(
                    order -> hosts.agent(order.host()).tell(PlacementOrders.command(state.attachedSpec(), order)));
            return;
        }
        PlacementOrders.commands(state)
                .forEach(order -> hosts.agent(order.host()).tell(order.command()));
        PlacementCommand.TargetReady target = ready;
        if (state.phase().sendsAhead() && target != null && isReady(state, target.id())) {
            hosts.agent(state.currentMove().from()).tell(PlacementOrders.startPreCopy(state, target));
        }
    }

    /** A host has let go. Whether it had the VM before, and others have waited for that. */
    boolean hasLetGo(PlacementState state, PlacementCommand.DetachReport report) {
        return formers.hasLetGo(state, report.host(), report.epoch());
    }

    /** What a host has to do that does not know what became of its VM, if that is decided. */
    void tellWaiting(PlacementState state, PlacementCommand.SourceWaits report) {
        PlacementOrder order = state.orderForWaiting(report.host(), report.id());
        if (order != null) {
            hosts.agent(report.host()).tell(PlacementOrders.command(report.spec(), order));
        }
    }

    // ---- the destination of a migration

    /** Whether the destination has said where the source hands over to. */
    boolean isReady(PlacementState state, String id) {
        return ready != null && ready.id().equals(id) && state.isMoving(id);
    }

    /** It says so. After the cut that counts no more: the source would be ordered to cut over a second time, by a placement that has started again. */
    void onTargetReady(PlacementState state, PlacementCommand.TargetReady report) {
        if (state.phase().precedesCut()) {
            ready = report;
        }
    }

    // ---- what is over

    /** Tells those that have something of the VM, or do something for it, that is over with this step. Said once; a host that did not hear it asks. */
    void tellOver(PlacementState before, PlacementState after) {
        ReplicaPlace had = before.replica();
        if (had != null
                && (after.replica() == null
                        || !had.host().equals(after.replica().host()))) {
            dropReplica(after, had.host(), had.epoch());
        }
        if (before.phase().sendsAhead()
                && !after.phase().sendsAhead()
                && after.phase() != PlacementPhase.CUTTING_OVER) {
            Move over = before.currentMove();
            hosts.agent(over.from()).tell(new AgentCommand.StopPreCopy(over.id(), before.vm()));
        }
    }

    /** A host has a replica: it may go if another one is to have it. */
    void onReplicaHeld(PlacementState state, PlacementCommand.ReplicaHeld report) {
        if (state.replica() == null || !state.replica().host().equals(report.host())) {
            dropReplica(state, report.host(), report.epoch());
        }
    }

    private void dropReplica(PlacementState state, HostId host, long epoch) {
        hosts.replicas(host).ifPresent(there -> there.tell(new ReplicaCommand.Drop(state.vm(), epoch)));
    }
}
