package io.portcullis.datapath.runtime;

/**
 * What either side of a cut-over keeps: its phase with the time limit, its end of the tunnel, and how far it is with its uplink.
 * Owned by one loop.
 */
final class CutoverSide<P extends CutoverPhase> {
    final Loop loop;
    final Vnic vnic;
    final TunnelEnd tunnel = new TunnelEnd();

    private P phase;
    private long deadlineNanos;
    private long ticket;
    private boolean announced;

    CutoverSide(Loop loop, Vnic vnic, P first) {
        this.loop = loop;
        this.vnic = vnic;
        this.phase = first;
        enter(first);
    }

    // ---- phase and time

    P phase() {
        return phase;
    }

    /** Begins a phase, with the time of a step as its limit if it has one. */
    void enter(P next) {
        enter(next, loop.limits().stepTimeoutNanos());
    }

    void enter(P next, long limitNanos) {
        phase = next;
        deadlineNanos = loop.now() + limitNanos;
    }

    boolean isOverdue(long nowNanos) {
        return phase.hasTimeLimit() && nowNanos - deadlineNanos >= 0;
    }

    /** Nanoseconds until the phase is overdue. */
    long waitNanos(long nowNanos) {
        return phase.hasTimeLimit() ? Math.max(0, deadlineNanos - nowNanos) : Long.MAX_VALUE;
    }

    // ---- uplink

    /** Begins a drain: it is over when all that was sent has reached the fabric and all that waited here was seen to. */
    void drainUplink() {
        ticket = loop.drainUplink();
    }

    boolean isUplinkDrained() {
        return loop.isUplinkDrained(ticket);
    }

    /** Makes the fabric send to this host what is for the vNIC. */
    void announce() {
        announced = true;
        loop.hostSwitch().announce(vnic);
    }

    boolean hasAnnounced() {
        return announced;
    }
}
