package io.portcullis.datapath.track;

import io.portcullis.datapath.memory.NativeMemory;
import io.portcullis.datapath.offload.SegmentFingerprint;

/**
 * The window checks of Guido van Rooij ("Real Stateful TCP Packet Filtering in IP Filter", SANE 2000) with the bounds of
 * the Linux tracker (tcp_in_window in nf_conntrack_proto_tcp.c, Linux 6). All numbers are modulo 2^32.
 *
 * <p>A peer is given as the address of its fields in the connection's line.
 *
 * <pre>
 * I    sequence        <= sender.maxEnd
 * II   end             >= sender.end - receiver.maxWindow
 * III  (s)ack          <= receiver.end
 * IV   (s)ack          >= receiver.end - max(66000, sender.maxWindow)
 * </pre>
 *
 * A breach of I or III is invalid. A breach of II or IV is an old duplicate that can do nothing: it passes and changes
 * nothing. So does a sender that overshoots the window by less than a window.
 */
final class TcpWindow {
    /** What {@link #check} found. */
    enum Outcome {
        /** In the window; the peers' edges are up to date. */
        ACCEPTED,
        /** Harmless but not to be believed: state and time-outs stay. */
        PASS_UNCHANGED,
        INVALID_SEQUENCE,
        INVALID_ACKNOWLEDGEMENT
    }

    /** MAXACKWINCONST: how far an acknowledgement may lag behind at least. */
    static final int MIN_ACK_LAG = 66_000;

    private static final int MAX_PAYLOAD_BYTES = 65_535 - 20;

    private ConnectionTable table;
    private final TcpSegment segment;
    /** Both peers as they lie in the entry, one behind the other. */
    private final int[] savedPeers = new int[2 * Entry.PEER_BYTES / Integer.BYTES];

    TcpWindow(ConnectionTable table, TcpSegment segment) {
        this.table = table;
        this.segment = segment;
    }

    void turnTo(ConnectionTable newTable) {
        table = newTable;
    }

    /**
     * Checks the segment.
     *
     * @param state the one before this segment
     * @param movesEdges whether an accepted segment counts as sent and acknowledged by its sender
     */
    Outcome check(int slot, boolean isReply, ConnectionState state, boolean movesEdges) {
        long sender = table.line(slot) + TcpTracker.peer(isReply);
        long receiver = table.line(slot) + TcpTracker.peer(!isReply);
        int sequence = segment.sequence;
        int end = segment.end;
        if (segment.isCutShort) {
            // as long as the receiver could take, or else its acknowledgement would look like one of nothing
            int most = Math.min(MAX_PAYLOAD_BYTES, maxWindow(receiver));
            end = end - (sequence + most) < 0 ? sequence + most : end;
        }
        int ack = segment.acknowledgement;
        int sack = ack;
        if (segment.hasSack && (flags(receiver) & TcpTracker.PEER_SACK) != 0 && segment.sackEdge - ack > 0) {
            sack = segment.sackEdge;
        }
        boolean isFirst = maxWindow(sender) == 0;
        boolean isBeginning = isFirst || isNewSyn(sender, state);
        if (isBeginning) {
            save(slot);
        }
        if (isFirst) {
            if (segment.isSyn) {
                begin(slot, isReply);
                if (!segment.isAck) {
                    return Outcome.ACCEPTED;
                }
            } else {
                meet(sender, receiver, sack);
            }
        } else if (isBeginning) {
            begin(slot, isReply);
            if (isReply && !segment.isAck) {
                return Outcome.ACCEPTED;
            }
        }
        if (!segment.isAck || (segment.kind == TcpSegment.RST && ack == 0)) {
            // no acknowledgement, or a reset of a stack that forgets it: as if it were right
            ack = end(receiver);
            sack = ack;
        }
        if (segment.kind == TcpSegment.RST && sequence == 0 && state == ConnectionState.SYN_SENT) {
            // the answer to a SYN
            sequence = end(sender);
            end = sequence;
        }
        Outcome outcome = bounds(sender, receiver, sequence, end, sack);
        if (outcome != Outcome.ACCEPTED && (flags(sender) & TcpTracker.PEER_LIBERAL) == 0) {
            if (isBeginning && outcome != Outcome.PASS_UNCHANGED) {
                restore(slot);
            }
            return outcome;
        }
        if (outcome == Outcome.ACCEPTED && movesEdges) {
            update(slot, isReply, end, ack, sack);
        }
        return Outcome.ACCEPTED;
    }

    /**
     * What an end begins with counts only if its first segment is right: a made-up answer to a SYN must not set out numbers that
     * keep the true one out. (Linux lets them stand.)
     */
    private void save(int slot) {
        for (int i = 0; i < savedPeers.length; i++) {
            savedPeers[i] = table.getInt(slot, Entry.ORIGINAL_PEER + i * Integer.BYTES);
        }
    }

    private void restore(int slot) {
        for (int i = 0; i < savedPeers.length; i++) {
            table.setInt(slot, Entry.ORIGINAL_PEER + i * Integer.BYTES, savedPeers[i]);
        }
    }

    private boolean isNewSyn(long sender, ConnectionState state) {
        return segment.isSyn
                && (state == ConnectionState.SYN_SENT || state == ConnectionState.SYN_RECEIVED)
                && segment.end - end(sender) > 0;
    }

    private static Outcome bounds(long sender, long receiver, int sequence, int end, int sack) {
        int senderEnd = end(sender);
        int maxEnd = NativeMemory.getInt(sender + Entry.PEER_MAX_END);
        int receiverEnd = end(receiver);
        int receiverWindow = maxWindow(receiver);
        int ackLag = Math.max(MIN_ACK_LAG, maxWindow(sender));
        boolean isAckBelow = sack - (receiverEnd - ackLag) < 0;
        boolean isAckBeyond = sack - receiverEnd > 0;
        boolean isAboveLowerEdge = end - (senderEnd - receiverWindow) >= 0;
        if (sequence - maxEnd > 0) {
            boolean isOvershoot = receiverWindow != 0
                    && isAboveLowerEdge
                    && !isAckBelow
                    && !isAckBeyond
                    && Integer.compareUnsigned(end - maxEnd + 1, receiverWindow) <= 0;
            if (isOvershoot) {
                // the receiver may take and acknowledge it: then that must not look like an acknowledgement of nothing
                NativeMemory.setInt(sender + Entry.PEER_END, end);
                addFlags(sender, TcpTracker.PEER_UNACKNOWLEDGED);
                return Outcome.PASS_UNCHANGED;
            }
            return Outcome.INVALID_SEQUENCE;
        }
        if (isAckBeyond) {
            return Outcome.INVALID_ACKNOWLEDGEMENT;
        }
        boolean isOld = receiverWindow != 0 && !isAboveLowerEdge;
        return isOld || isAckBelow ? Outcome.PASS_UNCHANGED : Outcome.ACCEPTED;
    }

    private void update(int slot, boolean isReply, int end, int ack, int sack) {
        long sender = table.line(slot) + TcpTracker.peer(isReply);
        long receiver = table.line(slot) + TcpTracker.peer(!isReply);
        // windows of SYNs are never scaled (RFC 7323, 2.2)
        int window = segment.isSyn ? segment.window : segment.window << NativeMemory.getByte(sender + Entry.PEER_SCALE);
        int sackWindow = window + (sack - ack);
        if (Integer.compareUnsigned(maxWindow(sender), sackWindow) < 0) {
            NativeMemory.setInt(sender + Entry.PEER_MAX_WINDOW, sackWindow);
        }
        boolean isNews = end - end(sender) > 0;
        if (isNews) {
            NativeMemory.setInt(sender + Entry.PEER_END, end);
            addFlags(sender, TcpTracker.PEER_UNACKNOWLEDGED);
        }
        if (segment.isAck) {
            boolean isFirst = (flags(sender) & TcpTracker.PEER_ACKNOWLEDGED) == 0;
            if (isFirst || ack - NativeMemory.getInt(sender + Entry.PEER_MAX_ACK) > 0) {
                isNews = true;
                NativeMemory.setInt(sender + Entry.PEER_MAX_ACK, ack);
                addFlags(sender, TcpTracker.PEER_ACKNOWLEDGED);
            }
        }
        int overshoot = end - NativeMemory.getInt(sender + Entry.PEER_MAX_END);
        if (maxWindow(receiver) != 0 && overshoot > 0) {
            NativeMemory.setInt(receiver + Entry.PEER_MAX_WINDOW, maxWindow(receiver) + overshoot);
        }
        int right = sack + window;
        if (right - NativeMemory.getInt(receiver + Entry.PEER_MAX_END) >= 0) {
            // one byte of a zero window may be probed
            NativeMemory.setInt(receiver + Entry.PEER_MAX_END, window == 0 ? right + 1 : right);
        }
        if (ack == end(receiver)) {
            clearFlags(receiver, TcpTracker.PEER_UNACKNOWLEDGED);
        }
        if (segment.kind == TcpSegment.ACK) {
            countRetransmits(slot, isReply, isNews, end);
        }
    }

    private void countRetransmits(int slot, boolean isReply, boolean isNews, int end) {
        int direction = isReply ? 1 : 0;
        int fingerprint = fingerprint(segment);
        boolean isSame = !isNews
                && table.getByte(slot, Entry.LAST_DIRECTION) == direction
                && table.getByte(slot, Entry.LAST_FINGERPRINT) == fingerprint;
        int retransmits = isSame ? table.getByte(slot, Entry.RETRANSMITS) + 1 : 0;
        table.setByte(slot, Entry.RETRANSMITS, Math.min(TrackingProfile.MAX_RETRANSMITS, retransmits));
        table.setByte(slot, Entry.LAST_DIRECTION, direction);
        table.setByte(slot, Entry.LAST_FINGERPRINT, fingerprint);
        table.setInt(slot, Entry.LAST_END, end);
        table.setShort(slot, Entry.LAST_WINDOW, segment.window);
    }

    /**
     * 8 bits that tell a segment which moves no edge from the one before: enough, because only three equal ones in a row mean
     * anything, and all that they do is to bound a time-out.
     */
    static int fingerprint(TcpSegment segment) {
        return fingerprint(segment.sequence, segment.acknowledgement, segment.end, segment.window);
    }

    static int fingerprint(int sequence, int acknowledgement, int end, int window) {
        return SegmentFingerprint.of(sequence, acknowledgement, end, window);
    }

    /** A SYN or SYN-ACK sets out this end's numbers. */
    private void begin(int slot, boolean isReply) {
        long sender = table.line(slot) + TcpTracker.peer(isReply);
        long receiver = table.line(slot) + TcpTracker.peer(!isReply);
        NativeMemory.setInt(sender + Entry.PEER_END, segment.end);
        NativeMemory.setInt(sender + Entry.PEER_MAX_END, segment.end);
        NativeMemory.setInt(sender + Entry.PEER_MAX_WINDOW, Math.max(1, segment.window));
        options(sender);
        boolean bothScale = (flags(sender) & flags(receiver) & TcpTracker.PEER_SCALES) != 0;
        if (isReply && !bothScale) {
            // RFC 7323, 2.2: scaling is on only if both say so
            NativeMemory.setByte(sender + Entry.PEER_SCALE, 0);
            NativeMemory.setByte(receiver + Entry.PEER_SCALE, 0);
        }
    }

    /** The first packet that we see of an end whose beginning we missed. */
    private void meet(long sender, long receiver, int sack) {
        int window = Math.max(1, segment.window << NativeMemory.getByte(sender + Entry.PEER_SCALE));
        NativeMemory.setInt(sender + Entry.PEER_END, segment.end);
        NativeMemory.setInt(sender + Entry.PEER_MAX_WINDOW, window);
        NativeMemory.setInt(sender + Entry.PEER_MAX_END, segment.end + window);
        if (maxWindow(receiver) == 0) {
            NativeMemory.setInt(receiver + Entry.PEER_END, sack);
            NativeMemory.setInt(receiver + Entry.PEER_MAX_END, sack);
        } else if (sack == end(receiver) + 1) {
            // the answer to a keep-alive
            NativeMemory.setInt(receiver + Entry.PEER_END, sack);
        }
    }

    /** Takes over scale and SACK permission of a SYN. */
    void options(long peer) {
        if (!segment.hasOptions) {
            return;
        }
        int flags = flags(peer) & TcpTracker.PEER_LIBERAL;
        flags |= segment.hasScale ? TcpTracker.PEER_SCALES : 0;
        flags |= segment.isSackPermitted ? TcpTracker.PEER_SACK : 0;
        NativeMemory.setByte(peer + Entry.PEER_SCALE, segment.scale);
        NativeMemory.setByte(peer + Entry.PEER_FLAGS, flags);
    }

    static int flags(long peer) {
        return NativeMemory.getByte(peer + Entry.PEER_FLAGS);
    }

    static void addFlags(long peer, int flags) {
        NativeMemory.setByte(peer + Entry.PEER_FLAGS, flags(peer) | flags);
    }

    private static void clearFlags(long peer, int flags) {
        NativeMemory.setByte(peer + Entry.PEER_FLAGS, flags(peer) & ~flags);
    }

    private static int end(long peer) {
        return NativeMemory.getInt(peer + Entry.PEER_END);
    }

    private static int maxWindow(long peer) {
        return NativeMemory.getInt(peer + Entry.PEER_MAX_WINDOW);
    }
}
