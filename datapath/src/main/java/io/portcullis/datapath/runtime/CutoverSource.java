package io.portcullis.datapath.runtime;

import io.portcullis.datapath.port.Burst;
import io.portcullis.datapath.runtime.DataPathException.Reason;
import io.portcullis.datapath.runtime.TunnelMessage.FrameKind;
import io.portcullis.datapath.track.TableCodec;
import io.portcullis.datapath.track.TableSnapshot;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The source's side of a cut-over, from the order to cut until the vNIC is released or enforces here again; its states and
 * transitions are {@link SourcePhase}. A destination that does not answer a reclaim within the step's time is taken for gone; what is
 * sealed is then taken back only if the order says so: who gives it has the authority.
 */
final class CutoverSource implements Procedure {
    /** Index of the source's queue while the destination's is attached, too. */
    private static final int OWN_QUEUE = 0;

    /** So much of a table goes through the tunnel. */
    static final int MAX_TUNNELLED_STATE_BYTES = 1 << 20;

    /** Bound on what the rest of a table takes, per connection. */
    private static final long NANOS_PER_ENTRY = 10_000;

    private final Loop loop;
    private final Vnic vnic;
    private final CutoverTarget target;
    private final CompletableFuture<SealedVnic> sealed = new CompletableFuture<>();
    private final CompletableFuture<@Nullable Void> released = new CompletableFuture<>();
    private final CutoverSide<SourcePhase> side;
    private final TunnelEnd tunnel;
    private final SourceFrames frames;
    private final SourceReclaim reclaim;

    private long freezeStartNanos;
    private boolean egressClosed;
    private boolean ingressClosed;
    private boolean isSealed;
    private @Nullable DataPathException cause;

    CutoverSource(Loop loop, Vnic vnic, CutoverTarget target) {
        this.loop = loop;
        this.vnic = vnic;
        this.target = target;
        this.side = new CutoverSide<>(loop, vnic, SourcePhase.CONNECTING);
        this.tunnel = side.tunnel;
        this.frames =
                new SourceFrames(vnic, tunnel, target.epoch(), loop.limits().holdBytesPerVnic());
        this.reclaim = new SourceReclaim(side, this::endEnforcing, this::endUnheard);
    }

    /** Starts to connect; the vNIC enforces meanwhile. */
    void start() {
        side.enter(SourcePhase.CONNECTING);
        long timeoutNanos = loop.limits().stepTimeoutNanos();
        TunnelMessage.Hello hello = new TunnelMessage.Hello(vnic.id(), target.token());
        Thread.ofPlatform().daemon().name("tunnel-connect").start(() -> {
            try {
                Tunnel opened = Tunnel.connect(
                        target.tunnel(),
                        loop.tunnelSecurity(),
                        hello,
                        timeoutNanos,
                        loop.limits().tunnelQueueBytes(),
                        loop::wakeUp);
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
        return egressClosed || reclaim.closesEgress();
    }

    /** Not from the moment on at which the destination may have steered the queue back: what it had comes first. */
    boolean readsPort() {
        return !reclaim.mayHaveQueueBack();
    }

    /** An answer of this host's firewall may not leave by this uplink any more: the fabric would learn the MAC here. */
    boolean emitsThroughTunnel() {
        return isEgressClosed();
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
        if (isSealed && !reclaim.hasEgressReturned()) {
            frames.forward(kind, burst, index);
        } else {
            frames.keepPending(kind, burst, index);
        }
    }

    void noteGroupFrame(Burst burst, int index) {
        if (isEgressClosed()) {
            frames.noteGroupFrame(burst, index);
        }
    }

    // ---- orders

    /**
     * Enforces here again under {@code newEpoch}; a second order shares the first one's result.
     *
     * @param unheard whether also without a word of the destination, which may enforce what is sealed here
     */
    CompletableFuture<Vnic> reclaim(long newEpoch, boolean unheard) {
        if (side.phase().isRelease() || side.phase() == SourcePhase.ENDED) {
            return CompletableFuture.failedFuture(
                    new DataPathException(Reason.WRONG_MODE, vnic.id() + " is being released here"));
        }
        CompletableFuture<Vnic> result = reclaim.order(newEpoch, unheard);
        if (!side.phase().isReclaim()) {
            takeBack(new DataPathException(Reason.WRONG_MODE, vnic.id() + " was reclaimed by its source"));
        }
        return result;
    }

    private void takeBack(DataPathException why) {
        cause = why;
        reclaim.begin(egressClosed);
    }

    /** Forwards what comes late, closes the port, and completes when the destination has the VM's queue for itself. */
    CompletableFuture<@Nullable Void> release() {
        if (side.phase() == SourcePhase.SEALED) {
            side.enter(SourcePhase.GRACE, loop.limits().releaseGraceNanos());
        } else if (!side.phase().isRelease()) {
            return CompletableFuture.failedFuture(
                    new DataPathException(Reason.WRONG_MODE, vnic.id() + " is being cut over or reclaimed"));
        }
        return released;
    }

    @Override
    public void abandon() {
        side.enter(SourcePhase.ENDED);
        loop.end(this);
        breakOff();
        DataPathException closed = new DataPathException(Reason.CLOSED, vnic.id() + " was closed");
        sealed.completeExceptionally(closed);
        reclaim.result().completeExceptionally(closed);
        released.completeExceptionally(closed);
    }

    @Override
    public void breakOff() {
        tunnel.breakOff();
    }

    // ---- connecting

    private void connected(Tunnel opened) {
        if (side.phase() != SourcePhase.CONNECTING) {
            opened.abort();
            return;
        }
        tunnel.open(opened);
        // The fabric must know the MAC here: a flooded frame would reach both hosts. It is told anew by a reclaim, if
        // any.
        loop.hostSwitch().announce(vnic);
        freezeStartNanos = loop.now();
        vnic.setMode(VnicMode.CUTTING);
        vnic.port.steerTo(target.queueIndex());
        vnic.port.requestDrain();
        side.enter(SourcePhase.DRAINING_EGRESS);
    }

    private void notConnected(IOException failed) {
        if (side.phase() == SourcePhase.CONNECTING) {
            cause = new DataPathException(
                    Reason.TUNNEL, "no tunnel to " + target.tunnel() + ": " + failed.getMessage(), failed);
            endEnforcing();
        }
    }

    // ---- steps

    @Override
    public boolean step(long nowNanos) {
        SourcePhase before = side.phase();
        boolean worked = tunnel.read(this::take);
        if (tunnel.hasEnded()) {
            worked = true;
            tunnelEnded();
        }
        advance();
        if (side.phase() == before && side.isOverdue(nowNanos)) {
            timeOut();
        }
        return worked || side.phase() != before;
    }

    private void advance() {
        switch (side.phase()) {
            case DRAINING_EGRESS -> {
                if (vnic.port.isDrained()) {
                    egressClosed = true;
                    side.drainUplink();
                    side.enter(SourcePhase.FLUSHING_EGRESS);
                }
            }
            case FLUSHING_EGRESS -> {
                if (side.isUplinkDrained()) {
                    tunnel.send(new TunnelMessage.EgressDrained());
                    side.enter(SourcePhase.AWAITING_LEARNED);
                }
            }
            case DRAINING_INGRESS -> {
                if (side.isUplinkDrained()) {
                    ingressClosed = true;
                    loop.hostSwitch().flush();
                    vnic.port.requestDrain();
                    side.enter(SourcePhase.FLUSHING_INGRESS);
                }
            }
            case FLUSHING_INGRESS -> {
                if (vnic.port.isDrained()) {
                    beginSeal();
                }
            }
            case LAST_DRAIN -> {
                if (vnic.port.isDrained()) {
                    closePort();
                }
            }
            case RECLAIM_EGRESS, RECLAIM_DRAINING, RECLAIM_LEARNING -> reclaim.advance();
            case CONNECTING,
                    AWAITING_LEARNED,
                    SEALING,
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

    /** From here on nothing changes in the table. */
    private void beginSeal() {
        vnic.engine.endOffload();
        OutgoingTable outgoing = vnic.outgoing == null
                ? new OutgoingTable(
                        loop, vnic, vnic.engine.beginExport(TableCodec.VERSION_WITHOUT_COLUMNS), loop.stateWorker())
                : vnic.outgoing;
        vnic.outgoing = outgoing;
        boolean isRest = outgoing.hasBegun();
        side.enter(SourcePhase.SEALING, loop.limits().stepTimeoutNanos() + outgoing.pending() * NANOS_PER_ENTRY);
        var _ = outgoing.rest().whenComplete((rest, failure) -> {
            if (side.phase() == SourcePhase.SEALING && rest != null) {
                seal(rest, isRest);
            } else if (side.phase() == SourcePhase.SEALING) {
                takeBack(new DataPathException(Reason.WRONG_MODE, "the table of " + vnic.id() + " was not exported"));
            }
        });
    }

    private void seal(TableSnapshot table, boolean isRest) {
        long now = loop.now();
        vnic.endExport();
        isSealed = true;
        vnic.setMode(VnicMode.SEALED);
        TunnelMessage.Sealed marker = frames.seal(sendState(table, isRest, now - freezeStartNanos));
        tunnel.send(marker);
        side.enter(SourcePhase.SEALED);
        sealed.complete(new SealedVnic(
                table, isRest, vnic.engine.revision(), marker.forwardedFrames(), now - freezeStartNanos));
    }

    /** The destination may go on at once with what comes this way; what is much goes another one, beside frames that wait. */
    private TunnelMessage.@Nullable SealedState sendState(TableSnapshot table, boolean isRest, long freezeNanos) {
        if (table.bytes() > MAX_TUNNELLED_STATE_BYTES) {
            return null;
        }
        table.chunks().forEach(chunk -> tunnel.send(new TunnelMessage.State(chunk)));
        return new TunnelMessage.SealedState(
                table.entries(), table.digest(), isRest, vnic.engine.revision(), freezeNanos);
    }

    private void closePort() {
        side.enter(SourcePhase.AWAITING_HOME);
        loop.remove(vnic);
        vnic.source = null;
        vnic.close();
        if (!tunnel.isOpen()) {
            endReleased();
            return;
        }
        // Only now: the destination takes over the queue index that the closed queue had.
        tunnel.send(new TunnelMessage.Released());
        tunnel.finishSending();
    }

    private void endReleased() {
        side.enter(SourcePhase.ENDED);
        loop.end(this);
        released.complete(null);
    }

    /** The vNIC enforces here again: what came back, then what was held, then live frames. */
    private void endEnforcing() {
        boolean hadCut = side.phase() != SourcePhase.CONNECTING;
        side.enter(SourcePhase.ENDED);
        loop.end(this);
        vnic.source = null;
        vnic.endExport();
        vnic.raiseEpoch(reclaim.epoch());
        vnic.setMode(VnicMode.ENFORCING);
        if (hadCut) {
            vnic.port.steerTo(OWN_QUEUE);
            if (!side.hasAnnounced()) {
                side.announce();
            }
            frames.replay(loop);
        }
        tunnel.close();
        sealed.completeExceptionally(
                cause != null ? cause : new DataPathException(Reason.TUNNEL, vnic.id() + " was not cut over"));
        reclaim.result().complete(vnic);
        released.completeExceptionally(
                new DataPathException(Reason.WRONG_MODE, vnic.id() + " was reclaimed by its source"));
    }

    /** The destination has said nothing, and never will: it may have begun to enforce what is sealed. */
    private void endUnheard() {
        if (isSealed && reclaim.needsWord()) {
            tunnel.abort();
            side.enter(SourcePhase.SEALED);
            reclaim.onUnheard();
        } else {
            endEnforcing();
        }
    }

    // ---- what the destination says

    private void take(TunnelMessage message) {
        switch (message) {
            case TunnelMessage.UplinkLearned()
            when side.phase() == SourcePhase.AWAITING_LEARNED -> {
                side.drainUplink();
                side.enter(SourcePhase.DRAINING_INGRESS);
            }
            case TunnelMessage.Leaving() -> leaving();
            case TunnelMessage.EgressReturned() -> reclaim.onEgressReturned();
            case TunnelMessage.ReclaimRefused() -> reclaim.onRefused();
            case TunnelMessage.Returned() -> reclaim.onReturned();
            case TunnelMessage.Frame frame -> frames.takeBack(frame);
            case TunnelMessage.Hello _,
                    TunnelMessage.Welcome _,
                    TunnelMessage.EgressDrained _,
                    TunnelMessage.UplinkLearned _,
                    TunnelMessage.State _,
                    TunnelMessage.Sealed _,
                    TunnelMessage.Released _,
                    TunnelMessage.Reclaim _,
                    TunnelMessage.ReclaimLearned _ -> {
                // Out of turn: crossed with an order that is under way here; nothing depends on it any more.
            }
        }
    }

    /** A sealed table waits for the authority's order; the destination waits for it, too. */
    private void leaving() {
        if (side.phase().isCut()) {
            takeBack(new DataPathException(Reason.TUNNEL, "the destination of " + vnic.id() + " gave up"));
        }
    }

    private void tunnelEnded() {
        tunnel.abort();
        SourcePhase phase = side.phase();
        if (phase.isCut()) {
            takeBack(new DataPathException(Reason.TUNNEL, "the tunnel of " + vnic.id() + " broke"));
        } else if (phase.isReclaim()) {
            endUnheard();
        } else if (phase == SourcePhase.AWAITING_HOME) {
            endReleased();
        } else if (phase == SourcePhase.SEALED) {
            // The table waits for an order. Frames that come here now wait with it: the VM's in their queue.
            reclaim.onDestinationGone();
        }
        // Else it is being released: what comes late is counted as lost.
    }

    // ---- time

    private void timeOut() {
        switch (side.phase()) {
            case CONNECTING -> {
                cause = new DataPathException(Reason.TIMEOUT, "no tunnel to " + target.tunnel() + " in time");
                endEnforcing();
            }
            case DRAINING_EGRESS, FLUSHING_EGRESS, AWAITING_LEARNED, DRAINING_INGRESS, FLUSHING_INGRESS, SEALING ->
                takeBack(new DataPathException(
                        Reason.TIMEOUT, "the cut-over of " + vnic.id() + " stood still in " + side.phase()));
            case GRACE -> {
                if (tunnel.isOpen()) {
                    vnic.port.requestDrain();
                    side.enter(SourcePhase.LAST_DRAIN);
                } else {
                    closePort();
                }
            }
            case LAST_DRAIN -> closePort();
            case AWAITING_HOME -> endReleased();
            case RECLAIM_EGRESS, RECLAIM_ASKED, RECLAIM_DRAINING, RECLAIM_LEARNING, RECLAIM_RETURNING -> endUnheard();
            case SEALED, ENDED -> {
                // No time limit.
            }
        }
    }

    @Override
    public long waitNanos(long nowNanos) {
        return side.waitNanos(nowNanos);
    }

    @Override
    public boolean isDraining() {
        return side.phase().drains();
    }
}
