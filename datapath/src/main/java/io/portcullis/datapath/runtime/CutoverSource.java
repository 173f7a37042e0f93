package io.portcullis.datapath.runtime;

import io.portcullis.datapath.port.Burst;
import io.portcullis.datapath.runtime.DataPathException.Reason;
import io.portcullis.datapath.runtime.TunnelMessage.FrameKind;
import io.portcullis.datapath.track.TableSnapshot;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The source's side of a cut-over, from the order to cut until the vNIC is released or enforces here again; its states and
 * transitions are {@link SourcePhase}. A destination that does not answer a reclaim within the step's time is taken for gone:
 * who orders it has the authority.
 */
final class CutoverSource implements Procedure {
    /** Index of the source's queue while the destination's is attached, too. */
    private static final int OWN_QUEUE = 0;

    private final Loop loop;
    private final Vnic vnic;
    private final CutoverTarget target;
    private final CompletableFuture<SealedVnic> sealed = new CompletableFuture<>();
    private CompletableFuture<Vnic> reclaimed = new CompletableFuture<>();
    private final CompletableFuture<@Nullable Void> released = new CompletableFuture<>();
    private final SourceFrames frames;

    private SourcePhase phase = SourcePhase.CONNECTING;
    private long deadlineNanos;
    private long ticket;
    private long freezeStartNanos;
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
        this.frames = new SourceFrames(vnic, target.epoch(), loop.limits().holdBytesPerVnic());
    }

    /** Starts to connect; the vNIC enforces meanwhile. */
    void start() {
        enter(SourcePhase.CONNECTING);
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

    void forwardFromPort(Burst burst) {
        for (int i = 0; i < burst.count(); i++) {
            forward(FrameKind.OUT, burst, i);
        }
    }

    /**
     * To the destination. Until the seal it is kept here, so that nothing is lost if the destination vanishes, and so it is
     * when the destination has given up.
     */
    void forward(FrameKind kind, Burst burst, int index) {
        if (isSealed && !egressReturned) {
            frames.forward(tunnel, kind, burst, index);
        } else {
            frames.keepPending(kind, burst, index);
        }
    }

    void noteGroupFrame(Burst burst, int index) {
        if (egressClosed) {
            frames.noteGroupFrame(burst, index);
        }
    }

    // ---- orders

    /** Enforces here again under {@code newEpoch}; a second order shares the first one's result. */
    CompletableFuture<Vnic> reclaim(long newEpoch) {
        if (phase.isRelease() || phase == SourcePhase.ENDED) {
            return CompletableFuture.failedFuture(
                    new DataPathException(Reason.WRONG_MODE, vnic.id() + " is being released here"));
        }
        reclaimEpoch = Math.max(reclaimEpoch, newEpoch);
        if (!phase.isReclaim()) {
            beginReclaim(new DataPathException(Reason.WRONG_MODE, vnic.id() + " was reclaimed by its source"));
        }
        return reclaimed;
    }

    /** Forwards what comes late, closes the port, and completes when the destination has the VM's queue for itself. */
    CompletableFuture<@Nullable Void> release() {
        if (phase == SourcePhase.SEALED) {
            enter(SourcePhase.GRACE);
            deadlineNanos = loop.now() + loop.limits().releaseGraceNanos();
        } else if (!phase.isRelease()) {
            return CompletableFuture.failedFuture(
                    new DataPathException(Reason.WRONG_MODE, vnic.id() + " is being cut over or reclaimed"));
        }
        return released;
    }

    @Override
    public void abandon() {
        enter(SourcePhase.ENDED);
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
        if (phase != SourcePhase.CONNECTING) {
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
        enter(SourcePhase.DRAINING_EGRESS);
    }

    private void notConnected(IOException failed) {
        if (phase == SourcePhase.CONNECTING) {
            cause = new DataPathException(
                    Reason.TUNNEL, "no tunnel to " + target.tunnel() + ": " + failed.getMessage(), failed);
            endEnforcing();
        }
    }

    // ---- steps

    @Override
    public boolean step(long nowNanos) {
        SourcePhase before = phase;
        boolean worked = readTunnel();
        advance();
        if (phase == before && phase.hasTimeLimit() && nowNanos - deadlineNanos >= 0) {
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
                    enter(SourcePhase.FLUSHING_EGRESS);
                }
            }
            case FLUSHING_EGRESS -> {
                if (loop.isUplinkDrained(ticket)) {
                    send(new TunnelMessage.EgressDrained());
                    enter(SourcePhase.AWAITING_LEARNED);
                }
            }
            case DRAINING_INGRESS -> {
                if (loop.isUplinkDrained(ticket)) {
                    ingressClosed = true;
                    loop.hostSwitch().flush();
                    vnic.port.requestDrain();
                    enter(SourcePhase.FLUSHING_INGRESS);
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
                    enter(SourcePhase.RECLAIM_RETURNING);
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
        TunnelMessage.Sealed marker = frames.seal(tunnel);
        send(marker);
        enter(SourcePhase.SEALED);
        sealed.complete(
                new SealedVnic(table, vnic.engine.revision(), marker.forwardedFrames(), now - freezeStartNanos));
    }

    private void closePort() {
        enter(SourcePhase.AWAITING_HOME);
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
        enter(SourcePhase.ENDED);
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
        while (message != null && phase != SourcePhase.ENDED) {
            worked = true;
            take(message);
            message = tunnel.poll();
        }
        if (phase != SourcePhase.ENDED && tunnel.isEnded()) {
            worked = true;
            tunnelEnded();
        }
        return worked;
    }

    private void take(TunnelMessage message) {
        switch (message) {
            case TunnelMessage.UplinkLearned()
            when phase == SourcePhase.AWAITING_LEARNED -> {
                ticket = loop.drainUplink();
                enter(SourcePhase.DRAINING_INGRESS);
            }
            case TunnelMessage.Leaving() -> leaving();
            case TunnelMessage.EgressReturned() -> egressReturned();
            case TunnelMessage.ReclaimRefused() when phase == SourcePhase.RECLAIM_ASKED -> refused();
            case TunnelMessage.Returned() -> {
                if (phase == SourcePhase.RECLAIM_RETURNING) {
                    endEnforcing();
                }
            }
            case TunnelMessage.Frame frame -> frames.takeBack(frame);
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

    private void egressReturned() {
        egressReturned = true;
        if (phase == SourcePhase.RECLAIM_ASKED) {
            drainAgain();
        }
    }

    /** A sealed table waits for the authority's order; the destination waits for it, too. */
    private void leaving() {
        if (phase.isCut()) {
            beginReclaim(new DataPathException(Reason.TUNNEL, "the destination of " + vnic.id() + " gave up"));
        }
    }

    private void refused() {
        DataPathException refusal =
                new DataPathException(Reason.WRONG_MODE, "the destination of " + vnic.id() + " enforces already");
        isAskedBack = false;
        enter(SourcePhase.SEALED);
        CompletableFuture<Vnic> refused = reclaimed;
        reclaimed = new CompletableFuture<>();
        refused.completeExceptionally(refusal);
    }

    private void tunnelEnded() {
        breakOff();
        tunnel = null;
        if (phase.isCut()) {
            beginReclaim(new DataPathException(Reason.TUNNEL, "the tunnel of " + vnic.id() + " broke"));
        } else if (phase.isReclaim()) {
            endEnforcing();
        } else if (phase == SourcePhase.AWAITING_HOME) {
            endReleased();
        } else if (phase == SourcePhase.SEALED) {
            // The table waits for an order. Frames that come here now wait with it: the VM's in their queue.
            egressReturned = true;
        }
        // Else it is being released: what comes late is counted as lost.
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
            enter(SourcePhase.RECLAIM_EGRESS);
        }
    }

    private void askBack() {
        egressClosed = true;
        isAskedBack = true;
        send(new TunnelMessage.Reclaim());
        enter(SourcePhase.RECLAIM_ASKED);
    }

    private void drainAgain() {
        ticket = loop.drainUplink();
        enter(SourcePhase.RECLAIM_DRAINING);
    }

    private void learnAgain() {
        vnic.setMode(VnicMode.HOLDING);
        announce();
        ticket = loop.drainUplink();
        enter(SourcePhase.RECLAIM_LEARNING);
    }

    private void announce() {
        announced = true;
        loop.hostSwitch().announce(vnic);
    }

    /** The vNIC enforces here again: what came back, then what was held, then live frames. */
    private void endEnforcing() {
        boolean hadCut = phase != SourcePhase.CONNECTING;
        enter(SourcePhase.ENDED);
        loop.end(this);
        vnic.source = null;
        vnic.raiseEpoch(reclaimEpoch);
        vnic.setMode(VnicMode.ENFORCING);
        if (hadCut) {
            vnic.port.steerTo(OWN_QUEUE);
            if (!announced) {
                announce();
            }
            frames.replay(loop);
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
                    enter(SourcePhase.LAST_DRAIN);
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

    private void enter(SourcePhase next) {
        phase = next;
        deadlineNanos = loop.now() + loop.limits().stepTimeoutNanos();
    }

    @Override
    public long waitNanos(long nowNanos) {
        return phase.hasTimeLimit() ? Math.max(0, deadlineNanos - nowNanos) : Long.MAX_VALUE;
    }

    @Override
    public boolean isDraining() {
        return phase.drains();
    }

    private void send(TunnelMessage marker) {
        if (tunnel != null) {
            tunnel.send(marker);
        }
    }
}
