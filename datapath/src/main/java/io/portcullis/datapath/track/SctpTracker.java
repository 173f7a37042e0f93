package io.portcullis.datapath.track;

import static io.portcullis.datapath.track.ConnectionState.SCTP_CLOSED;
import static io.portcullis.datapath.track.ConnectionState.SCTP_COOKIE_ECHOED;
import static io.portcullis.datapath.track.ConnectionState.SCTP_COOKIE_WAIT;
import static io.portcullis.datapath.track.ConnectionState.SCTP_ESTABLISHED;
import static io.portcullis.datapath.track.ConnectionState.SCTP_HEARTBEAT;
import static io.portcullis.datapath.track.ConnectionState.SCTP_SHUTDOWN_ACKNOWLEDGED;
import static io.portcullis.datapath.track.ConnectionState.SCTP_SHUTDOWN_RECEIVED;
import static io.portcullis.datapath.track.ConnectionState.SCTP_SHUTDOWN_SENT;

import io.portcullis.datapath.packet.PacketView;
import org.jspecify.annotations.Nullable;

/**
 * Follows SCTP associations (RFC 9260) by their chunks and verification tags, as the Linux tracker does
 * (nf_conntrack_proto_sctp.c, Linux 6). A generic tracker would do for the states but not for the tags: they are what keeps a
 * stranger from ending or joining an association (RFC 9260, 8.5), as sequence numbers are for TCP.
 *
 * <p>An association begins with INIT. A HEARTBEAT begins another path of one that is known elsewhere (multi-homing, RFC 9260,
 * 8.3); with loose tracking the SHUTDOWN ACK of a forgotten one passes, which its receiver must answer (8.4). A packet is judged
 * whole: one bad chunk and nothing changes.
 *
 * <p>Of the table's peers PEER_END holds the tag that the end must send with, and the originator's PEER_FLAGS the flags here.
 * One thread.
 */
final class SctpTracker {
    private static final int INIT_ORIGINAL = 1;
    private static final int INIT_REPLY = 2;
    /** A HEARTBEAT came with an unknown tag: the end may have restarted, its peer's answer will tell. */
    private static final int HEARTBEAT_DOUBTED = 4;

    private static final int DOUBTED_REPLY = 8;

    /** Chunks that may begin something. */
    private static final long OPENERS =
            1L << SctpSegment.INIT | 1L << SctpSegment.HEARTBEAT | 1L << SctpSegment.HEARTBEAT_ACK;

    private static final long LOOSE_OPENERS = OPENERS | 1L << SctpSegment.SHUTDOWN_ACK;

    /** Chunks whose tags have rules of their own (RFC 9260, 8.5.1, 8.3). */
    private static final int[] SPECIAL_TAGS = {
        SctpSegment.INIT,
        SctpSegment.SHUTDOWN_COMPLETE,
        SctpSegment.COOKIE_ECHO,
        SctpSegment.ABORT,
        SctpSegment.SHUTDOWN_ACK,
        SctpSegment.HEARTBEAT,
        SctpSegment.HEARTBEAT_ACK
    };

    private ConnectionTable table;
    private TrackingProfile profile;
    private final SctpSegment segment = new SctpSegment();

    // ---- the connection while a packet is judged ----
    private int ownTag;
    private int peerTag;
    private int flags;
    private boolean isRefreshing;

    SctpTracker(ConnectionTable table, TrackingProfile profile) {
        this.table = table;
        this.profile = profile;
    }

    /** From now on it follows the associations of this table. */
    void turnTo(ConnectionTable newTable, TrackingProfile newProfile) {
        table = newTable;
        profile = newProfile;
    }

    /** Whether a packet without association may open one. */
    TrackResult first(PacketView packet) {
        if (!segment.set(packet)) {
            return TrackResult.INVALID_FLAGS;
        }
        if (segment.has(SctpSegment.INIT) && segment.tag != 0) {
            return TrackResult.INVALID_TAG;
        }
        return segment.hasOnly(profile.isLoose() ? LOOSE_OPENERS : OPENERS)
                ? TrackResult.MISS_NEW
                : TrackResult.INVALID_NO_CONNECTION;
    }

    /** Fills a new slot from the packet that {@link #first} found to be MISS_NEW. */
    void open(int slot, PacketView packet, long nowNanos) {
        segment.set(packet);
        ConnectionState state;
        if (segment.has(SctpSegment.INIT)) {
            // what comes back carries the tag that the INIT asks for
            table.setInt(slot, Entry.REPLY_PEER + Entry.PEER_END, segment.initiateTag);
            table.setByte(slot, Entry.ORIGINAL_PEER + Entry.PEER_FLAGS, INIT_ORIGINAL);
            state = SCTP_CLOSED;
        } else {
            table.setInt(slot, Entry.ORIGINAL_PEER + Entry.PEER_END, segment.tag);
            state = segment.has(SctpSegment.SHUTDOWN_ACK) ? SCTP_SHUTDOWN_ACKNOWLEDGED : SCTP_HEARTBEAT;
        }
        table.setState(slot, state);
        table.keep(slot, nowNanos, profile.nanos(state));
    }

    /** Judges a packet of a known association. */
    TrackResult next(int slot, boolean isReply, PacketView packet, long nowNanos) {
        if (!segment.set(packet)) {
            return TrackResult.INVALID_FLAGS;
        }
        int own = TcpTracker.peer(isReply) + Entry.PEER_END;
        int peer = TcpTracker.peer(!isReply) + Entry.PEER_END;
        ownTag = table.getInt(slot, own);
        peerTag = table.getInt(slot, peer);
        flags = table.getByte(slot, Entry.ORIGINAL_PEER + Entry.PEER_FLAGS);
        isRefreshing = true;
        if (!hasSpecialTag() && segment.tag != ownTag) {
            return TrackResult.INVALID_TAG;
        }
        ConnectionState state = table.state(slot);
        for (; segment.hasChunk(); segment.next()) {
            int type = segment.type();
            if (!judgeTag(type, isReply)) {
                return TrackResult.INVALID_TAG;
            }
            ConnectionState next = isRefreshing ? transition(state, type, isReply) : state;
            if (next == null) {
                return TrackResult.INVALID_STATE;
            }
            isRefreshing &= type != SctpSegment.INIT || state != SCTP_CLOSED || next != SCTP_CLOSED;
            state = next;
        }
        table.setInt(slot, own, ownTag);
        table.setInt(slot, peer, peerTag);
        table.setByte(slot, Entry.ORIGINAL_PEER + Entry.PEER_FLAGS, flags);
        table.setState(slot, state);
        if (state == SCTP_ESTABLISHED) {
            table.setFlag(slot, Entry.ASSURED);
        }
        if (isRefreshing) {
            table.keep(slot, nowNanos, profile.nanos(state));
        }
        return isReply ? TrackResult.HIT_REPLY : TrackResult.HIT_ORIGINAL;
    }

    private boolean hasSpecialTag() {
        for (int type : SPECIAL_TAGS) {
            if (segment.has(type)) {
                return true;
            }
        }
        return false;
    }

    /** The tag as this chunk wants it, and what the chunk says about tags. */
    private boolean judgeTag(int type, boolean isReply) {
        return switch (type) {
            case SctpSegment.INIT -> segment.tag == 0 && init(isReply);
            case SctpSegment.INIT_ACK -> initAck(isReply);
            case SctpSegment.ABORT, SctpSegment.SHUTDOWN_COMPLETE ->
                segment.tag == (segment.isTagReflected ? peerTag : ownTag);
            case SctpSegment.COOKIE_ECHO -> segment.tag == ownTag;
            case SctpSegment.COOKIE_ACK -> {
                flags &= ~(INIT_ORIGINAL | INIT_REPLY);
                yield true;
            }
            case SctpSegment.HEARTBEAT -> heartbeat(isReply);
            case SctpSegment.HEARTBEAT_ACK -> heartbeatAck(isReply);
            default -> true;
        };
    }

    private static int initFlag(boolean isReply) {
        return isReply ? INIT_REPLY : INIT_ORIGINAL;
    }

    /** The INIT of a new association, of a restart, or of both ends at once (RFC 9260, 5.2). */
    private boolean init(boolean isReply) {
        if ((flags & INIT_ORIGINAL) != 0 && (flags & INIT_REPLY) != 0) {
            flags &= ~initFlag(!isReply);
        }
        flags |= initFlag(isReply);
        peerTag = segment.initiateTag;
        return true;
    }

    private boolean initAck(boolean isReply) {
        boolean isAsked = (flags & initFlag(!isReply)) != 0;
        boolean isCollision = isAsked && (flags & initFlag(isReply)) != 0;
        boolean isOther = peerTag != segment.initiateTag;
        if ((!isAsked && peerTag != 0 && isOther) || (isCollision && isOther)) {
            return false;
        }
        peerTag = segment.initiateTag;
        return true;
    }

    private boolean heartbeat(boolean isReply) {
        if (ownTag == 0) {
            ownTag = segment.tag;
        } else if (segment.tag != ownTag) {
            if (segment.has(SctpSegment.DATA) || !isRefreshing) {
                return false;
            }
            flags = (flags & ~DOUBTED_REPLY) | HEARTBEAT_DOUBTED | (isReply ? DOUBTED_REPLY : 0);
            isRefreshing = false;
            return true;
        }
        flags &= ~HEARTBEAT_DOUBTED;
        return true;
    }

    private boolean heartbeatAck(boolean isReply) {
        if (ownTag == 0) {
            ownTag = segment.tag;
        } else if (segment.tag != ownTag) {
            boolean isExpected =
                    (flags & HEARTBEAT_DOUBTED) != 0 && ((flags & DOUBTED_REPLY) != 0) != isReply && isRefreshing;
            if (segment.has(SctpSegment.DATA) || !isExpected) {
                return false;
            }
            ownTag = segment.tag;
            peerTag = 0;
        }
        flags &= ~HEARTBEAT_DOUBTED;
        return true;
    }

    /**
     * The state behind a chunk, or null if it may not come there.
     *
     * <pre>
     *                 CLOSED    C.WAIT    C.ECHOED  ESTABL.   SHUT.SENT SHUT.RCVD SHUT.ACK
     * INIT            .         .         .         .         CLOSED o  CLOSED o  .
     * INIT ACK        C.WAIT r  .         .         .         .         .         .
     * COOKIE ECHO     .         C.ECHOED  .         .         .         .         .
     * COOKIE ACK      .         .         ESTABL.   .         .         .         .
     * ERROR           .         .         CLOSED r  .         .         .         .
     * SHUTDOWN        .         .         .         SENT/RCVD .         .         .
     * SHUTDOWN ACK    .         .         .         .         SHUT.ACK  SHUT.ACK  .
     * SHUTDOWN COMPL. .         .         .         .         .         .         CLOSED
     * ABORT           CLOSED everywhere
     * </pre>
     *
     * "." stays; o, r: from the originator or from the other end only. All other chunks change nothing.
     */
    private static @Nullable ConnectionState transition(ConnectionState state, int type, boolean isReply) {
        if (state == SCTP_HEARTBEAT) {
            return fromHeartbeat(type, isReply);
        }
        boolean isShuttingDown = state == SCTP_SHUTDOWN_SENT || state == SCTP_SHUTDOWN_RECEIVED;
        return switch (type) {
            case SctpSegment.INIT -> !isReply && isShuttingDown ? SCTP_CLOSED : state;
            case SctpSegment.INIT_ACK -> isReply && state == SCTP_CLOSED ? SCTP_COOKIE_WAIT : state;
            case SctpSegment.COOKIE_ECHO -> state == SCTP_COOKIE_WAIT ? SCTP_COOKIE_ECHOED : state;
            case SctpSegment.COOKIE_ACK -> state == SCTP_COOKIE_ECHOED ? SCTP_ESTABLISHED : state;
            case SctpSegment.ERROR -> isReply && state == SCTP_COOKIE_ECHOED ? SCTP_CLOSED : state;
            case SctpSegment.SHUTDOWN -> {
                if (state != SCTP_ESTABLISHED) {
                    yield state;
                }
                yield isReply ? SCTP_SHUTDOWN_RECEIVED : SCTP_SHUTDOWN_SENT;
            }
            case SctpSegment.SHUTDOWN_ACK -> isShuttingDown ? SCTP_SHUTDOWN_ACKNOWLEDGED : state;
            case SctpSegment.SHUTDOWN_COMPLETE -> state == SCTP_SHUTDOWN_ACKNOWLEDGED ? SCTP_CLOSED : state;
            case SctpSegment.ABORT -> SCTP_CLOSED;
            default -> state;
        };
    }

    /** A path of which only heartbeats have been seen: its first answer establishes it. */
    private static @Nullable ConnectionState fromHeartbeat(int type, boolean isReply) {
        return switch (type) {
            case SctpSegment.HEARTBEAT -> SCTP_HEARTBEAT;
            case SctpSegment.HEARTBEAT_ACK -> isReply ? SCTP_ESTABLISHED : SCTP_HEARTBEAT;
            case SctpSegment.SHUTDOWN_ACK -> isReply ? null : SCTP_SHUTDOWN_ACKNOWLEDGED;
            case SctpSegment.INIT -> isReply ? null : SCTP_COOKIE_WAIT;
            case SctpSegment.INIT_ACK,
                    SctpSegment.ABORT,
                    SctpSegment.SHUTDOWN,
                    SctpSegment.ERROR,
                    SctpSegment.COOKIE_ECHO,
                    SctpSegment.COOKIE_ACK,
                    SctpSegment.SHUTDOWN_COMPLETE -> isReply ? null : SCTP_CLOSED;
            default -> SCTP_HEARTBEAT;
        };
    }
}
