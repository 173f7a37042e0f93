package io.portcullis.datapath.runtime;

import io.portcullis.datapath.port.Burst;
import io.portcullis.datapath.runtime.DataPathException.Reason;
import io.portcullis.datapath.runtime.TunnelMessage.FrameKind;
import java.io.IOException;
import java.util.ArrayDeque;
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

    private final Loop loop;
    private final Vnic vnic;
    private final ArrayDeque<TunnelMessage.Frame> tunnelled = new ArrayDeque<>();
    private final CompletableFuture<@Nullable Void> released = new CompletableFuture<>();

    private DestinationPhase phase = DestinationPhase.EXPECTING;
    private long deadlineNanos;
    private long ticket;
    private long tunnelledBytes;
    private long receivedFrames;
    private long egressKnownNanos;
    private boolean hasAnnounced;
    private boolean isReleasing;
    private @Nullable Tunnel tunnel;
    private TunnelMessage.@Nullable Sealed sealed;
    private @Nullable CompletableFuture<ActivationReport> activation;
    private long awaitedFrames;
    private long activationDeadlineNanos;

    CutoverDestination(Loop loop, Vnic vnic) {
        this.loop = loop;
        this.vnic = vnic;
        this.egressKnownNanos = vnic.attachedNanos;
    }

    /** Whether a new expectation may take this one's place: no source has come, or it is all over. */
    boolean isReplaceable() {
        return phase == DestinationPhase.EXPECTING || phase == DestinationPhase.ENDED;
    }

    /** Whether the VM's frames in this host's queue are sent back to the source. */
    boolean drainsPort() {
        return phase.isReturn();
    }

    void returnFromPort(Burst frames) {
        for (int i = 0; i < frames.count(); i++) {
            sendBack(FrameKind.OUT, frames, i);
        }
    }

    // ---- orders

    /** A tunnel that showed this vNIC's token. */
    void accept(Tunnel opened) {
        if (phase != DestinationPhase.EXPECTING) {
            opened.abort();
            return;
        }
        try {
            opened.start();
        } catch (IOException broken) {
            opened.abort();
            return;
        }
        tunnel = opened;
        opened.send(new TunnelMessage.Welcome());
        enter(DestinationPhase.CONNECTED);
    }

    /** Enforces as soon as the source has sealed and {@code forwardedFrames} have come; within the step's time or not at all. */
    CompletableFuture<ActivationReport> activate(long forwardedFrames) {
        if (activation != null) {
            return activation;
        }
        if (isReleasing || phase.isReturn()) {
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

    /** Whether a release must first give back what the source has sent here. */
    boolean mustReturn() {
        return tunnel != null
                && phase != DestinationPhase.ACTIVE
                && phase != DestinationPhase.STEERING_HOME
                && phase != DestinationPhase.ENDED;
    }

    /** Gives everything back to the source, then closes the vNIC. Call only if {@link #mustReturn()}. */
    CompletableFuture<@Nullable Void> release() {
        isReleasing = true;
        vnic.revoked = true;
        failActivation(new DataPathException(Reason.WRONG_MODE, vnic.id() + " is being released"));
        if (!phase.isReturn()) {
            // The source may still have frames in its own queue that are older than those here: it says when.
            send(new TunnelMessage.Leaving());
            enter(DestinationPhase.LEAVING);
        }
        return released;
    }

    @Override
    public void abandon() {
        enter(DestinationPhase.ENDED);
        loop.end(this);
        breakOff();
        DataPathException closed = new DataPathException(Reason.CLOSED, vnic.id() + " was closed");
        failActivation(closed);
        released.completeExceptionally(closed);
    }

    @Override
    public void breakOff() {
        if (tunnel != null) {
            tunnel.abort();
        }
    }

    // ---- steps

    @Override
    public boolean step(long nowNanos) {
        DestinationPhase before = phase;
        boolean worked = readTunnel();
        advance(nowNanos);
        if (activation != null) {
            tryActivate(nowNanos);
        }
        return worked || phase != before;
    }

    private void advance(long nowNanos) {
        boolean late = nowNanos - deadlineNanos >= 0;
        switch (phase) {
            case DISCARDING -> {
                if (loop.isUplinkDrained(ticket)) {
                    hold();
                }
            }
            case LEARNING -> {
                if (loop.isUplinkDrained(ticket)) {
                    send(new TunnelMessage.UplinkLearned());
                    enter(DestinationPhase.READY);
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
                if (late || (vnic.port.isDrained() && loop.isUplinkDrained(ticket))) {
                    send(new TunnelMessage.EgressReturned());
                    enter(DestinationPhase.AWAITING_LEARNED);
                }
            }
            case AWAITING_LEARNED -> {
                if (late) {
                    drainReturn();
                }
            }
            case RETURNING_INGRESS -> {
                if (loop.isUplinkDrained(ticket) || late) {
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
        announce();
        sendDecided();
        ticket = loop.drainUplink();
        enter(DestinationPhase.LEARNING);
    }

    private void announce() {
        hasAnnounced = true;
        loop.hostSwitch().announce(vnic);
    }

    /** Answers of the source's firewall may leave from here as soon as the fabric knows the MAC here. */
    private void sendDecided() {
        ArrayDeque<TunnelMessage.Frame> decided = new ArrayDeque<>();
        tunnelled.removeIf(frame -> frame.kind() == FrameKind.OUT_DECIDED && decided.add(frame));
        FrameReplay.tunnelled(loop, vnic, decided);
    }

    // ---- what the source says

    private boolean readTunnel() {
        if (tunnel == null) {
            return false;
        }
        boolean worked = false;
        TunnelMessage message = tunnel.poll();
        while (message != null) {
            worked = true;
            take(message);
            message = tunnel == null ? null : tunnel.poll();
        }
        if (tunnel != null && tunnel.isEnded()) {
            worked = true;
            tunnelEnded();
        }
        return worked;
    }

    private void take(TunnelMessage message) {
        switch (message) {
            case TunnelMessage.EgressDrained()
            when phase == DestinationPhase.CONNECTED -> {
                egressKnownNanos = loop.now();
                ticket = loop.drainUplink();
                enter(DestinationPhase.DISCARDING);
            }
            case TunnelMessage.Sealed marker -> sealed = marker;
            case TunnelMessage.Frame frame -> take(frame);
            case TunnelMessage.Released() -> {
                if (phase == DestinationPhase.ACTIVE) {
                    steerHome();
                    closeTunnel();
                }
            }
            case TunnelMessage.Reclaim() -> {
                if (vnic.mode() == VnicMode.ENFORCING) {
                    send(new TunnelMessage.ReclaimRefused());
                } else if (!phase.isReturn()) {
                    beginReturn();
                }
            }
            case TunnelMessage.ReclaimLearned() -> {
                if (phase == DestinationPhase.AWAITING_LEARNED) {
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

    private void take(TunnelMessage.Frame frame) {
        receivedFrames++;
        vnic.count(VnicCounter.TUNNEL_RECEIVED);
        if (frame.epoch() != vnic.epoch()) {
            vnic.count(VnicCounter.TUNNEL_STALE);
        } else if (vnic.mode() == VnicMode.ENFORCING) {
            vnic.count(VnicCounter.TUNNEL_LATE);
            FrameReplay.tunnelled(loop, vnic, frame);
        } else if (frame.kind() == FrameKind.OUT_DECIDED && vnic.mode() == VnicMode.HOLDING && !phase.isReturn()) {
            FrameReplay.tunnelled(loop, vnic, frame);
        } else if (tunnelledBytes + frame.bytes().byteSize() > loop.limits().holdBytesPerVnic()) {
            vnic.count(VnicCounter.HELD_DROPPED);
        } else {
            tunnelledBytes += frame.bytes().byteSize();
            tunnelled.add(frame);
        }
    }

    private void tunnelEnded() {
        closeTunnel();
        if (phase == DestinationPhase.ACTIVE) {
            // Its process is gone; its queue goes with it, but perhaps not in this moment.
            enter(DestinationPhase.STEERING_HOME);
            deadlineNanos = loop.now() + loop.limits().releaseGraceNanos();
        } else if (isReleasing || phase.isReturn()) {
            endReturned();
        }
        // Else: the authority over the placement decides whether this side activates or is released.
    }

    private void closeTunnel() {
        if (tunnel != null) {
            tunnel.closeWhenSent();
            tunnel = null;
        }
    }

    /** The source's queue is closed, so this host's has its index. */
    private void steerHome() {
        vnic.port.steerTo(SOURCE_QUEUE);
        end();
    }

    private void end() {
        enter(DestinationPhase.ENDED);
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
        boolean sourceIsDone = tunnel == null || (sealed != null && phase == DestinationPhase.READY);
        boolean late = nowNanos - activationDeadlineNanos >= 0;
        if (!sourceIsDone) {
            if (late) {
                failActivation(new DataPathException(
                        Reason.TIMEOUT, "the source of " + vnic.id() + " has not sealed; it enforces"));
            }
        } else if (receivedFrames >= awaitedFrames || late || tunnel == null) {
            vnic.count(VnicCounter.FORWARDED_MISSING, Math.max(0, awaitedFrames - receivedFrames));
            activation = null;
            result.complete(enforce());
        }
    }

    private ActivationReport enforce() {
        boolean hasSource = tunnel != null;
        phase = DestinationPhase.ACTIVE;
        vnic.setMode(VnicMode.ENFORCING);
        if (!hasAnnounced) {
            announce();
        }
        FrameReplay.tunnelled(loop, vnic, tunnelled);
        long held =
                FrameReplay.held(loop, vnic, new GroupLedger.Counts(sealed == null ? List.of() : sealed.groupFrames()));
        long pauseNanos = loop.now() - egressKnownNanos;
        if (!hasSource) {
            steerHome();
        }
        return new ActivationReport(held, receivedFrames, vnic.counter(VnicCounter.HELD_DROPPED), pauseNanos);
    }

    private void failActivation(DataPathException why) {
        CompletableFuture<ActivationReport> result = activation;
        activation = null;
        if (result != null) {
            result.completeExceptionally(why);
        }
    }

    // ---- giving back

    private void beginReturn() {
        vnic.revoked = true;
        failActivation(new DataPathException(Reason.WRONG_MODE, vnic.id() + " goes back to its source"));
        sendBackTunnelled();
        vnic.port.steerTo(SOURCE_QUEUE);
        vnic.port.requestDrain();
        // An announcement from here that is still under way must not reach the fabric after the source's.
        ticket = loop.drainUplink();
        enter(DestinationPhase.RETURNING_EGRESS);
    }

    private void drainReturn() {
        ticket = loop.drainUplink();
        enter(DestinationPhase.RETURNING_INGRESS);
    }

    private void endReturned() {
        sendBackTunnelled();
        while (!vnic.hold.isEmpty()) {
            Burst burst = loop.scratch();
            vnic.hold.drainTo(burst);
            for (int i = 0; i < burst.count(); i++) {
                sendBack(FrameKind.IN, burst, i);
            }
        }
        vnic.setMode(VnicMode.PASSIVE);
        Tunnel last = tunnel;
        tunnel = null;
        end();
        if (isReleasing) {
            loop.remove(vnic);
            vnic.close();
        }
        if (last != null) {
            last.send(new TunnelMessage.Returned());
            last.closeWhenSent();
        }
        released.complete(null);
    }

    private void sendBackTunnelled() {
        while (!tunnelled.isEmpty()) {
            TunnelMessage.Frame frame = tunnelled.remove();
            boolean sent = tunnel != null && tunnel.sendFrame(frame);
            vnic.count(sent ? VnicCounter.TUNNEL_SENT : VnicCounter.TUNNEL_DROPPED);
        }
        tunnelledBytes = 0;
    }

    private void sendBack(FrameKind kind, Burst frames, int index) {
        boolean sent = tunnel != null && tunnel.sendFrame(Tunnel.frame(kind, vnic.epoch(), frames, index));
        vnic.count(sent ? VnicCounter.TUNNEL_SENT : VnicCounter.TUNNEL_DROPPED);
    }

    // ---- time

    private void enter(DestinationPhase next) {
        phase = next;
        deadlineNanos = loop.now() + loop.limits().stepTimeoutNanos();
    }

    @Override
    public long waitNanos(long nowNanos) {
        long wait = Long.MAX_VALUE;
        if (phase.hasTimeLimit()) {
            wait = Math.max(0, deadlineNanos - nowNanos);
        }
        if (activation != null) {
            wait = Math.min(wait, Math.max(0, activationDeadlineNanos - nowNanos));
        }
        return wait;
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
