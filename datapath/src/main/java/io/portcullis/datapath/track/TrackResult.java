package io.portcullis.datapath.track;

import java.util.Locale;

/** What {@link ConnectionTracker#lookup} found out about a packet. */
public enum TrackResult {
    /** First packet of a connection that is not in the table: if the rules allow it, {@code insert} it. */
    MISS_NEW,
    /** As MISS_NEW, of a connection that another one announced: that one's rules decide, see {@link ConnectionTracker#expectedBy}. */
    MISS_EXPECTED,
    /**
     * Belongs to no connection by nature (multicast listener and neighbour discovery): the rules decide about each such
     * packet, nothing is inserted.
     */
    MISS_UNTRACKED,
    /** Next packet of a connection, from the end that opened it. */
    HIT_ORIGINAL,
    /** Next packet of a connection, from the end that did not open it. */
    HIT_REPLY,
    /** ICMP error about a packet of a connection; it leaves the connection as it was. */
    RELATED,
    /** Not IP. */
    INVALID_NOT_IP,
    /** A later fragment: it has no ports, so that only reassembly can tell where it belongs. */
    INVALID_FRAGMENT,
    /** No connection, and not the start of one: TCP without SYN, answer without question. */
    INVALID_NO_CONNECTION,
    /** ICMP error about nothing that was sent through here. */
    INVALID_UNRELATED_ERROR,
    /** ICMP error about a TCP segment that its connection cannot have sent (RFC 5927). */
    INVALID_FORGED_ERROR,
    /** TCP flags or SCTP chunks that do not go together. */
    INVALID_FLAGS,
    /** TCP segment or SCTP chunk that its connection's state does not allow. */
    INVALID_STATE,
    /** TCP sequence number beyond the receiver's window (Rooij I). */
    INVALID_SEQUENCE,
    /** TCP acknowledgement of what was never sent (Rooij III). */
    INVALID_ACKNOWLEDGEMENT,
    /** TCP reset below what its receiver has acknowledged (RFC 5961). */
    INVALID_RESET,
    /** SCTP verification tag that is not the association's (RFC 9260, 8.5). */
    INVALID_TAG;

    private final String counterName = name().toLowerCase(Locale.ROOT).replace('_', '-');

    /** The next packet of a known connection in either direction; RELATED is none. */
    public boolean isHit() {
        return this == HIT_ORIGINAL || this == HIT_REPLY;
    }

    /** Of no connection, and none that could open one: only a stateless rule lets it pass. */
    public boolean opensNothing() {
        return this == INVALID_NO_CONNECTION || this == INVALID_UNRELATED_ERROR;
    }

    /**
     * To be dropped, whatever the rules say unless it {@link #opensNothing}; a connection that it claims to belong to stays as it is.
     */
    public boolean isInvalid() {
        return compareTo(INVALID_NOT_IP) >= 0;
    }

    /** Name in counters, for example {@code invalid-sequence}; stable. */
    public String counterName() {
        return counterName;
    }
}
