package io.portcullis.datapath.track;

/**
 * State of a tracked connection. The TCP states are those of the Linux tracker (nf_conntrack_proto_tcp.c): what a
 * listener in the middle may believe, not what the peers are in.
 */
public enum ConnectionState {
    /** SYN seen. */
    SYN_SENT(1),
    /** SYN seen from both sides: simultaneous open. */
    SYN_SENT2(2),
    /** SYN-ACK seen. */
    SYN_RECEIVED(3),
    /** The opener acknowledged the SYN-ACK, or the connection was picked up in its middle. */
    ESTABLISHED(4),
    /** FIN seen from one side. */
    FIN_WAIT(5),
    /** That FIN was acknowledged; the other side may go on sending. */
    CLOSE_WAIT(6),
    /** FIN seen from both sides. */
    LAST_ACK(7),
    /** The last FIN was acknowledged. */
    TIME_WAIT(8),
    /** Reset. */
    CLOSED(9),
    /** UDP in one direction only. */
    UDP_NEW(16),
    /** UDP answered, but not for long yet. */
    UDP_ANSWERED(17),
    /** UDP in both directions for a while. */
    UDP_STREAM(18),
    /** Question without answer. */
    ICMP_NEW(24),
    ICMP_ANSWERED(25),
    /** Any other protocol, in one direction only. */
    OTHER_NEW(32),
    /** Any other protocol, in both directions. */
    OTHER_ANSWERED(33),
    /** SCTP: INIT seen, or the end of an association. */
    SCTP_CLOSED(40),
    /** INIT ACK seen. */
    SCTP_COOKIE_WAIT(41),
    SCTP_COOKIE_ECHOED(42),
    /** COOKIE ACK seen, or heartbeats on another path answered. */
    SCTP_ESTABLISHED(43),
    /** SHUTDOWN of the end that opened the association. */
    SCTP_SHUTDOWN_SENT(44),
    /** SHUTDOWN of the other end. */
    SCTP_SHUTDOWN_RECEIVED(45),
    SCTP_SHUTDOWN_ACKNOWLEDGED(46),
    /** Heartbeats only: another path of an association that is known elsewhere. */
    SCTP_HEARTBEAT(47);

    private static final ConnectionState[] BY_CODE = new ConnectionState[48];

    static {
        for (ConnectionState state : values()) {
            BY_CODE[state.code] = state;
        }
    }

    private final int code;

    ConnectionState(int code) {
        this.code = code;
    }

    /** Stable number in stored tables. */
    public int code() {
        return code;
    }

    static boolean isCode(int code) {
        return code >= 0 && code < BY_CODE.length && BY_CODE[code] != null;
    }

    static ConnectionState ofCode(int code) {
        return BY_CODE[code];
    }

    /** Waits for the other end: a handshake under way, or a question without answer. */
    boolean isWaiting() {
        return switch (this) {
            case SYN_SENT, SYN_SENT2, SYN_RECEIVED, UDP_NEW, ICMP_NEW, OTHER_NEW -> true;
            case SCTP_COOKIE_WAIT, SCTP_COOKIE_ECHOED -> true;
            case ESTABLISHED, FIN_WAIT, CLOSE_WAIT, LAST_ACK, TIME_WAIT, CLOSED -> false;
            case UDP_ANSWERED, UDP_STREAM, ICMP_ANSWERED, OTHER_ANSWERED -> false;
            case SCTP_CLOSED, SCTP_ESTABLISHED, SCTP_SHUTDOWN_SENT, SCTP_SHUTDOWN_RECEIVED -> false;
            case SCTP_SHUTDOWN_ACKNOWLEDGED, SCTP_HEARTBEAT -> false;
        };
    }

    boolean isTcp() {
        return code <= CLOSED.code;
    }

    boolean isSctp() {
        return code >= SCTP_CLOSED.code;
    }

    /** Whether something is remembered of each end. */
    boolean hasPeers() {
        return isTcp() || isSctp();
    }
}
