package io.portcullis.datapath.track;

/**
 * The transition table of the TCP tracker, after the one in Linux 6 (nf_conntrack_proto_tcp.c).
 *
 * <pre>
 *           SYN_SENT  SYN_SENT2 SYN_RCVD  ESTABL.   FIN_WAIT  CLOSE_W.  LAST_ACK  TIME_W.   CLOSED
 * original
 *  SYN      SYN_SENT  SYN_SENT2 ignore    ignore    ignore    ignore    ignore    SYN_SENT  SYN_SENT
 *  SYN-ACK  invalid   SYN_RCVD  SYN_RCVD  invalid   invalid   invalid   invalid   invalid   invalid
 *  ACK      invalid   invalid   ESTABL.   ESTABL.   CLOSE_W.  CLOSE_W.  TIME_W.   TIME_W.   CLOSED
 * reply
 *  SYN      SYN_SENT2 SYN_SENT2 invalid   invalid   invalid   invalid   invalid   SYN_SENT  invalid
 *  SYN-ACK  SYN_RCVD  SYN_RCVD  ignore    ignore    ignore    ignore    ignore    ignore    ignore
 *  ACK      ignore    ignore    SYN_RCVD  ESTABL.   CLOSE_W.  CLOSE_W.  TIME_W.   TIME_W.   CLOSED
 * both
 *  FIN      invalid   invalid   FIN_WAIT  FIN_WAIT  LAST_ACK  LAST_ACK  LAST_ACK  TIME_W.   CLOSED
 *  RST      CLOSED everywhere
 * </pre>
 *
 * "Ignore" lets the packet pass without believing it: the peers may know more than we do.
 */
final class TcpTransitions {
    static final int INVALID = -1;
    static final int IGNORE = -2;

    private TcpTransitions() {}

    /** The code of the next state, INVALID or IGNORE. */
    static int next(ConnectionState state, int kind, boolean isReply) {
        return switch (kind) {
            case TcpSegment.SYN -> isReply ? synReply(state) : synOriginal(state);
            case TcpSegment.SYN_ACK -> isReply ? synAckReply(state) : synAckOriginal(state);
            case TcpSegment.FIN -> fin(state);
            case TcpSegment.ACK -> ack(state, isReply);
            case TcpSegment.RST -> ConnectionState.CLOSED.code();
            default -> INVALID;
        };
    }

    /** States in which the end of the connection has been seen or is near. */
    static boolean isClosing(ConnectionState state) {
        return switch (state) {
            case FIN_WAIT, CLOSE_WAIT, LAST_ACK, TIME_WAIT, CLOSED -> true;
            default -> false;
        };
    }

    private static int synOriginal(ConnectionState state) {
        return switch (state) {
            case SYN_SENT, TIME_WAIT, CLOSED -> ConnectionState.SYN_SENT.code();
            case SYN_SENT2 -> ConnectionState.SYN_SENT2.code();
            default -> IGNORE;
        };
    }

    private static int synReply(ConnectionState state) {
        return switch (state) {
            case SYN_SENT, SYN_SENT2 -> ConnectionState.SYN_SENT2.code();
            case TIME_WAIT -> ConnectionState.SYN_SENT.code();
            default -> INVALID;
        };
    }

    private static int synAckOriginal(ConnectionState state) {
        return switch (state) {
            case SYN_SENT2, SYN_RECEIVED -> ConnectionState.SYN_RECEIVED.code();
            default -> INVALID;
        };
    }

    private static int synAckReply(ConnectionState state) {
        return switch (state) {
            case SYN_SENT, SYN_SENT2 -> ConnectionState.SYN_RECEIVED.code();
            default -> IGNORE;
        };
    }

    private static int fin(ConnectionState state) {
        return switch (state) {
            case SYN_RECEIVED, ESTABLISHED -> ConnectionState.FIN_WAIT.code();
            case FIN_WAIT, CLOSE_WAIT, LAST_ACK -> ConnectionState.LAST_ACK.code();
            case TIME_WAIT, CLOSED -> state.code();
            default -> INVALID;
        };
    }

    private static int ack(ConnectionState state, boolean isReply) {
        return switch (state) {
            case SYN_SENT, SYN_SENT2 -> isReply ? IGNORE : INVALID;
            case SYN_RECEIVED -> (isReply ? ConnectionState.SYN_RECEIVED : ConnectionState.ESTABLISHED).code();
            case ESTABLISHED, TIME_WAIT, CLOSED -> state.code();
            case FIN_WAIT, CLOSE_WAIT -> ConnectionState.CLOSE_WAIT.code();
            case LAST_ACK -> ConnectionState.TIME_WAIT.code();
            default -> INVALID;
        };
    }
}
