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
    private final Runnable unheard;
    private CompletableFuture<Vnic> reclaimed = new CompletableFuture<>();
    private long reclaimEpoch;

    /** The order says that the vNIC comes back without a word of the destination, too. */
    private boolean needsNoWord;

    /** The destination has given the queue back, so that it never will enforce. */
    private boolean hasWord;

    private boolean closesEgress;
    private boolean isAskedBack;
    private boolean egressReturned;

    /**
     * @param enforceAgain ends the cut-over with the vNIC ENFORCING here
     * @param unheard the destination cannot be asked
     */
    SourceReclaim(CutoverSide<SourcePhase> side, Runnable enforceAgain, Runnable unheard) {
        this.side = side;
        this.enforceAgain = enforceAgain;
        this.unheard = unheard;
    }

    // ---- orders

    /**
     * The vNIC is to be enforced under {@code newEpoch} at least, without a word of the destination if {@code unheard}. Completes with the vNIC when it
     * enforces again, or fails when the destination refuses or is not heard; then the next order has a result of its own.
     */
    CompletableFuture<Vnic> order(long newEpoch, boolean unheard) {
        reclaimEpoch = Math.max(reclaimEpoch, newEpoch);
        needsNoWord |= unheard;
        return reclaimed;
    }

    /** What the last order was answered. */
    CompletableFuture<Vnic> result() {
        return reclaimed;
    }

    /** Begins; {@code egressClosed} says whether the own queue was seen empty. */
    void begin(boolean egressClosed) {
        reclaimEpoch = Math.max(reclaimEpoch, side.vnic.epoch());
        if (!side.tunnel.isOpen()) {
            unheard.run();
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
        hasWord = true;
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
            fail(Reason.ENFORCED_ELSEWHERE, "the destination of " + side.vnic.id() + " enforces already");
        }
    }

    /** The table stays sealed, and frames that come here wait with it. */
    void onUnheard() {
        isAskedBack = false;
        onDestinationGone();
        fail(Reason.TUNNEL, "the destination of " + side.vnic.id() + " cannot be asked");
    }

    private void fail(Reason reason, String message) {
        CompletableFuture<Vnic> refused = reclaimed;
        reclaimed = new CompletableFuture<>();
        needsNoWord = false;
        refused.completeExceptionally(new DataPathException(reason, message));
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

    /** Whether what is sealed waits for another order if the destination is not heard. */
    boolean needsWord() {
        return !needsNoWord && !hasWord;
    }

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
