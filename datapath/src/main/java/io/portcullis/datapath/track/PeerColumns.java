package io.portcullis.datapath.track;

/**
 * What a chunk of {@link EntryColumns} says of both peers of TCP connections: as {@link PeerModel}, whose comment says what is expected. One thread; used again and
 * again.
 */
final class PeerColumns {
    private static final int PEERS = 2;
    private static final long WORD_MASK = 0xffff_ffffL;

    // ---- bits of what is known of the last packet, and of what is as expected
    private static final int LAST_DIRECTION = 3;
    private static final int LAST_RETRANSMITS = 4;
    private static final int LAST_SCALE = 6;
    private static final int LAST_FLAGS = 10;
    private static final int LAST_WINDOW = 14;
    private static final int[] HAS_LAG = {15, 16};
    private static final int[] EDGE = {17, 19};
    private static final int HAS_LAST_END = 21;
    private static final int HAS_FINGERPRINT = 22;
    private static final int LAST_BITS = 23;

    private static final int EDGE_AS_EXPECTED = 0;
    private static final int EDGE_SCALED = 1;
    private static final int EDGE_WHOLE = 2;

    private static final int AGE_BITS = 4;
    private static final int AGE_STEP = 1 << (AGE_BITS - 1);

    private final TupleDictionary lasts = new TupleDictionary(1);
    private final Column coarseAge = new Column();
    private final Column last = new Column();
    private final int[][] ends = new int[PEERS][ColumnCoder.MAX_COUNT];
    /** Of what is read: whether the VM opened it. */
    private final boolean[] areOutbound = new boolean[ColumnCoder.MAX_COUNT];

    private int count;
    /** Of the VM's own end, and of the other one. */
    private final Column[] windows = {new Column(), new Column()};

    private final Column[] lags = {new Column(), new Column()};
    private final Column[] edges = {new Column(), new Column()};
    private final Column lastEnd = new Column();
    private final Column fingerprint = new Column();
    private final Column synWindow = new Column();

    void clear() {
        lasts.clear();
        rewind();
    }

    /** Back to the first one. */
    void rewind() {
        for (Column column : new Column[] {
            coarseAge,
            last,
            windows[0],
            windows[1],
            lags[0],
            lags[1],
            edges[0],
            edges[1],
            lastEnd,
            fingerprint,
            synWindow
        }) {
            column.at = 0;
        }
        count = 0;
    }

    int count() {
        return count;
    }

    // ---- writing

    /** What goes with {@link #add}; {@link TupleDictionary#FULL} if it cannot be added. */
    int number(EntryFields entry) {
        return lasts.of(lastOf(entry));
    }

    private static long lastOf(EntryFields entry) {
        boolean isSyn = entry.lastKind == TcpSegment.SYN;
        long known = entry.lastKind
                | (long) entry.lastDirection << LAST_DIRECTION
                | (long) entry.retransmits << LAST_RETRANSMITS
                | (long) entry.lastScale << LAST_SCALE
                | (long) entry.lastFlags << LAST_FLAGS
                | (isSyn ? 0L : entry.lastWindow) << LAST_WINDOW;
        for (int peer = 0; peer < PEERS; peer++) {
            known |= (lag(entry, peer) != 0 ? 1L : 0) << HAS_LAG[peer] | (long) edgeForm(entry, peer) << EDGE[peer];
        }
        known |= (entry.end[entry.lastDirection] != entry.lastEnd ? 1L : 0) << HAS_LAST_END;
        return known | (PeerModel.expectedFingerprint(entry) != entry.fingerprint ? 1L : 0) << HAS_FINGERPRINT;
    }

    private static int lag(EntryFields entry, int peer) {
        return entry.end[1 - peer] - entry.maxAck[peer];
    }

    private static int lessThanExpected(EntryFields entry, int peer) {
        return entry.maxAck[1 - peer] + entry.maxWindow[1 - peer] - entry.maxEnd[peer];
    }

    private static int edgeForm(EntryFields entry, int peer) {
        int less = lessThanExpected(entry, peer);
        if (less == 0) {
            return EDGE_AS_EXPECTED;
        }
        return (less & (1 << entry.scale[1 - peer]) - 1) == 0 ? EDGE_SCALED : EDGE_WHOLE;
    }

    private static int place(EntryFields entry, int peer) {
        return entry.isOutbound() == (peer == EntryFields.ORIGINAL) ? 0 : 1;
    }

    void add(EntryFields entry, int number) {
        last.add(number);
        for (int peer = 0; peer < PEERS; peer++) {
            ends[peer][count] = entry.end[peer];
            windows[place(entry, peer)].add(windowCode(entry.maxWindow[peer] & WORD_MASK, entry.scale[peer]));
            int lag = lag(entry, peer);
            if (lag != 0) {
                lags[peer].addSigned(lag);
            }
            int form = edgeForm(entry, peer);
            if (form != EDGE_AS_EXPECTED) {
                int less = lessThanExpected(entry, peer);
                edges[place(entry, peer)].addSigned(form == EDGE_SCALED ? less >> entry.scale[1 - peer] : less);
            }
        }
        count++;
        int less = entry.end[entry.lastDirection] - entry.lastEnd;
        if (less != 0) {
            lastEnd.addSigned(less);
        }
        if (PeerModel.expectedFingerprint(entry) != entry.fingerprint) {
            fingerprint.add(entry.fingerprint);
        }
        if (entry.lastKind == TcpSegment.SYN) {
            synWindow.add(entry.lastWindow);
        }
        coarseAge.add(ageCode(entry.age));
    }

    private static long windowCode(long window, int scale) {
        return (window & (1L << scale) - 1) == 0 ? window >>> scale << 1 : window << 1 | 1;
    }

    /** The age's length and its upper four bits. */
    private static long ageCode(long age) {
        int shift = Math.max(0, Long.SIZE - Long.numberOfLeadingZeros(age) - AGE_BITS);
        return (long) shift * AGE_STEP + (age >>> shift);
    }

    private static long ageOf(long code) {
        return code < 2 * AGE_STEP ? code : (AGE_STEP + code % AGE_STEP) << (code / AGE_STEP - 1);
    }

    // ---- reading

    /** The next one that is read was opened by the VM or not; before {@link #code}. */
    void expect(boolean isOutbound) {
        areOutbound[count++] = isOutbound;
    }

    /** Fills what there is of the next one, of which the kind and the direction are known. */
    void next(EntryFields entry) {
        long known = lasts.word((int) last.next(), 0);
        entry.lastKind = (int) known & 7;
        entry.lastDirection = (int) (known >>> LAST_DIRECTION) & 1;
        entry.retransmits = (int) (known >>> LAST_RETRANSMITS) & 3;
        entry.lastScale = (int) (known >>> LAST_SCALE) & 15;
        entry.lastFlags = (int) (known >>> LAST_FLAGS) & 15;
        entry.lastWindow = (int) (known >>> LAST_WINDOW) & 1;
        for (int peer = 0; peer < PEERS; peer++) {
            entry.end[peer] = ends[peer][count];
            long code = windows[place(entry, peer)].next();
            entry.maxWindow[peer] = (int) ((code & 1) == 0 ? code >>> 1 << entry.scale[peer] : code >>> 1);
        }
        count++;
        for (int peer = 0; peer < PEERS; peer++) {
            long lag = has(known, HAS_LAG[peer]) ? lags[peer].nextSigned() : 0;
            entry.maxAck[peer] = entry.end[1 - peer] - (int) lag;
        }
        for (int peer = 0; peer < PEERS; peer++) {
            int form = (int) (known >>> EDGE[peer]) & 3;
            long less = form == EDGE_AS_EXPECTED ? 0 : edges[place(entry, peer)].nextSigned();
            entry.maxEnd[peer] = entry.maxAck[1 - peer]
                    + entry.maxWindow[1 - peer]
                    - (int) (form == EDGE_SCALED ? less << entry.scale[1 - peer] : less);
        }
        entry.lastEnd = entry.end[entry.lastDirection] - (int) (has(known, HAS_LAST_END) ? lastEnd.nextSigned() : 0);
        entry.fingerprint =
                has(known, HAS_FINGERPRINT) ? (int) fingerprint.next() & 0xff : PeerModel.expectedFingerprint(entry);
        if (entry.lastKind == TcpSegment.SYN) {
            entry.lastWindow = (int) synWindow.next() & 0xffff;
        }
        entry.age = ageOf(coarseAge.next());
    }

    private static boolean has(long known, int bit) {
        return (known >>> bit & 1) != 0;
    }

    // ---- both

    void codeTuples(ColumnCoder coder) {
        lasts.code(coder);
    }

    void code(ColumnCoder coder) {
        coder.column(last.values, count, lasts.numbersAre(), null);
        if (coder.isReading() && !last.isBelow(lasts.size(), count)) {
            coder.damaged();
            return;
        }
        coder.column(coarseAge.values, count, ColumnCoder.Kind.SYMBOLS, null);
        for (int peer = 0; peer < PEERS; peer++) {
            coder.raw(ends[peer], count);
            coder.column(windows[peer].values, count, ColumnCoder.Kind.FEW, null);
        }
        long[] counts = new long[LAST_BITS + 1];
        if (coder.isReading()) {
            countExceptions(counts);
        }
        for (int peer = 0; peer < PEERS; peer++) {
            int withLag = coder.isReading() ? (int) counts[HAS_LAG[peer]] : lags[peer].at;
            coder.column(lags[peer].values, withLag, ColumnCoder.Kind.FEW, null);
            int withEdge = coder.isReading() ? (int) counts[EDGE[peer]] : edges[peer].at;
            coder.column(edges[peer].values, withEdge, ColumnCoder.Kind.FEW, null);
        }
        coder.column(
                lastEnd.values,
                coder.isReading() ? (int) counts[HAS_LAST_END] : lastEnd.at,
                ColumnCoder.Kind.FEW,
                null);
        coder.column(
                fingerprint.values,
                coder.isReading() ? (int) counts[HAS_FINGERPRINT] : fingerprint.at,
                ColumnCoder.Kind.SYMBOLS,
                null);
        coder.column(
                synWindow.values,
                coder.isReading() ? (int) counts[LAST_BITS] : synWindow.at,
                ColumnCoder.Kind.FEW,
                null);
    }

    /** By the bits that tell of them; edges by the place of the peer; the last one: SYNs. */
    private void countExceptions(long[] counts) {
        for (int i = 0; i < count; i++) {
            long exceptions = lasts.word((int) last.values[i], 0);
            for (int peer = 0; peer < PEERS; peer++) {
                counts[HAS_LAG[peer]] += exceptions >>> HAS_LAG[peer] & 1;
                boolean isOwn = areOutbound[i] == (peer == EntryFields.ORIGINAL);
                counts[EDGE[isOwn ? 0 : 1]] += (exceptions >>> EDGE[peer] & 3) != EDGE_AS_EXPECTED ? 1 : 0;
            }
            counts[HAS_LAST_END] += exceptions >>> HAS_LAST_END & 1;
            counts[HAS_FINGERPRINT] += exceptions >>> HAS_FINGERPRINT & 1;
            counts[LAST_BITS] += (exceptions & 7) == TcpSegment.SYN ? 1 : 0;
        }
    }
}
