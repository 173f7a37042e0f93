package io.portcullis.datapath.runtime;

import io.portcullis.datapath.runtime.DataPathException.Reason;
import java.util.concurrent.CompletableFuture;

/**
 * How the source of a cut-over gets back what the destination has of the vNIC: its queue, then its uplink's frames. Each step is
 * a phase of {@link SourcePhase}. Part of {@link CutoverSource}, on its loop.
 */
final class SourceReclaim {
    private final CutoverSide<SourcePhase> side;
    private final Runnable enforceAgain;
    private CompletableFuture<Vnic> reclaimed = new CompletableFuture<>();
    private long reclaimEpoch;
    private boolean closesEgress;
    private boolean isAskedBack;
    private boolean egressReturned;

    /**
     * @param enforceAgain ends the cut-over with the vNIC ENFORCING here
     */
    SourceReclaim(CutoverSide<SourcePhase> side, Runnable enforceAgain) {
        this.side = side;
        this.enforceAgain = enforceAgain;
    }

    // ---- orders

    /** The vNIC is to be enforced under {@code newEpoch} at least. */
    void order(long newEpoch) {
        reclaimEpoch = Math.max(reclaimEpoch, newEpoch);
    }

    /** Completes with the vNIC when it enforces again, or fails when the destination refuses; then the next order has a new one. */
    CompletableFuture<Vnic> result() {
        return reclaimed;
    }

    /** Begins; {@code egressClosed} says whether the own queue was seen empty. */
    void begin(boolean egressClosed) {
        reclaimEpoch = Math.max(reclaimEpoch, side.vnic.epoch());
        if (!side.tunnel.isOpen()) {
            enforceAgain.run();
        } else if (egressReturned) {
            drain();
        } else if (egressClosed) {
            askBack();
        } else {
            side.enter(SourcePhase.RECLAIM_EGRESS);
        }
    }

    // ---- steps

    void advance() {
        switch (side.phase()) {
            case RECLAIM_EGRESS -> {
                if (side.vnic.port.isDrained()) {
                    askBack();
                }
            }
            case RECLAIM_DRAINING -> {
                if (side.isUplinkDrained()) {
                    learnAgain();
                }
            }
            case RECLAIM_LEARNING -> {
                if (side.isUplinkDrained()) {
                    side.tunnel.send(new TunnelMessage.ReclaimLearned());
                    side.enter(SourcePhase.RECLAIM_RETURNING);
                }
            }
            default -> {
                // Waits for the destination, or is no reclaim.
            }
        }
    }

    private void askBack() {
        closesEgress = true;
        isAskedBack = true;
        side.tunnel.send(new TunnelMessage.Reclaim());
        side.enter(SourcePhase.RECLAIM_ASKED);
    }

    private void drain() {
        side.drainUplink();
        side.enter(SourcePhase.RECLAIM_DRAINING);
    }

    private void learnAgain() {
        side.vnic.setMode(VnicMode.HOLDING);
        side.announce();
        side.drainUplink();
        side.enter(SourcePhase.RECLAIM_LEARNING);
    }

    // ---- what the destination says

    void onEgressReturned() {
        egressReturned = true;
        if (side.phase() == SourcePhase.RECLAIM_ASKED) {
            drain();
        }
    }

    /** The destination enforces already: the table stays sealed. */
    void onRefused() {
        if (side.phase() == SourcePhase.RECLAIM_ASKED) {
            isAskedBack = false;
            side.enter(SourcePhase.SEALED);
            CompletableFuture<Vnic> refused = reclaimed;
            reclaimed = new CompletableFuture<>();
            refused.completeExceptionally(new DataPathException(
                    Reason.ENFORCED_ELSEWHERE, "the destination of " + side.vnic.id() + " enforces already"));
        }
    }

    void onReturned() {
        if (side.phase() == SourcePhase.RECLAIM_RETURNING) {
            enforceAgain.run();
        }
    }

    /** The destination is gone, and its queue with it: the VM's frames are the source's again. */
    void onDestinationGone() {
        egressReturned = true;
    }

    // ---- what the loop asks

    /** Whether what the VM sent through the own queue is kept, not decided. */
    boolean closesEgress() {
        return closesEgress;
    }

    boolean hasEgressReturned() {
        return egressReturned;
    }

    /** Whether the destination may have steered the VM's queue back: what it had comes first. */
    boolean mayHaveQueueBack() {
        return isAskedBack || egressReturned;
    }

    // ---- the end

    /** Epoch under which the vNIC enforces again. */
    long epoch() {
        return reclaimEpoch;
    }
}
