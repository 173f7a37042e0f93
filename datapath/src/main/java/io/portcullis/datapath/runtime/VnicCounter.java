package io.portcullis.datapath.runtime;

/** What the runtime counts per vNIC, beside what the vNIC's engine counts. */
enum VnicCounter {
    /** Frames from the network held while the vNIC waits for its table. */
    HELD("held"),
    /** The hold buffer was full. */
    HELD_DROPPED("held.dropped"),
    /** Group frames that the other host had delivered already. */
    HELD_DUPLICATE("held.duplicate"),
    /** Frames sent through the tunnel of a cut-over. */
    TUNNEL_SENT("tunnel.sent"),
    TUNNEL_RECEIVED("tunnel.received"),
    /** The tunnel was full or broken. */
    TUNNEL_DROPPED("tunnel.dropped"),
    /** Tunnel frames of another epoch than the cut-over's. */
    TUNNEL_STALE("tunnel.dropped.stale"),
    /** Frames from the tunnel that came when the vNIC enforced already. */
    TUNNEL_LATE("tunnel.late"),
    /** Frames that a SEALED vNIC could neither decide nor forward. */
    SEALED_DROPPED("dropped.sealed"),
    /** Group frames that are the other host's to deliver. */
    SEALED_GROUP("dropped.sealed.group"),
    /** Group frames of a cut-over that were not remembered because the ledger was full; the other host may repeat them. */
    LEDGER_FULL("ledger.full"),
    /** Frames that the source said it had sent and that did not come in time. */
    FORWARDED_MISSING("tunnel.missing"),
    /** Frames lost to an unexpected exception; the vNIC drops rather than guesses. */
    FAILED("dropped.failure");

    final String text;

    VnicCounter(String text) {
        this.text = text;
    }
}
