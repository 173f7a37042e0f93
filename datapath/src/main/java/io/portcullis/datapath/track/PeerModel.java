package io.portcullis.datapath.track;

/**
 * What a chunk says of both peers of a TCP connection or SCTP association, see {@link EntryModel}. Where a sender's data ends is as random as where
 * it began; everything else is expected: all is acknowledged, the window is as wide as ever, the last packet ended where its sender
 * does, and carried nothing.
 */
final class PeerModel {
    private static final int PEERS = 2;
    private static final int FINGERPRINT_BITS = 8;

    private final EntryFields entry;
    /** Like windows and edges: the VM's own end, which is one system, and the other one. */
    private final DictionaryModel[] traits = {new DictionaryModel(), new DictionaryModel()};

    private final DictionaryModel[] windows = {new DictionaryModel(), new DictionaryModel()};
    /** By whether the tracker holds something of the other end for not acknowledged. */
    private final NumberModel[] acknowledged = {new NumberModel(), new NumberModel()};

    private final NumberModel[] edges = {new NumberModel(), new NumberModel()};
    private final int[] edgeOdds = RangeCoder.odds(PEERS);
    private final DictionaryModel last = new DictionaryModel();
    private final NumberModel lastEnd = new NumberModel();
    private final NumberModel synWindow = new NumberModel();
    private final int[] fingerprintOdds = RangeCoder.odds(1);

    PeerModel(EntryFields entry) {
        this.entry = entry;
    }

    void code(RangeCoder coder) {
        for (int peer = 0; peer < PEERS; peer++) {
            traits(coder, peer);
            entry.end[peer] = (int) coder.rawLong(entry.end[peer] & 0xffff_ffffL, Integer.SIZE);
            window(coder, peer);
        }
        for (int peer = 0; peer < PEERS; peer++) {
            int expected = entry.isSctp() ? 0 : entry.end[1 - peer];
            int lag = expected - entry.maxAck[peer];
            NumberModel model = acknowledged[entry.isUnacknowledged(1 - peer) ? 1 : 0];
            entry.maxAck[peer] = expected - (int) model.codeSigned(coder, lag);
        }
        for (int peer = 0; peer < PEERS; peer++) {
            edge(coder, peer);
        }
        last(coder);
    }

    private int place(int peer) {
        return entry.isOutbound() == (peer == EntryFields.ORIGINAL) ? 0 : 1;
    }

    private void traits(RangeCoder coder, int peer) {
        long both = traits[place(peer)].code(coder, entry.peerFlags[peer] | (long) entry.scale[peer] << 8);
        if (coder.isReading()) {
            entry.peerFlags[peer] = (int) both & 0xff;
            entry.scale[peer] = (int) (both >>> 8) & 0xff;
            if (both >>> 16 != 0) {
                coder.damaged();
            }
        }
    }

    /** A scaled window has zeros below: it is written without them, times two; what has none, times two and one. */
    private void window(RangeCoder coder, int peer) {
        int scale = entry.scale[peer];
        long window = entry.maxWindow[peer] & 0xffff_ffffL;
        boolean isWhole = (window & (1L << scale) - 1) == 0;
        long code = windows[place(peer)].code(coder, isWhole ? window >>> scale << 1 : window << 1 | 1);
        long coded = (code & 1) == 0 ? code >>> 1 << scale : code >>> 1;
        if (coded >>> 32 != 0) {
            coder.damaged();
        }
        entry.maxWindow[peer] = (int) coded;
    }

    /** How far the window that it may fill is from the widest one of the other end. */
    private void edge(RangeCoder coder, int peer) {
        int other = 1 - peer;
        int scale = entry.scale[other];
        int expected = entry.maxAck[other] + entry.maxWindow[other];
        int less = expected - entry.maxEnd[peer];
        boolean isScaled = coder.bit(edgeOdds, place(peer), (less & (1L << scale) - 1) == 0 ? 0 : 1) == 0;
        int shift = isScaled ? scale : 0;
        long coded = edges[place(peer)].codeSigned(coder, less >> shift) << shift;
        entry.maxEnd[peer] = expected - (int) coded;
    }

    private void last(RangeCoder coder) {
        boolean isSyn = entry.lastKind == TcpSegment.SYN;
        int window = isSyn ? 0 : entry.lastWindow;
        long code = last.code(
                coder,
                entry.lastKind
                        | entry.lastDirection << 3
                        | entry.retransmits << 4
                        | entry.lastScale << 6
                        | entry.lastFlags << 10
                        | window << 14);
        if (coder.isReading()) {
            int known = (int) code;
            entry.lastKind = known & 7;
            entry.lastDirection = known >>> 3 & 1;
            entry.retransmits = known >>> 4 & 3;
            entry.lastScale = known >>> 6 & 15;
            entry.lastFlags = known >>> 10 & 15;
            entry.lastWindow = known >>> 14 & 1;
            if (code >>> 15 != 0) {
                coder.damaged();
            }
        }
        if (entry.lastKind == TcpSegment.SYN) {
            long syn = synWindow.code(coder, entry.lastWindow);
            if (syn >>> 16 != 0) {
                coder.damaged();
            }
            entry.lastWindow = (int) syn & 0xffff;
        }
        int expected = entry.isSctp() ? 0 : entry.end[entry.lastDirection];
        entry.lastEnd = expected - (int) lastEnd.codeSigned(coder, expected - entry.lastEnd);
        int fingerprint = expectedFingerprint(entry);
        if (coder.bit(fingerprintOdds, 0, fingerprint == entry.fingerprint ? 0 : 1) == 0) {
            entry.fingerprint = fingerprint;
        } else {
            entry.fingerprint = coder.raw(entry.fingerprint, FINGERPRINT_BITS);
        }
    }

    /** If the last packet was an acknowledgement without data that opened the other end's window. */
    static int expectedFingerprint(EntryFields entry) {
        return expectedFingerprint(entry, 0);
    }

    /** If it had so many bytes of data. */
    static int expectedFingerprint(EntryFields entry, int length) {
        if (entry.lastKind != TcpSegment.ACK) {
            return 0;
        }
        int sender = entry.lastDirection;
        int end = entry.end[sender];
        int ack = entry.maxAck[sender];
        int window = (entry.maxEnd[1 - sender] - ack) >>> entry.scale[sender] & 0xffff;
        return TcpWindow.fingerprint(end - length, ack, end, window);
    }
}
