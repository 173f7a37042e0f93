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
    /** Of version 5 one bit: whether it is told. */
    private static final int FINGERPRINT = 22;

    private static final int[] HAS_WINDOW_REST = {24, 25};
    private static final int LAST_BITS = 26;

    private static final int EDGE_AS_EXPECTED = 0;
    private static final int EDGE_SCALED = 1;
    private static final int EDGE_WHOLE = 2;

    // ---- forms of fingerprints
    private static final int WITHOUT_DATA = 0;
    /** The data of the last packet is all that its receiver has not acknowledged. */
    private static final int WITH_UNACKNOWLEDGED = 1;
    /** There was as much data as in the connection before of which that is known. */
    private static final int WITH_LATEST = 2;

    private static final int TOLD = 3;

    private static final int MAX_LENGTH = 0xffff;

    private static final int AGE_BITS = 4;
    private static final int AGE_STEP = 1 << (AGE_BITS - 1);

    private final TupleDictionary lasts = new TupleDictionary(1);
    private final Column coarseAge = new Column();
    private final Column last = new Column();
    private final int[][] ends = new int[PEERS][ColumnCoder.MAX_COUNT];
    /** Of what is read: whether the VM opened it. */
    private final boolean[] areOutbound = new boolean[ColumnCoder.MAX_COUNT];
    /** What the last packets depend on. */
    private final byte[] lastContexts = new byte[ColumnCoder.MAX_COUNT];

    private int count;
    private boolean isOfVersion5;
    private int nowTick;
    /** Bytes of data of a last packet. */
    private int latestLength;

    /** Of the VM's own end, and of the other one. */
    private final Column[] windows = {new Column(), new Column()};

    private final Column[] lags = {new Column(), new Column()};
    private final Column[] edges = {new Column(), new Column()};
    private final Column lastEnd = new Column();
    private final Column fingerprint = new Column();
    private final Column synWindow = new Column();

    /** @param newNowTick ages are told as of then */
    void begin(int version, int newNowTick) {
        isOfVersion5 = version == TableCodec.VERSION_OF_FIRST_COLUMNS;
        nowTick = newNowTick;
        lasts.clear();
        rewind();
    }

    /** What is read is as of then. */
    void setTime(int newNowTick) {
        nowTick = newNowTick;
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
        latestLength = 0;
    }

    int count() {
        return count;
    }

    // ---- writing

    /** What goes with {@link #add}; {@link TupleDictionary#FULL} if it cannot be added. */
    int number(EntryFields entry) {
        return lasts.of(lastOf(entry));
    }

    private long lastOf(EntryFields entry) {
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
        if (isOfVersion5) {
            return known | (PeerModel.expectedFingerprint(entry) != entry.fingerprint ? 1L : 0) << FINGERPRINT;
        }
        for (int peer = 0; peer < PEERS; peer++) {
            known |= (isWhole(entry.maxWindow[peer] & WORD_MASK, entry.scale[peer]) ? 0L : 1) << HAS_WINDOW_REST[peer];
        }
        return known | (long) fingerprintForm(entry) << FINGERPRINT;
    }

    private int fingerprintForm(EntryFields entry) {
        if (PeerModel.expectedFingerprint(entry) == entry.fingerprint) {
            return WITHOUT_DATA;
        }
        int length = unacknowledged(entry);
        if (isLength(length) && PeerModel.expectedFingerprint(entry, length) == entry.fingerprint) {
            return WITH_UNACKNOWLEDGED;
        }
        boolean isLatest =
                isLength(latestLength) && PeerModel.expectedFingerprint(entry, latestLength) == entry.fingerprint;
        return isLatest ? WITH_LATEST : TOLD;
    }

    /** By the receiver of the last packet. */
    private static int unacknowledged(EntryFields entry) {
        return lag(entry, 1 - entry.lastDirection);
    }

    private static boolean isLength(int bytes) {
        return bytes > 0 && bytes <= MAX_LENGTH;
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

    /**
     * Adds what its number does not tell.
     *
     * @param context what its last packet depends on, below {@link ColumnCoder#MAX_CONTEXTS}
     */
    void add(EntryFields entry, int number, byte context) {
        long known = lasts.word(number, 0);
        lastContexts[count] = context;
        last.add(number);
        for (int peer = 0; peer < PEERS; peer++) {
            ends[peer][count] = entry.end[peer];
            windows[place(entry, peer)].add(windowCode(entry, peer, known));
            if (has(known, HAS_LAG[peer])) {
                lags[peer].addSigned(lag(entry, peer));
            }
            int form = (int) (known >>> EDGE[peer]) & 3;
            if (form != EDGE_AS_EXPECTED) {
                int less = lessThanExpected(entry, peer);
                edges[place(entry, peer)].addSigned(form == EDGE_SCALED ? less >> entry.scale[1 - peer] : less);
            }
        }
        count++;
        if (has(known, HAS_LAST_END)) {
            lastEnd.addSigned(entry.end[entry.lastDirection] - entry.lastEnd);
        }
        addFingerprint(entry, fingerprintForm(known));
        if (entry.lastKind == TcpSegment.SYN) {
            synWindow.add(entry.lastWindow);
        }
        coarseAge.add(isOfVersion5 ? ageCode(entry.age) : TickGrid.ageCode(entry.age, nowTick));
    }

    private void addFingerprint(EntryFields entry, int form) {
        if (form == TOLD) {
            fingerprint.add(entry.fingerprint);
        } else if (form == WITH_UNACKNOWLEDGED) {
            latestLength = unacknowledged(entry);
        }
    }

    private int fingerprintForm(long known) {
        if (isOfVersion5) {
            return has(known, FINGERPRINT) ? TOLD : WITHOUT_DATA;
        }
        return (int) (known >>> FINGERPRINT) & 3;
    }

    /** A scaled window has zeros below, and is told without them; where it has not, version 5 says so here. */
    private long windowCode(EntryFields entry, int peer, long known) {
        long window = entry.maxWindow[peer] & WORD_MASK;
        int scale = entry.scale[peer];
        if (isOfVersion5) {
            return isWhole(window, scale) ? window >>> scale << 1 : window << 1 | 1;
        }
        return has(known, HAS_WINDOW_REST[peer]) ? window : window >>> scale;
    }

    private int window(long code, int scale, int peer, long known) {
        if (isOfVersion5) {
            return (int) ((code & 1) == 0 ? code >>> 1 << scale : code >>> 1);
        }
        return (int) (has(known, HAS_WINDOW_REST[peer]) ? code : code << scale);
    }

    private static boolean isWhole(long window, int scale) {
        return (window & (1L << scale) - 1) == 0;
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

    /** The next one that is read was opened by the VM or not, and its last packet depends on this; before {@link #code}. */
    void expect(boolean isOutbound, byte context) {
        lastContexts[count] = context;
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
            entry.maxWindow[peer] = window(windows[place(entry, peer)].next(), entry.scale[peer], peer, known);
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
        nextFingerprint(entry, fingerprintForm(known));
        if (entry.lastKind == TcpSegment.SYN) {
            entry.lastWindow = (int) synWindow.next() & 0xffff;
        }
        long age = coarseAge.next();
        entry.age = isOfVersion5 ? ageOf(age) : TickGrid.age(age, nowTick);
    }

    private void nextFingerprint(EntryFields entry, int form) {
        if (form == TOLD) {
            entry.fingerprint = (int) fingerprint.next() & 0xff;
            return;
        }
        int length = 0;
        if (form == WITH_UNACKNOWLEDGED) {
            length = unacknowledged(entry);
            latestLength = length;
        } else if (form == WITH_LATEST) {
            length = latestLength;
        }
        entry.fingerprint = PeerModel.expectedFingerprint(entry, length);
    }

    private static boolean has(long known, int bit) {
        return (known >>> bit & 1) != 0;
    }

    // ---- both

    void codeTuples(ColumnCoder coder) {
        lasts.code(coder);
    }

    void code(ColumnCoder coder) {
        coder.column(last.values, count, lasts.numbersAre(), isOfVersion5 ? null : lastContexts);
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
                coder.isReading() ? (int) counts[FINGERPRINT] : fingerprint.at,
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
            counts[FINGERPRINT] += fingerprintForm(exceptions) == TOLD ? 1 : 0;
            counts[LAST_BITS] += (exceptions & 7) == TcpSegment.SYN ? 1 : 0;
        }
    }
}
