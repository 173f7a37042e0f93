package io.portcullis.datapath.track;

import static io.portcullis.datapath.track.ConnectionState.CLOSED;
import static io.portcullis.datapath.track.ConnectionState.ESTABLISHED;
import static io.portcullis.datapath.track.ConnectionState.FIN_WAIT;
import static io.portcullis.datapath.track.ConnectionState.LAST_ACK;
import static io.portcullis.datapath.track.ConnectionState.SYN_RECEIVED;
import static io.portcullis.datapath.track.ConnectionState.SYN_SENT;
import static io.portcullis.datapath.track.ConnectionState.TIME_WAIT;

import io.portcullis.datapath.packet.PacketView;

/**
 * Follows TCP connections as the Linux tracker does (net/netfilter/nf_conntrack_proto_tcp.c of Linux 6): a state machine
 * for the man in the middle ({@link TcpTransitions}), windows ({@link TcpWindow}), resets as in RFC 5961, SYN reuse as in
 * RFC 9293 (3.6.1). One thread; keeps all state in the table.
 *
 * <p>A segment that may be right for the peers though not for us (an old duplicate, a SYN in an established connection,
 * the answer to one) passes without changing state or time-outs; a reset or SYN-ACK that proves us wrong is believed.
 */
final class TcpTracker {
    // ---- PEER_FLAGS ----
    static final int PEER_SCALES = 1;
    static final int PEER_SACK = 2;
    /** Sent the first FIN. */
    static final int PEER_CLOSED_FIRST = 4;
    /** Sent data that the other end has not acknowledged in full. */
    static final int PEER_UNACKNOWLEDGED = 8;
    /** Picked up in the middle: scaling is not known, so windows prove nothing. */
    static final int PEER_LIBERAL = 16;
    /** PEER_MAX_ACK is valid. */
    static final int PEER_ACKNOWLEDGED = 32;

    static final int ALL_PEER_FLAGS = 63;

    // ---- LAST_FLAGS, beside PEER_SCALES and PEER_SACK of a SYN that passed without being believed ----
    /** The answer to that SYN may be a challenge ACK (RFC 5961, 4). */
    static final int LAST_CHALLENGED = 4;

    static final int LAST_SIMULTANEOUS_OPEN = 8;

    static final int ALL_LAST_FLAGS = PEER_SCALES | PEER_SACK | LAST_CHALLENGED | LAST_SIMULTANEOUS_OPEN;

    private static final int ORIGINAL = 0;
    private static final int REPLY = 1;

    private ConnectionTable table;
    private TrackingProfile profile;
    private boolean picksUp;
    private final TcpSegment segment = new TcpSegment();
    private final TcpWindow window;

    TcpTracker(ConnectionTable table, TrackingProfile profile) {
        this.table = table;
        this.profile = profile;
        this.picksUp = profile.isLoose();
        this.window = new TcpWindow(table, segment);
    }

    /**
     * From now on it follows the connections of this table.
     *
     * @param newPicksUp whether they may be picked up in mid-stream, as far as the tracker is concerned
     */
    void turnTo(ConnectionTable newTable, TrackingProfile newProfile, boolean newPicksUp) {
        table = newTable;
        window.turnTo(newTable);
        profile = newProfile;
        picksUp = newPicksUp;
    }

    static int peer(boolean isReply) {
        return isReply ? Entry.REPLY_PEER : Entry.ORIGINAL_PEER;
    }

    /**
     * The connection went on while nobody looked: what the ends sent and acknowledged is behind them by an unknown amount, so
     * their numbers are learned anew, and until then (and for a segment that is repeated) prove nothing.
     */
    static void resume(ConnectionTable table, int slot) {
        for (int peer : new int[] {Entry.ORIGINAL_PEER, Entry.REPLY_PEER}) {
            table.setInt(slot, peer + Entry.PEER_MAX_WINDOW, 0);
            TcpWindow.addFlags(table.line(slot) + peer, PEER_LIBERAL);
        }
    }

    /** Whether a packet without connection may open one. */
    TrackResult first(PacketView packet) {
        if (!segment.set(packet)) {
            return TrackResult.INVALID_FLAGS;
        }
        boolean mayOpen = segment.kind == TcpSegment.SYN || (picksUp && segment.kind == TcpSegment.ACK);
        return mayOpen ? TrackResult.MISS_NEW : TrackResult.INVALID_NO_CONNECTION;
    }

    /** Fills a new slot from the packet that {@link #first} found to be MISS_NEW. */
    void open(int slot, PacketView packet, long nowNanos) {
        segment.set(packet);
        int sender = Entry.ORIGINAL_PEER;
        int maxWindow = Math.max(1, segment.window);
        table.setInt(slot, sender + Entry.PEER_END, segment.end);
        table.setInt(slot, sender + Entry.PEER_MAX_WINDOW, maxWindow);
        ConnectionState state;
        if (segment.kind == TcpSegment.SYN) {
            state = SYN_SENT;
            table.setInt(slot, sender + Entry.PEER_MAX_END, segment.end);
            window.options(table.line(slot) + sender);
        } else {
            state = ESTABLISHED;
            table.setInt(slot, sender + Entry.PEER_MAX_END, segment.end + maxWindow);
            table.setByte(slot, Entry.ORIGINAL_PEER + Entry.PEER_FLAGS, PEER_SACK | PEER_LIBERAL);
            table.setByte(slot, Entry.REPLY_PEER + Entry.PEER_FLAGS, PEER_SACK | PEER_LIBERAL);
        }
        window.check(slot, false, state, true);
        last(slot, false);
        table.setState(slot, state);
        refresh(slot, state, nowNanos);
        if (state == ESTABLISHED) {
            table.keepAtMost(slot, nowNanos, profile.unacknowledgedNanos());
        }
    }

    /**
     * Judges a packet of a known connection.
     *
     * @return a HIT, an INVALID, or MISS_NEW for a SYN that begins a new life of an old connection: then the slot is free
     */
    TrackResult next(int slot, boolean isReply, PacketView packet, long nowNanos) {
        if (!segment.set(packet)) {
            return TrackResult.INVALID_FLAGS;
        }
        ConnectionState old = table.state(slot);
        int transition = TcpTransitions.next(old, segment.kind, isReply);
        if (transition == TcpTransitions.INVALID) {
            return TrackResult.INVALID_STATE;
        }
        if (transition == SYN_SENT.code() && old.code() >= TIME_WAIT.code()) {
            if (mayReopen(slot, isReply)) {
                table.remove(slot);
                return TrackResult.MISS_NEW;
            }
            transition = TcpTransitions.IGNORE;
        }
        if (transition == TcpTransitions.IGNORE) {
            if (!answersUnbelievedSyn(slot, isReply)) {
                return passUnbelieved(slot, isReply, old);
            }
            believeLastSyn(slot, isReply);
            old = SYN_SENT;
            transition = SYN_RECEIVED.code();
        }
        return judge(slot, isReply, old, ConnectionState.ofCode(transition), nowNanos);
    }

    private TrackResult judge(int slot, boolean isReply, ConnectionState old, ConnectionState proposed, long nowNanos) {
        ConnectionState next = proposed;
        boolean isWindowChecked = true;
        // an inexact reset is only a question to its receiver, and anybody may have asked it
        boolean isDoubtfulReset = false;
        if (next == TIME_WAIT && isChallengeAcknowledgement(slot, isReply, old)) {
            setLastFlags(slot, lastFlags(slot) & ~LAST_CHALLENGED);
            return hit(isReply);
        } else if (next == ConnectionState.SYN_SENT2) {
            setLastFlags(slot, lastFlags(slot) | LAST_SIMULTANEOUS_OPEN);
        } else if (next == SYN_RECEIVED
                && isReply
                && segment.kind == TcpSegment.ACK
                && (lastFlags(slot) & LAST_SIMULTANEOUS_OPEN) != 0) {
            next = ESTABLISHED;
        } else if (segment.kind == TcpSegment.RST) {
            int verdict = reset(slot, isReply, old);
            if (verdict == RESET_INVALID) {
                return TrackResult.INVALID_RESET;
            }
            isDoubtfulReset = verdict == RESET_KEEPS_STATE;
            next = isDoubtfulReset ? old : CLOSED;
            isWindowChecked =
                    verdict == RESET_CLOSES || (verdict != RESET_WITHOUT_WINDOW && !answersWhatWePassed(slot, old));
        }
        if (isWindowChecked) {
            TcpWindow.Outcome outcome = window.check(slot, isReply, old, !isDoubtfulReset);
            switch (outcome) {
                case PASS_UNCHANGED -> {
                    return hit(isReply);
                }
                case INVALID_SEQUENCE, INVALID_ACKNOWLEDGEMENT -> {
                    shortenAfterInvalid(slot, isReply, nowNanos);
                    return outcome == TcpWindow.Outcome.INVALID_SEQUENCE
                            ? TrackResult.INVALID_SEQUENCE
                            : TrackResult.INVALID_ACKNOWLEDGEMENT;
                }
                case ACCEPTED -> {}
            }
        }
        accept(slot, isReply, old, next, nowNanos);
        return hit(isReply);
    }

    private void accept(int slot, boolean isReply, ConnectionState old, ConnectionState next, long nowNanos) {
        last(slot, isReply);
        table.setState(slot, next);
        if (next == FIN_WAIT && old != FIN_WAIT) {
            TcpWindow.addFlags(table.line(slot) + peer(isReply), PEER_CLOSED_FIRST);
        }
        if (!table.isAnswered(slot)) {
            if (segment.kind == TcpSegment.RST) {
                // nothing but a reset ever came back (or went on): the connection never was, its tuple is free at once
                table.keep(slot, nowNanos, 0);
                return;
            }
            if (segment.kind == TcpSegment.SYN && old == SYN_SENT) {
                // a SYN that is sent again and again keeps nothing alive
                return;
            }
        } else if ((old == SYN_RECEIVED || old == ESTABLISHED) && next == ESTABLISHED) {
            table.setFlag(slot, Entry.ASSURED);
        }
        refresh(slot, next, nowNanos);
        if (!table.isAnswered(slot) && next == ESTABLISHED) {
            table.keepAtMost(slot, nowNanos, profile.unacknowledgedNanos());
        }
    }

    /** Whether an end may just have sent this sequence number, as an ICMP error claims (RFC 5927, 4.1). */
    boolean isInFlight(int slot, boolean isReply, int sequence) {
        int sender = peer(isReply);
        int receiverWindow = table.getInt(slot, peer(!isReply) + Entry.PEER_MAX_WINDOW);
        int behind = table.getInt(slot, sender + Entry.PEER_END) - sequence;
        return (peerFlags(slot, sender) & PEER_LIBERAL) != 0
                || (behind >= 0 && behind <= Math.max(TcpWindow.MIN_ACK_LAG, receiverWindow));
    }

    private int peerFlags(int slot, int peer) {
        return TcpWindow.flags(table.line(slot) + peer);
    }

    // ---- SYN reuse, and SYNs that we do not believe before they are answered ----

    private boolean mayReopen(int slot, boolean isReply) {
        int flags = peerFlags(slot, Entry.ORIGINAL_PEER) | peerFlags(slot, Entry.REPLY_PEER);
        return (flags & PEER_CLOSED_FIRST) != 0 || (lastDirection(slot) == isReply && lastKind(slot) == TcpSegment.RST);
    }

    private boolean answersUnbelievedSyn(int slot, boolean isReply) {
        return segment.kind == TcpSegment.SYN_ACK
                && lastKind(slot) == TcpSegment.SYN
                && lastDirection(slot) != isReply
                && segment.acknowledgement == table.getInt(slot, Entry.LAST_END);
    }

    private void believeLastSyn(int slot, boolean isReply) {
        int opener = peer(!isReply);
        int end = table.getInt(slot, Entry.LAST_END);
        table.setInt(slot, opener + Entry.PEER_END, end);
        table.setInt(slot, opener + Entry.PEER_MAX_END, end);
        table.setInt(slot, opener + Entry.PEER_MAX_WINDOW, Math.max(1, table.getShort(slot, Entry.LAST_WINDOW)));
        table.setByte(slot, opener + Entry.PEER_SCALE, table.getByte(slot, Entry.LAST_SCALE));
        table.setByte(slot, opener + Entry.PEER_FLAGS, lastFlags(slot) & (PEER_SCALES | PEER_SACK));
        setLastFlags(slot, lastFlags(slot) & ~LAST_CHALLENGED);
        int answerer = peer(isReply);
        int liberal = peerFlags(slot, answerer) & PEER_LIBERAL;
        for (int field = 0; field < Entry.PEER_BYTES; field++) {
            table.setByte(slot, answerer + field, 0);
        }
        table.setByte(slot, answerer + Entry.PEER_FLAGS, liberal);
    }

    private TrackResult passUnbelieved(int slot, boolean isReply, ConnectionState state) {
        last(slot, isReply);
        table.setByte(slot, Entry.LAST_FINGERPRINT, TcpWindow.fingerprint(segment));
        table.setInt(slot, Entry.LAST_END, segment.end);
        table.setShort(slot, Entry.LAST_WINDOW, segment.window);
        if (segment.kind == TcpSegment.SYN && !isReply) {
            int flags = (segment.hasScale ? PEER_SCALES : 0) | (segment.isSackPermitted ? PEER_SACK : 0);
            table.setByte(slot, Entry.LAST_SCALE, segment.scale);
            setLastFlags(slot, state == LAST_ACK ? flags | LAST_CHALLENGED : flags);
        }
        if (state == SYN_SENT && segment.kind == TcpSegment.ACK && isReply) {
            table.setInt(slot, Entry.LAST_ACK, segment.acknowledgement);
        }
        return hit(isReply);
    }

    private boolean isChallengeAcknowledgement(int slot, boolean isReply, ConnectionState old) {
        return old == LAST_ACK
                && segment.kind == TcpSegment.ACK
                && lastDirection(slot) != isReply
                && lastKind(slot) == TcpSegment.SYN
                && (lastFlags(slot) & LAST_CHALLENGED) != 0;
    }

    // ---- resets ----

    private static final int RESET_INVALID = 0;
    private static final int RESET_WITHOUT_WINDOW = 1;
    private static final int RESET_KEEPS_STATE = 2;
    private static final int RESET_CLOSES = 3;
    /** Nothing to compare with: it may be the answer to what passed unbelieved. */
    private static final int RESET_CLOSES_UNKNOWN = 4;

    private int reset(int slot, boolean isReply, ConnectionState old) {
        if (TcpTransitions.isClosing(old)) {
            // the ports may be in use again already, and what we know be old
            return RESET_WITHOUT_WINDOW;
        }
        int receiver = peer(!isReply);
        if ((peerFlags(slot, receiver) & PEER_ACKNOWLEDGED) == 0 || lastKind(slot) == TcpSegment.SYN) {
            return RESET_CLOSES_UNKNOWN;
        }
        boolean isEstablished = old == ESTABLISHED && table.hasFlag(slot, Entry.ASSURED);
        if (segment.sequence == 0 && !isEstablished) {
            return RESET_CLOSES;
        }
        int expected = table.getInt(slot, receiver + Entry.PEER_MAX_ACK);
        if (segment.sequence - expected < 0) {
            return RESET_INVALID;
        }
        boolean followsItsData = lastKind(slot) == TcpSegment.ACK
                && lastDirection(slot) == isReply
                && segment.sequence == table.getInt(slot, Entry.LAST_END);
        // not exact: the receiver answers with a challenge ACK and, if it was meant, gets an exact one
        return !isEstablished || segment.sequence == expected || followsItsData ? RESET_CLOSES : RESET_KEEPS_STATE;
    }

    /** A reset that answers a SYN, an ACK or a challenge ACK which passed though it was out of step with us. */
    private boolean answersWhatWePassed(int slot, ConnectionState old) {
        int kind = lastKind(slot);
        boolean mayAnswer = (table.isAnswered(slot) && kind == TcpSegment.SYN)
                || (!table.hasFlag(slot, Entry.ASSURED) && kind == TcpSegment.ACK);
        if (mayAnswer && segment.acknowledgement == table.getInt(slot, Entry.LAST_END)) {
            return true;
        }
        return old == SYN_SENT
                && kind == TcpSegment.ACK
                && lastDirection(slot)
                && segment.sequence == table.getInt(slot, Entry.LAST_ACK);
    }

    // ---- time-outs ----

    private void refresh(int slot, ConnectionState state, long nowNanos) {
        long timeout = profile.nanos(state);
        int flags = peerFlags(slot, Entry.ORIGINAL_PEER) | peerFlags(slot, Entry.REPLY_PEER);
        if (table.getByte(slot, Entry.RETRANSMITS) >= TrackingProfile.MAX_RETRANSMITS) {
            timeout = Math.min(timeout, profile.retransmittedNanos());
        } else if (segment.kind == TcpSegment.RST) {
            timeout = profile.closedNanos();
        } else if ((flags & PEER_UNACKNOWLEDGED) != 0) {
            timeout = Math.min(timeout, profile.unacknowledgedNanos());
        } else if (table.getShort(slot, Entry.LAST_WINDOW) == 0) {
            timeout = Math.min(timeout, profile.retransmittedNanos());
        }
        table.keep(slot, nowNanos, timeout);
    }

    /**
     * A FIN or reset that we refuse, and then one from the other end: the peers are probably through with each other, so
     * that the entry need not live for days.
     */
    private void shortenAfterInvalid(int slot, boolean isReply, long nowNanos) {
        boolean ends = segment.kind == TcpSegment.FIN || segment.kind == TcpSegment.RST;
        if (!ends || !table.hasFlag(slot, Entry.ASSURED)) {
            return;
        }
        boolean hasOtherEnded = lastKind(slot) == TcpSegment.FIN || lastKind(slot) == TcpSegment.RST;
        if (hasOtherEnded && lastDirection(slot) != isReply) {
            table.keepAtMost(slot, nowNanos, profile.unacknowledgedNanos());
        } else {
            last(slot, isReply);
        }
    }

    // ---- the last packet ----

    private void last(int slot, boolean isReply) {
        if (segment.kind == TcpSegment.SYN) {
            // of the window of an earlier packet nobody shall remember more than a table that was moved does
            table.setShort(slot, Entry.LAST_WINDOW, Math.min(1, table.getShort(slot, Entry.LAST_WINDOW)));
        }
        table.setByte(slot, Entry.LAST_KIND, segment.kind);
        table.setByte(slot, Entry.LAST_DIRECTION, isReply ? REPLY : ORIGINAL);
    }

    private int lastKind(int slot) {
        return table.getByte(slot, Entry.LAST_KIND);
    }

    /** Whether it was a reply. */
    private boolean lastDirection(int slot) {
        return table.getByte(slot, Entry.LAST_DIRECTION) == REPLY;
    }

    private int lastFlags(int slot) {
        return table.getByte(slot, Entry.LAST_FLAGS);
    }

    private void setLastFlags(int slot, int flags) {
        table.setByte(slot, Entry.LAST_FLAGS, flags);
    }

    private static TrackResult hit(boolean isReply) {
        return isReply ? TrackResult.HIT_REPLY : TrackResult.HIT_ORIGINAL;
    }
}
