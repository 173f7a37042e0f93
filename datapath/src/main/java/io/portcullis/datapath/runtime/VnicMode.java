package io.portcullis.datapath.runtime;

/**
 * What the data path does with the frames of a vNIC.
 *
 * <pre>
 * attach ─▶ PASSIVE ──activate──▶ ENFORCING ──cutOver──▶ CUTTING ──drained──▶ SEALED ──release──▶ (gone)
 *             │                      ▲                                          │
 *             │ EGRESS_DRAINED       └──────────────── reclaim ─────────────────┘
 *             ▼
 *          HOLDING ──activate──▶ ENFORCING
 * </pre>
 */
public enum VnicMode {
    /** Attached, but another host enforces, or the VM was not yet admitted: reads nothing, passes nothing. */
    PASSIVE,
    /** Destination of a cut-over: frames from the uplink are held in order, the VM's own wait in its queue. */
    HOLDING,
    /** Decides and forwards. Without a rule table it drops everything and counts it. */
    ENFORCING,
    /** Source of a cut-over: the VM's new frames go to the destination; what was queued here is still decided here. */
    CUTTING,
    /** The table is final and has left: late frames are forwarded to the destination once, none is decided here. */
    SEALED
}
