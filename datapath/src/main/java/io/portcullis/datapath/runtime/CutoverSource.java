package io.portcullis.datapath.runtime;

import io.portcullis.datapath.port.Burst;
import io.portcullis.datapath.runtime.DataPathException.Reason;
import io.portcullis.datapath.runtime.TunnelMessage.FrameKind;
import io.portcullis.datapath.track.TableSnapshot;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The source's side of a cut-over, from the order to cut until the vNIC is released or enforces here again.
 *
 * <pre>
 * CONNECTING ─ tunnel open: announce, steer the VM's queue to the destination ─▶
 * DRAINING_EGRESS ─ own queue empty, all of it decided and sent ─▶ FLUSHING_EGRESS ─ the fabric has it: EgressDrained ─▶
 * AWAITING_LEARNED ─ UplinkLearned ─▶ DRAINING_INGRESS ─ uplink empty, all of it decided ─▶
 * FLUSHING_INGRESS ─ the VM has it: export the table, Sealed ─▶ SEALED
 * SEALED ─ release ─▶ GRACE ─ time ─▶ LAST_DRAIN ─ own queue empty: close it, Released ─▶
 * AWAITING_HOME ─ the destination has steered the VM's queue to its new index and closed the tunnel ─▶ ENDED
 *
 * any before SEALED ─ time-out, broken tunnel, Leaving ─▶ reclaim under the same epoch, the cut fails
 * any up to SEALED ─ reclaim ─▶ RECLAIM_EGRESS ─ own queue empty: Reclaim ─▶ RECLAIM_ASKED ─ EgressReturned ─▶ RECLAIM_DRAINING ─ uplink empty: all that is older than
 * what the destination holds was seen; hold, announce ─▶ RECLAIM_LEARNING ─ the fabric knows: ReclaimLearned ─▶
 * RECLAIM_RETURNING ─ Returned: what came back, what was held, live ─▶ ENDED, ENFORCING
 * </pre>
 *
 * A destination that does not answer a reclaim within the step's time is taken for gone: who orders it has the authority.
 */
final class CutoverSource implements Procedure {
    private enum Phase {
        CONNECTING,
        DRAINING_EGRESS,
        FLUSHING_EGRESS,
        AWAITING_LEARNED,
        DRAINING_INGRESS,
        FLUSHING_INGRESS,
        SEALED,
        GRACE,
        LAST_DRAIN,
        AWAITING_HOME,
        RECLAIM_EGRESS,
        RECLAIM_ASKED,
        RECLAIM_DRAINING,
        RECLAIM_LEARNING,
        RECLAIM_RETURNING,
        ENDED
    }

    /** Index of the source's queue while the destination's is attached, too. */
    private static final int OWN_QUEUE = 0;

    private final Loop loop;
    private final Vnic vnic;
    private final CutoverTarget target;
    private final CompletableFuture<SealedVnic> sealed = new CompletableFuture<>();
    private CompletableFuture<Vnic> reclaimed = new CompletableFuture<>();
    private final CompletableFuture<@Nullable Void> released = new CompletableFuture<>();
    private final GroupLedger ledger = new GroupLedger();
    /** What the destination gets with the seal, or the engine here if it comes to no seal. */
    private final ArrayDeque<TunnelMessage.Frame> pending = new ArrayDeque<>();

    private final ArrayDeque<TunnelMessage.Frame> returned = new ArrayDeque<>();
    private final GroupLedger.Counts returnedGroups = new GroupLedger.Counts(List.of());

    private Phase phase = Phase.CONNECTING;
    private long deadlineNanos;
    private long ticket;
    private long freezeStartNanos;
    private long forwardedFrames;
    private long keptBytes;
    private long reclaimEpoch;
    private boolean egressClosed;
    private boolean ingressClosed;
    private boolean isSealed;
    private boolean isAskedBack;
    private boolean egressReturned;
    private boolean announced;
    private @Nullable Tunnel tunnel;
    private @Nullable DataPathException cause;

    CutoverSource(Loop loop, Vnic vnic, CutoverTarget target) {
        this.loop = loop;
        this.vnic = vnic;
        this.target = target;
    }

    /** Starts to connect; the vNIC enforces meanwhile. */
    void start() {
        enter(Phase.CONNECTING);
        long timeoutNanos = loop.limits().stepTimeoutNanos();
        TunnelMessage.Hello hello = new TunnelMessage.Hello(vnic.id(), target.token());
        Thread.ofPlatform().daemon().name("tunnel-connect").start(() -> {
            try {
                Tunnel opened = Tunnel.connect(
                        target.tunnel(), hello, timeoutNanos, loop.limits().tunnelQueueBytes(), loop::wakeUp);
                loop.execute(() -> connected(opened));
            } catch (IOException failed) {
                loop.execute(() -> notConnected(failed));
            }
        });
    }

    CompletableFuture<SealedVnic> sealed() {
        return sealed;
    }

    // ---- what the loop asks for each frame

    boolean decidesIngress() {
        return !ingressClosed;
    }

    /** Whether what the VM sent through this host's queue is forwarded, not decided. */
    boolean isEgressClosed() {
        return egressClosed;
    }

    /** Not from the moment on at which the destination may have steered the queue back: what it had comes first. */
    boolean readsPort() {
        return !isAskedBack && !egressReturned;
    }

    /** An answer of this host's firewall may not leave by this uplink any more: the fabric would learn the MAC here. */
    boolean emitsThroughTunnel() {
        return egressClosed;
    }

    void forwardFromPort(Burst frames) {
        for (int i = 0; i < frames.count(); i++) {
            forward(FrameKind.OUT, frames, i);
        }
    }

    /**
     * To the destination. Until the seal it is kept here, so that nothing is lost if the destination vanishes, and so it is
     * when the destination has given up.
     */
    void forward(FrameKind kind, Burst frames, int index) {
        TunnelMessage.Frame frame = Tunnel.frame(kind, target.epoch(), frames, index);
        if (isSealed && !egressReturned) {
            forward(frame);
        } else {
            keep(frame, pending);
        }
    }

    private void forward(TunnelMessage.Frame frame) {
        if (tunnel != null && tunnel.sendFrame(frame)) {
            forwardedFrames++;
            vnic.count(VnicCounter.TUNNEL_SENT);
        } else {
            vnic.count(VnicCounter.TUNNEL_DROPPED);
        }
    }

    private void keep(TunnelMessage.Frame frame, ArrayDeque<TunnelMessage.Frame> where) {
        if (keptBytes + frame.bytes().byteSize() > loop.limits().holdBytesPerVnic()) {
            vnic.count(VnicCounter.HELD_DROPPED);
        } else {
            keptBytes += frame.bytes().byteSize();
            where.add(frame);
        }
    }

    void noteGroupFrame(Burst frames, int index) {
        if (egressClosed && !ledger.note(GroupLedger.hash(frames, index))) {
            vnic.count(VnicCounter.LEDGER_FULL);
        }
    }

    // ---- orders

    /** Enforces here again under {@code newEpoch}; a second order shares the first one's result. */
    CompletableFuture<Vnic> reclaim(long newEpoch) {
        if (phase == Phase.GRACE || phase == Phase.LAST_DRAIN || phase == Phase.AWAITING_HOME || phase == Phase.ENDED) {
            return CompletableFuture.failedFuture(
                    new DataPathException(Reason.WRONG_MODE, vnic.id() + " is being released here"));
        }
        reclaimEpoch = Math.max(reclaimEpoch, newEpoch);
        if (phase.compareTo(Phase.RECLAIM_EGRESS) < 0) {
            beginReclaim(new DataPathException(Reason.WRONG_MODE, vnic.id() + " was reclaimed by its source"));
        }
        return reclaimed;
    }

    /** Forwards what comes late, closes the port, and completes when the destination has the VM's queue for itself. */
    CompletableFuture<@Nullable Void> release() {
        if (phase == Phase.SEALED) {
            enter(Phase.GRACE);
            deadlineNanos = loop.now() + loop.limits().releaseGraceNanos();
        } else if (phase != Phase.GRACE && phase != Phase.LAST_DRAIN) {
            return CompletableFuture.failedFuture(
                    new DataPathException(Reason.WRONG_MODE, vnic.id() + " is being cut over or reclaimed"));
        }
        return released;
    }

    @Override
    public void abandon() {
        enter(Phase.ENDED);
        loop.end(this);
        breakOff();
        DataPathException closed = new DataPathException(Reason.CLOSED, vnic.id() + " was closed");
        sealed.completeExceptionally(closed);
        reclaimed.completeExceptionally(closed);
        released.completeExceptionally(closed);
    }

    @Override
    public void breakOff() {
        if (tunnel != null) {
            tunnel.abort();
        }
    }

    // ---- connecting

    private void connected(Tunnel opened) {
        if (phase != Phase.CONNECTING) {
            opened.abort();
            return;
        }
        tunnel = opened;
        // The fabric must know the MAC here: a flooded frame would reach both hosts.
        loop.hostSwitch().announce(vnic);
        freezeStartNanos = loop.now();
        vnic.setMode(VnicMode.CUTTING);
        vnic.port.steerTo(target.queueIndex());
        vnic.port.requestDrain();
        enter(Phase.DRAINING_EGRESS);
    }

    private void notConnected(IOException failed) {
        if (phase == Phase.CONNECTING) {
            cause = new DataPathException(
                    Reason.TUNNEL, "no tunnel to " + target.tunnel() + ": " + failed.getMessage(), failed);
            endEnforcing();
        }
    }

    // ---- steps

    @Override
    public boolean step(long nowNanos) {
        Phase before = phase;
        boolean worked = readTunnel();
        advance();
        if (phase == before && phase != Phase.ENDED && hasDeadline() && nowNanos - deadlineNanos >= 0) {
            timeOut();
        }
        return worked || phase != before;
    }

    private void advance() {
        switch (phase) {
            case DRAINING_EGRESS -> {
                if (vnic.port.isDrained()) {
                    egressClosed = true;
                    ticket = loop.drainUplink();
                    enter(Phase.FLUSHING_EGRESS);
                }
            }
            case FLUSHING_EGRESS -> {
                if (loop.isUplinkDrained(ticket)) {
                    send(new TunnelMessage.EgressDrained());
                    enter(Phase.AWAITING_LEARNED);
                }
            }
            case DRAINING_INGRESS -> {
                if (loop.isUplinkDrained(ticket)) {
                    ingressClosed = true;
                    loop.hostSwitch().flush();
                    vnic.port.requestDrain();
                    enter(Phase.FLUSHING_INGRESS);
                }
            }
            case FLUSHING_INGRESS -> {
                if (vnic.port.isDrained()) {
                    seal();
                }
            }
            case LAST_DRAIN -> {
                if (vnic.port.isDrained()) {
                    closePort();
                }
            }
            case RECLAIM_EGRESS -> {
                if (vnic.port.isDrained()) {
                    askBack();
                }
            }
            case RECLAIM_DRAINING -> {
                if (loop.isUplinkDrained(ticket)) {
                    learnAgain();
                }
            }
            case RECLAIM_LEARNING -> {
                if (loop.isUplinkDrained(ticket)) {
                    send(new TunnelMessage.ReclaimLearned());
                    enter(Phase.RECLAIM_RETURNING);
                }
            }
            case CONNECTING,
                    AWAITING_LEARNED,
                    SEALED,
                    GRACE,
                    AWAITING_HOME,
                    RECLAIM_ASKED,
                    RECLAIM_RETURNING,
                    ENDED -> {
                // They wait for a message, an order or their time.
            }
        }
    }

    private void seal() {
        long now = loop.now();
        TableSnapshot table = vnic.engine.exportTable(now);
        isSealed = true;
        vnic.setMode(VnicMode.SEALED);
        while (!pending.isEmpty()) {
            forward(pending.remove());
        }
        keptBytes = 0;
        send(new TunnelMessage.Sealed(forwardedFrames, ledger.hashes()));
        enter(Phase.SEALED);
        sealed.complete(new SealedVnic(table, vnic.engine.revision(), forwardedFrames, now - freezeStartNanos));
    }

    private void closePort() {
        enter(Phase.AWAITING_HOME);
        loop.remove(vnic);
        vnic.source = null;
        vnic.close();
        if (tunnel == null) {
            endReleased();
            return;
        }
        // Only now: the destination takes over the queue index that the closed queue had.
        send(new TunnelMessage.Released());
        tunnel.closeWhenSent();
    }

    private void endReleased() {
        enter(Phase.ENDED);
        loop.end(this);
        released.complete(null);
    }

    // ---- what the destination says

    private boolean readTunnel() {
        if (tunnel == null) {
            return false;
        }
        boolean worked = false;
        TunnelMessage message = tunnel.poll();
        while (message != null && phase != Phase.ENDED) {
            worked = true;
            take(message);
            message = tunnel.poll();
        }
        if (phase != Phase.ENDED && tunnel.isEnded()) {
            worked = true;
            tunnelEnded();
        }
        return worked;
    }

    private void take(TunnelMessage message) {
        switch (message) {
            case TunnelMessage.UplinkLearned()
            when phase == Phase.AWAITING_LEARNED -> {
                ticket = loop.drainUplink();
                enter(Phase.DRAINING_INGRESS);
            }
            case TunnelMessage.Leaving() -> leaving();
            case TunnelMessage.EgressReturned() -> egressReturned();
            case TunnelMessage.ReclaimRefused() when phase == Phase.RECLAIM_ASKED -> refused();
            case TunnelMessage.Returned() -> {
                if (phase == Phase.RECLAIM_RETURNING) {
                    endEnforcing();
                }
            }
            case TunnelMessage.Frame frame -> takeBack(frame);
            case TunnelMessage.Hello _,
                    TunnelMessage.Welcome _,
                    TunnelMessage.EgressDrained _,
                    TunnelMessage.UplinkLearned _,
                    TunnelMessage.Sealed _,
                    TunnelMessage.Released _,
                    TunnelMessage.Reclaim _,
                    TunnelMessage.ReclaimRefused _,
                    TunnelMessage.ReclaimLearned _ -> {
                // Out of turn: crossed with an order that is under way here; nothing depends on it any more.
            }
        }
    }

    private void takeBack(TunnelMessage.Frame frame) {
        vnic.count(VnicCounter.TUNNEL_RECEIVED);
        keep(frame, returned);
    }

    private void egressReturned() {
        egressReturned = true;
        if (phase == Phase.RECLAIM_ASKED) {
            drainAgain();
        }
    }

    /** A sealed table waits for the authority's order; the destination waits for it, too. */
    private void leaving() {
        if (phase.compareTo(Phase.SEALED) < 0) {
            beginReclaim(new DataPathException(Reason.TUNNEL, "the destination of " + vnic.id() + " gave up"));
        }
    }

    private void refused() {
        DataPathException refusal =
                new DataPathException(Reason.WRONG_MODE, "the destination of " + vnic.id() + " enforces already");
        isAskedBack = false;
        enter(Phase.SEALED);
        CompletableFuture<Vnic> refused = reclaimed;
        reclaimed = new CompletableFuture<>();
        refused.completeExceptionally(refusal);
    }

    private void tunnelEnded() {
        breakOff();
        tunnel = null;
        switch (phase) {
            case DRAINING_EGRESS, FLUSHING_EGRESS, AWAITING_LEARNED, DRAINING_INGRESS, FLUSHING_INGRESS ->
                beginReclaim(new DataPathException(Reason.TUNNEL, "the tunnel of " + vnic.id() + " broke"));
            case AWAITING_HOME -> endReleased();
            case RECLAIM_EGRESS, RECLAIM_ASKED, RECLAIM_DRAINING, RECLAIM_LEARNING, RECLAIM_RETURNING -> endEnforcing();
            case SEALED -> {
                // The table waits for an order. Frames that come here now wait with it: the VM's in their queue.
                egressReturned = true;
            }
            case CONNECTING, GRACE, LAST_DRAIN, ENDED -> {
                // Being released: what comes late is counted as lost.
            }
        }
    }

    // ---- reclaiming

    private void beginReclaim(DataPathException why) {
        cause = why;
        reclaimEpoch = Math.max(reclaimEpoch, vnic.epoch());
        if (tunnel == null) {
            endEnforcing();
        } else if (egressReturned) {
            drainAgain();
        } else if (egressClosed) {
            askBack();
        } else {
            enter(Phase.RECLAIM_EGRESS);
        }
    }

    private void askBack() {
        egressClosed = true;
        isAskedBack = true;
        send(new TunnelMessage.Reclaim());
        enter(Phase.RECLAIM_ASKED);
    }

    private void drainAgain() {
        ticket = loop.drainUplink();
        enter(Phase.RECLAIM_DRAINING);
    }

    private void learnAgain() {
        vnic.setMode(VnicMode.HOLDING);
        announce();
        ticket = loop.drainUplink();
        enter(Phase.RECLAIM_LEARNING);
    }

    private void announce() {
        announced = true;
        loop.hostSwitch().announce(vnic);
    }

    /** The vNIC enforces here again: what came back, then what was held, then live frames. */
    private void endEnforcing() {
        boolean hadCut = phase != Phase.CONNECTING;
        enter(Phase.ENDED);
        loop.end(this);
        vnic.source = null;
        vnic.raiseEpoch(reclaimEpoch);
        vnic.setMode(VnicMode.ENFORCING);
        if (hadCut) {
            vnic.port.steerTo(OWN_QUEUE);
            if (!announced) {
                announce();
            }
            replayReturned();
        }
        if (tunnel != null) {
            tunnel.closeWhenSent();
        }
        sealed.completeExceptionally(
                cause != null ? cause : new DataPathException(Reason.TUNNEL, vnic.id() + " was not cut over"));
        reclaimed.complete(vnic);
        released.completeExceptionally(
                new DataPathException(Reason.WRONG_MODE, vnic.id() + " was reclaimed by its source"));
    }

    private void replayReturned() {
        for (TunnelMessage.Frame frame : returned) {
            if (frame.kind() == FrameKind.IN) {
                GroupLedger.noteReturned(returnedGroups, frame);
            }
        }
        FrameReplay.tunnelled(loop, vnic, pending);
        FrameReplay.tunnelled(loop, vnic, returned);
        FrameReplay.held(loop, vnic, returnedGroups);
    }

    // ---- time

    private void timeOut() {
        switch (phase) {
            case CONNECTING -> {
                cause = new DataPathException(Reason.TIMEOUT, "no tunnel to " + target.tunnel() + " in time");
                endEnforcing();
            }
            case DRAINING_EGRESS, FLUSHING_EGRESS, AWAITING_LEARNED, DRAINING_INGRESS, FLUSHING_INGRESS ->
                beginReclaim(new DataPathException(
                        Reason.TIMEOUT, "the cut-over of " + vnic.id() + " stood still in " + phase));
            case GRACE -> {
                if (tunnel == null) {
                    closePort();
                } else {
                    vnic.port.requestDrain();
                    enter(Phase.LAST_DRAIN);
                }
            }
            case LAST_DRAIN -> closePort();
            case AWAITING_HOME -> endReleased();
            case RECLAIM_EGRESS, RECLAIM_ASKED, RECLAIM_DRAINING, RECLAIM_LEARNING, RECLAIM_RETURNING -> endEnforcing();
            case SEALED, ENDED -> {
                // No time limit.
            }
        }
    }

    private void enter(Phase next) {
        phase = next;
        deadlineNanos = loop.now() + loop.limits().stepTimeoutNanos();
    }

    private boolean hasDeadline() {
        return phase != Phase.SEALED && phase != Phase.ENDED;
    }

    @Override
    public long waitNanos(long nowNanos) {
        return hasDeadline() ? Math.max(0, deadlineNanos - nowNanos) : Long.MAX_VALUE;
    }

    @Override
    public boolean isDraining() {
        return switch (phase) {
            case DRAINING_EGRESS,
                    FLUSHING_EGRESS,
                    DRAINING_INGRESS,
                    FLUSHING_INGRESS,
                    LAST_DRAIN,
                    RECLAIM_EGRESS,
                    RECLAIM_DRAINING,
                    RECLAIM_LEARNING -> true;
            case CONNECTING, AWAITING_LEARNED, SEALED, GRACE, AWAITING_HOME, RECLAIM_ASKED, RECLAIM_RETURNING, ENDED ->
                false;
        };
    }

    private void send(TunnelMessage marker) {
        if (tunnel != null) {
            tunnel.send(marker);
        }
    }
}
