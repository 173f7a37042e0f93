package io.portcullis.datapath.runtime;

import io.portcullis.datapath.port.Burst;
import io.portcullis.datapath.runtime.DataPathException.Reason;
import io.portcullis.datapath.runtime.TunnelMessage.FrameKind;
import io.portcullis.datapath.track.TableSnapshot;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The destination's side of a cut-over, from the expectation until the source has closed its queue or got everything back; its
 * states and transitions are {@link DestinationPhase}.
 */
final class CutoverDestination implements Procedure {
    /** Index of the destination's queue while the source's is attached, too. */
    static final int QUEUE = 1;

    private static final int SOURCE_QUEUE = 0;
    private static final String ORDERS_AWAITED = "told to wait for orders";

    private final Loop loop;
    private final Vnic vnic;
    private final CompletableFuture<@Nullable Void> released = new CompletableFuture<>();
    private final CutoverSide<DestinationPhase> side;
    private final TunnelEnd tunnel;
    private final DestinationFrames frames;

    private long egressKnownNanos;
    private boolean isReleasing;
    private TunnelMessage.@Nullable Sealed sealed;
    private @Nullable CompletableFuture<ActivationReport> activation;
    private long awaitedFrames;
    private long activationDeadlineNanos;

    private final ArmedTable armed;

    CutoverDestination(Loop loop, Vnic vnic) {
        this.loop = loop;
        this.vnic = vnic;
        this.side = new CutoverSide<>(loop, vnic, DestinationPhase.EXPECTING);
        this.tunnel = side.tunnel;
        this.frames = new DestinationFrames(loop, vnic, tunnel);
        this.armed = new ArmedTable(loop, vnic, this);
        this.egressKnownNanos = vnic.attachedNanos;
    }

    /** Whether a new expectation may take this one's place: no source has come, or it is all over. */
    boolean isReplaceable() {
        return side.phase() == DestinationPhase.EXPECTING || side.phase() == DestinationPhase.ENDED;
    }

    /** Whether the VM's frames in this host's queue are sent back to the source. */
    boolean drainsPort() {
        return side.phase().isReturn();
    }

    void returnFromPort(Burst burst) {
        frames.returnAll(FrameKind.OUT, burst);
    }

    // ---- orders

    /** A tunnel that showed this vNIC's token. */
    void accept(Tunnel opened) {
        if (side.phase() != DestinationPhase.EXPECTING) {
            opened.abort();
            return;
        }
        try {
            opened.start();
        } catch (IOException broken) {
            opened.abort();
            return;
        }
        tunnel.open(opened);
        tunnel.send(new TunnelMessage.Welcome());
        side.enter(DestinationPhase.CONNECTED);
    }

    /**
     * Enforces as soon as the source has sealed and {@code forwardedFrames} have come, and with it all vNICs that come with it, once each
     * of them has its order and can; within the step's time or not at all.
     */
    CompletableFuture<ActivationReport> activate(long forwardedFrames) {
        if (activation != null) {
            return activation;
        }
        if (isReleasing || side.phase().isReturn()) {
            return CompletableFuture.failedFuture(
                    new DataPathException(Reason.WRONG_MODE, vnic.id() + " goes back to its source"));
        }
        CompletableFuture<ActivationReport> result = new CompletableFuture<>();
        activation = result;
        awaitedFrames = forwardedFrames;
        activationDeadlineNanos = loop.now() + loop.limits().stepTimeoutNanos();
        tryActivate(loop.now());
        return result;
    }

    /** Enforces as soon as the source has sealed and all of the group have what they need; nobody is asked then. */
    CompletableFuture<SelfActivation> arm(ArmedGroup group) {
        if (isReleasing || side.phase().isReturn()) {
            return CompletableFuture.failedFuture(
                    new DataPathException(Reason.WRONG_MODE, vnic.id() + " goes back to its source"));
        }
        CompletableFuture<SelfActivation> result = armed.arm(group);
        tryArmed();
        return result;
    }

    /** It will not enforce by itself any more, if it does not yet. */
    void disarm(String why) {
        armed.disarm(why);
    }

    /** It enforces neither by itself nor by an order that was given before, if it does not yet. */
    void waitForOrders() {
        disarm(ORDERS_AWAITED);
        failActivation(new DataPathException(Reason.WRONG_MODE, vnic.id() + ": " + ORDERS_AWAITED));
    }

    /** Whether this very table is in force here already. */
    boolean hasTable(TableSnapshot rest) {
        return armed.hasTaken(rest);
    }

    /** Whether a release must first give back what the source has sent here. */
    boolean mustReturn() {
        return tunnel.isOpen()
                && side.phase() != DestinationPhase.ACTIVE
                && side.phase() != DestinationPhase.STEERING_HOME
                && side.phase() != DestinationPhase.ENDED;
    }

    /** Gives everything back to the source, then closes the vNIC. Call only if {@link #mustReturn()}. */
    CompletableFuture<@Nullable Void> release() {
        isReleasing = true;
        vnic.revoked = true;
        disarm("it is being released");
        failActivation(new DataPathException(Reason.WRONG_MODE, vnic.id() + " is being released"));
        if (!side.phase().isReturn()) {
            // The source may still have frames in its own queue that are older than those here: it says when.
            tunnel.send(new TunnelMessage.Leaving());
            side.enter(DestinationPhase.LEAVING);
        }
        return released;
    }

    @Override
    public void abandon() {
        side.enter(DestinationPhase.ENDED);
        loop.end(this);
        breakOff();
        DataPathException closed = new DataPathException(Reason.CLOSED, vnic.id() + " was closed");
        failActivation(closed);
        disarm("it was closed");
        released.completeExceptionally(closed);
    }

    @Override
    public void breakOff() {
        tunnel.breakOff();
    }

    // ---- steps

    @Override
    public boolean step(long nowNanos) {
        DestinationPhase before = side.phase();
        boolean worked = tunnel.read(this::take);
        if (tunnel.hasEnded()) {
            worked = true;
            tunnelEnded();
        }
        advance(nowNanos);
        if (activation != null) {
            tryActivate(nowNanos);
        }
        tryArmed();
        return worked || side.phase() != before;
    }

    private void advance(long nowNanos) {
        boolean late = side.isOverdue(nowNanos);
        switch (side.phase()) {
            case DISCARDING -> {
                if (side.isUplinkDrained()) {
                    hold();
                }
            }
            case LEARNING -> {
                if (side.isUplinkDrained()) {
                    tunnel.send(new TunnelMessage.UplinkLearned());
                    side.enter(DestinationPhase.READY);
                }
            }
            case STEERING_HOME -> {
                if (late) {
                    steerHome();
                }
            }
            case LEAVING -> {
                if (late) {
                    beginReturn();
                }
            }
            case RETURNING_EGRESS -> {
                if (late || (vnic.port.isDrained() && side.isUplinkDrained())) {
                    tunnel.send(new TunnelMessage.EgressReturned());
                    side.enter(DestinationPhase.AWAITING_LEARNED);
                }
            }
            case AWAITING_LEARNED -> {
                if (late) {
                    drainReturn();
                }
            }
            case RETURNING_INGRESS -> {
                if (side.isUplinkDrained() || late) {
                    endReturned();
                }
            }
            case EXPECTING, CONNECTED, READY, ACTIVE, ENDED -> {
                // They wait for a message or an order; the source has the time limits.
            }
        }
    }

    /** What the uplink had before was the source's to deliver. From here on it is ours. */
    private void hold() {
        vnic.setMode(VnicMode.HOLDING);
        side.announce();
        frames.sendDecided();
        side.drainUplink();
        side.enter(DestinationPhase.LEARNING);
    }

    // ---- what the source says

    private void take(TunnelMessage message) {
        switch (message) {
            case TunnelMessage.EgressDrained()
            when side.phase() == DestinationPhase.CONNECTED -> {
                egressKnownNanos = loop.now();
                side.drainUplink();
                side.enter(DestinationPhase.DISCARDING);
            }
            case TunnelMessage.State(byte[] chunk) -> armed.take(chunk);
            case TunnelMessage.Sealed marker -> sealed = marker;
            case TunnelMessage.Frame frame -> frames.take(frame, side.phase().isReturn());
            case TunnelMessage.Released() -> {
                if (side.phase() == DestinationPhase.ACTIVE) {
                    steerHome();
                    tunnel.close();
                }
            }
            case TunnelMessage.Reclaim() -> {
                if (isEnforcedHere()) {
                    tunnel.send(new TunnelMessage.ReclaimRefused());
                } else if (!side.phase().isReturn()) {
                    beginReturn();
                }
            }
            case TunnelMessage.ReclaimLearned() -> {
                if (side.phase() == DestinationPhase.AWAITING_LEARNED) {
                    drainReturn();
                }
            }
            case TunnelMessage.EgressDrained _,
                    TunnelMessage.Hello _,
                    TunnelMessage.Welcome _,
                    TunnelMessage.UplinkLearned _,
                    TunnelMessage.Leaving _,
                    TunnelMessage.ReclaimRefused _,
                    TunnelMessage.EgressReturned _,
                    TunnelMessage.Returned _ -> {
                // Out of turn: crossed with an order that is under way here; nothing depends on it any more.
            }
        }
    }

    private void tunnelEnded() {
        tunnel.close();
        disarm("the tunnel has ended");
        if (side.phase() == DestinationPhase.ACTIVE) {
            // Its process is gone; its queue goes with it, but perhaps not in this moment.
            side.enter(DestinationPhase.STEERING_HOME, loop.limits().releaseGraceNanos());
        } else if (isReleasing || side.phase().isReturn()) {
            endReturned();
        }
        // Else: the authority over the placement decides whether this side activates or is released.
    }

    /** The source's queue is closed, so this host's has its index. */
    private void steerHome() {
        vnic.port.steerTo(SOURCE_QUEUE);
        end();
    }

    private void end() {
        side.enter(DestinationPhase.ENDED);
        loop.end(this);
        if (vnic.destination == this) {
            vnic.destination = null;
        }
    }

    // ---- activation

    private void tryActivate(long nowNanos) {
        CompletableFuture<ActivationReport> result = activation;
        if (result == null) {
            return;
        }
        List<CutoverDestination> all = comesWith();
        if (all.stream().allMatch(one -> one.mayActivate(nowNanos))) {
            all.forEach(CutoverDestination::activateNow);
        } else if (isLate(nowNanos)) {
            failActivation(new DataPathException(
                    Reason.TIMEOUT,
                    mayActivate(nowNanos)
                            ? "another vNIC of VM " + vnic.id().vm() + " may not enforce yet"
                            : "the source of " + vnic.id() + " has not sealed; it enforces"));
        }
    }

    /** This one, and those that are cut over with it and do not enforce yet: a VM is enforced at one host. */
    private List<CutoverDestination> comesWith() {
        List<CutoverDestination> all = new ArrayList<>(List.of(this));
        for (Vnic other : loop.vnics()) {
            CutoverDestination there = other.destination;
            if (other != vnic && isOfTheSameMove(other) && there != null && there.isCut()) {
                all.add(there);
            }
        }
        return all;
    }

    /** Whether a source has come and nothing of it is decided yet. */
    private boolean isCut() {
        return switch (side.phase()) {
            case CONNECTED, DISCARDING, LEARNING, READY -> true;
            case EXPECTING,
                    ACTIVE,
                    STEERING_HOME,
                    LEAVING,
                    RETURNING_EGRESS,
                    AWAITING_LEARNED,
                    RETURNING_INGRESS,
                    ENDED -> false;
        };
    }

    private boolean isLate(long nowNanos) {
        return nowNanos - activationDeadlineNanos >= 0;
    }

    private boolean mayActivate(long nowNanos) {
        boolean sourceIsDone = !tunnel.isOpen() || (sealed != null && side.phase() == DestinationPhase.READY);
        return activation != null
                && sourceIsDone
                && (frames.received() >= awaitedFrames || isLate(nowNanos) || !tunnel.isOpen());
    }

    private void activateNow() {
        CompletableFuture<ActivationReport> result = activation;
        vnic.count(VnicCounter.FORWARDED_MISSING, Math.max(0, awaitedFrames - frames.received()));
        activation = null;
        ActivationReport report = enforce();
        if (result != null) {
            result.complete(report);
        }
    }

    private void tryArmed() {
        if (sealed != null && side.phase() == DestinationPhase.READY) {
            armed.proceed(sealed);
        }
    }

    ActivationReport enforce() {
        boolean hasSource = tunnel.isOpen();
        side.enter(DestinationPhase.ACTIVE);
        vnic.setMode(VnicMode.ENFORCING);
        if (!side.hasAnnounced()) {
            side.announce();
        }
        long held = frames.replay(new GroupLedger.Counts(sealed == null ? List.of() : sealed.groupFrames()));
        long pauseNanos = loop.now() - egressKnownNanos;
        if (!hasSource) {
            steerHome();
        }
        return new ActivationReport(held, frames.received(), vnic.counter(VnicCounter.HELD_DROPPED), pauseNanos);
    }

    private void failActivation(DataPathException why) {
        CompletableFuture<ActivationReport> result = activation;
        activation = null;
        if (result != null) {
            result.completeExceptionally(why);
        }
    }

    // ---- giving back

    /** A VM is enforced at one host: as soon as one of its vNICs is enforced here, none goes back any more. */
    private boolean isEnforcedHere() {
        for (Vnic other : loop.vnics()) {
            if (isOfTheSameMove(other) && other.mode() == VnicMode.ENFORCING) {
                return true;
            }
        }
        return false;
    }

    private boolean isOfTheSameMove(Vnic other) {
        return other.id().vm().equals(vnic.id().vm()) && other.epoch() == vnic.epoch();
    }

    /** As soon as one of a VM's vNICs goes back, none will be enforced here. */
    private void revoke() {
        vnic.revoked = true;
        failActivation(new DataPathException(Reason.WRONG_MODE, vnic.id() + " goes back to its source"));
        disarm("it goes back to its source");
    }

    private void beginReturn() {
        revoke();
        for (Vnic other : loop.vnics()) {
            if (isOfTheSameMove(other) && other.destination != null) {
                other.destination.revoke();
            }
        }
        frames.returnTunnelled();
        vnic.port.steerTo(SOURCE_QUEUE);
        vnic.port.requestDrain();
        // An announcement from here that is still under way must not reach the fabric after the source's.
        side.drainUplink();
        side.enter(DestinationPhase.RETURNING_EGRESS);
    }

    private void drainReturn() {
        side.drainUplink();
        side.enter(DestinationPhase.RETURNING_INGRESS);
    }

    private void endReturned() {
        frames.returnTunnelled();
        frames.returnHeld();
        vnic.setMode(VnicMode.PASSIVE);
        end();
        if (isReleasing) {
            loop.remove(vnic);
            vnic.close();
        }
        tunnel.send(new TunnelMessage.Returned());
        tunnel.close();
        released.complete(null);
    }

    // ---- time

    @Override
    public long waitNanos(long nowNanos) {
        long wait = side.waitNanos(nowNanos);
        return activation == null ? wait : Math.min(wait, Math.max(0, activationDeadlineNanos - nowNanos));
    }

    @Override
    public boolean isDraining() {
        return side.phase().drains();
    }
}
