package io.portcullis.datapath.track;

/**
 * The connections of one chunk as columns, each field with its fellows: what {@link EntryModel} says in as few bits, in a fourth of the time. For IPv4 without
 * ICMP and SCTP, of which there are few; they are written by that. Everything comes back as with it.
 *
 * <p>Traits that go together are one tuple, of which a chunk has few different ones ({@link TupleDictionary}); a bit of the tuple says whether a number is as expected,
 * so that only the others are in its column. Connections come in {@link KeyOrder}. One thread; used again and again.
 */
final class EntryColumns {
    private static final int MAX = ColumnCoder.MAX_COUNT;
    private static final int PEERS = 2;
    private static final long PORT_MASK = 0xffff;
    private static final long WORD_MASK = 0xffff_ffffL;

    // ---- bits of a kind
    private static final int KIND_FLAGS = 8;
    private static final int KIND_PROTOCOL = 16;
    private static final int[] KIND_PEER_FLAGS = {24, 32};
    private static final int[] KIND_SCALE = {40, 44};

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

    // ---- what the symbol of a number of bytes depends on
    private static final int FEW_PACKETS = 16;
    private static final int LENGTH_CONTEXTS = FEW_PACKETS - 4;

    private static final int AGE_BITS = 4;
    private static final int AGE_STEP = 1 << AGE_BITS - 1;

    private final TupleDictionary kinds = new TupleDictionary(1);
    private final TupleDictionary lasts = new TupleDictionary(1);
    private final TupleDictionary policies = new TupleDictionary(4);
    private final TupleDictionary services = new TupleDictionary(2);

    /** A column that is filled from its begin, and read again. */
    private static final class Column {
        final long[] values = new long[MAX];
        int at;

        void add(long value) {
            values[at++] = value;
        }

        void addSigned(long value) {
            values[at++] = Varint.zigzag(value);
        }

        long next() {
            return values[at++];
        }

        long nextSigned() {
            long value = values[at++];
            return value >>> 1 ^ -(value & 1);
        }
    }

    private final Column kind = new Column();
    private final Column policy = new Column();
    private final Column service = new Column();
    private final Column step = new Column();
    private final Column port = new Column();
    private final Column packets = new Column();
    private final Column bytes = new Column();
    private final Column idle = new Column();
    private final Column age = new Column();
    private final byte[] portContexts = new byte[MAX];
    private final byte[] byteContexts = new byte[MAX];

    // ---- of those with peers
    private final Column coarseAge = new Column();
    private final Column last = new Column();
    private final int[][] ends = new int[PEERS][MAX];
    private int peers;
    /** Of the VM's own end, and of the other one. */
    private final Column[] windows = {new Column(), new Column()};

    private final Column[] lags = {new Column(), new Column()};
    private final Column[] edges = {new Column(), new Column()};
    private final Column lastEnd = new Column();
    private final Column fingerprint = new Column();
    private final Column synWindow = new Column();

    private long lastRemote;
    private long lastOpener;

    /** Those of this thread, which are lent until it asks again. */
    private static final ThreadLocal<EntryColumns> OWN = ThreadLocal.withInitial(EntryColumns::new);

    final ColumnEncoder encoder = new ColumnEncoder();
    final ColumnDecoder decoder = new ColumnDecoder();

    private EntryColumns() {}

    static EntryColumns ofThisThread() {
        return OWN.get();
    }

    // ---- writing

    void begin() {
        kinds.clear();
        lasts.clear();
        policies.clear();
        services.clear();
        rewind();
    }

    private void rewind() {
        for (Column column : new Column[] {
            kind,
            policy,
            service,
            step,
            port,
            packets,
            bytes,
            idle,
            age,
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
        peers = 0;
        lastRemote = 0;
        lastOpener = 0;
    }

    int count() {
        return kind.at;
    }

    boolean isFull() {
        return kind.at == MAX;
    }

    /** Adds a connection, which comes behind all others in {@link KeyOrder}. False if it is none that can be here: nothing has changed then. */
    boolean add(EntryFields entry) {
        FlowKey key = entry.key;
        if (key.word >>> FlowKey.KIND_SHIFT != 0 || entry.isSctp()) {
            return false;
        }
        boolean isLocalLower = entry.isLocalLower();
        boolean isOutbound = entry.isOutbound();
        long local = isLocalLower ? key.lowerLow : key.upperLow;
        long remote = isLocalLower ? key.upperLow : key.lowerLow;
        long lowerPort = FlowKey.lowerPort(key.word);
        long upperPort = FlowKey.upperPort(key.word);
        long localPort = isLocalLower ? lowerPort : upperPort;
        long remotePort = isLocalLower ? upperPort : lowerPort;
        if (isLocalLower(local, localPort, remote, remotePort) != isLocalLower) {
            return false;
        }
        long servicePort = isOutbound ? remotePort : localPort;
        int kindNumber = kinds.of(kindOf(entry));
        int lastNumber = entry.hasPeers() ? lasts.of(lastOf(entry)) : 0;
        int policyNumber = policies.of(entry.ruleId, entry.revision, entry.admittingRuleId, entry.admittingRevision);
        int serviceNumber = services.of(entry.timeout, local << 16 | servicePort);
        if (kindNumber < 0 || lastNumber < 0 || policyNumber < 0 || serviceNumber < 0) {
            return false;
        }
        addEnds(remote, isOutbound ? localPort : remotePort);
        kind.add(kindNumber);
        policy.add(policyNumber);
        service.add(serviceNumber);
        byteContexts[packets.at] = (byte) byteContext(entry.packets);
        packets.add(entry.packets);
        bytes.add(entry.bytes);
        idle.addSigned(entry.timeout - entry.left);
        if (entry.hasPeers()) {
            last.add(lastNumber);
            addPeers(entry);
        } else {
            age.add(entry.age);
        }
        return true;
    }

    private void addEnds(long remote, long opener) {
        boolean isSameRemote = remote == lastRemote && step.at > 0;
        portContexts[step.at] = (byte) (isSameRemote ? 1 : 0);
        step.add(remote - lastRemote);
        if (isSameRemote) {
            port.addSigned(opener - lastOpener);
        } else {
            port.add(opener);
        }
        lastRemote = remote;
        lastOpener = opener;
    }

    private static boolean isLocalLower(long local, long localPort, long remote, long remotePort) {
        return local != remote ? local < remote : localPort <= remotePort;
    }

    private static long kindOf(EntryFields entry) {
        long kind = entry.state
                | (long) (entry.flags & ~Entry.FROM_LOWER) << KIND_FLAGS
                | (entry.key.word >>> FlowKey.PROTOCOL_SHIFT & 0xff) << KIND_PROTOCOL;
        if (entry.hasPeers()) {
            for (int peer = 0; peer < PEERS; peer++) {
                kind |= (long) entry.peerFlags[peer] << KIND_PEER_FLAGS[peer]
                        | (long) entry.scale[peer] << KIND_SCALE[peer];
            }
        }
        return kind;
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

    private void addPeers(EntryFields entry) {
        for (int peer = 0; peer < PEERS; peer++) {
            ends[peer][peers] = entry.end[peer];
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
        peers++;
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

    private static int byteContext(long packetCount) {
        return packetCount < FEW_PACKETS
                ? (int) packetCount
                : LENGTH_CONTEXTS + Long.SIZE - Long.numberOfLeadingZeros(packetCount);
    }

    /** The age's length and its upper four bits. */
    private static long ageCode(long age) {
        int shift = Math.max(0, Long.SIZE - Long.numberOfLeadingZeros(age) - AGE_BITS);
        return (long) shift * AGE_STEP + (age >>> shift);
    }

    private static long ageOf(long code) {
        return code < 2 * AGE_STEP ? code : AGE_STEP + code % AGE_STEP << code / AGE_STEP - 1;
    }

    void write() {
        encoder.begin();
        code(encoder, kind.at);
    }

    // ---- reading

    /** Reads so many connections; false if that is not what the bytes are. */
    boolean read(byte[] chunk, int from, int count) {
        begin();
        decoder.begin(chunk, from, chunk.length);
        if (count > MAX) {
            return false;
        }
        code(decoder, count);
        if (!decoder.isAtEnd()) {
            return false;
        }
        rewind();
        return true;
    }

    /** The next connection of those that were read; must be asked whether it is sound. */
    void next(EntryFields entry) {
        boolean isSameRemote = portContexts[step.at] == 1;
        kind((int) kind.next(), entry);
        int policyNumber = (int) policy.next();
        entry.ruleId = policies.word(policyNumber, 0);
        entry.revision = policies.word(policyNumber, 1);
        entry.admittingRuleId = policies.word(policyNumber, 2);
        entry.admittingRevision = policies.word(policyNumber, 3);
        int serviceNumber = (int) service.next();
        entry.timeout = services.word(serviceNumber, 0);
        long localAndPort = services.word(serviceNumber, 1);
        lastRemote = lastRemote + step.next() & WORD_MASK;
        lastOpener = (isSameRemote ? lastOpener + port.nextSigned() : port.next()) & PORT_MASK;
        putEnds(entry, localAndPort >>> 16 & WORD_MASK, localAndPort & PORT_MASK);
        entry.packets = packets.next();
        entry.bytes = bytes.next();
        entry.left = entry.timeout - idle.nextSigned();
        if (entry.hasPeers()) {
            nextPeers(entry);
            entry.age = ageOf(coarseAge.next());
        } else {
            entry.age = age.next();
        }
    }

    private void kind(int number, EntryFields entry) {
        long known = kinds.word(number, 0);
        entry.state = (int) known & 0xff;
        entry.flags = (int) (known >>> KIND_FLAGS) & 0xff & ~Entry.FROM_LOWER;
        entry.key.word = (known >>> KIND_PROTOCOL & 0xff) << FlowKey.PROTOCOL_SHIFT;
        for (int peer = 0; peer < PEERS; peer++) {
            entry.peerFlags[peer] = (int) (known >>> KIND_PEER_FLAGS[peer]) & 0xff;
            entry.scale[peer] = (int) (known >>> KIND_SCALE[peer]) & 0xf;
        }
    }

    private void putEnds(EntryFields entry, long local, long servicePort) {
        FlowKey key = entry.key;
        long localPort = entry.isOutbound() ? lastOpener : servicePort;
        long remotePort = entry.isOutbound() ? servicePort : lastOpener;
        boolean isLocalLower = isLocalLower(local, localPort, lastRemote, remotePort);
        key.lowerHigh = 0;
        key.upperHigh = 0;
        key.lowerLow = isLocalLower ? local : lastRemote;
        key.upperLow = isLocalLower ? lastRemote : local;
        key.word |= (isLocalLower ? localPort : remotePort) << 16 | (isLocalLower ? remotePort : localPort);
        entry.flags |= isLocalLower == entry.isOutbound() ? Entry.FROM_LOWER : 0;
    }

    private void nextPeers(EntryFields entry) {
        long known = lasts.word((int) last.next(), 0);
        entry.lastKind = (int) known & 7;
        entry.lastDirection = (int) (known >>> LAST_DIRECTION) & 1;
        entry.retransmits = (int) (known >>> LAST_RETRANSMITS) & 3;
        entry.lastScale = (int) (known >>> LAST_SCALE) & 15;
        entry.lastFlags = (int) (known >>> LAST_FLAGS) & 15;
        entry.lastWindow = (int) (known >>> LAST_WINDOW) & 1;
        for (int peer = 0; peer < PEERS; peer++) {
            entry.end[peer] = ends[peer][peers];
            long code = windows[place(entry, peer)].next();
            entry.maxWindow[peer] = (int) ((code & 1) == 0 ? code >>> 1 << entry.scale[peer] : code >>> 1);
        }
        peers++;
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
    }

    private static boolean has(long known, int bit) {
        return (known >>> bit & 1) != 0;
    }

    // ---- both

    private void code(ColumnCoder coder, int count) {
        kinds.code(coder);
        lasts.code(coder);
        policies.code(coder);
        services.code(coder);
        coder.column(kind.values, count, kinds.numbersAre(), null);
        coder.column(policy.values, count, policies.numbersAre(), null);
        coder.column(service.values, count, services.numbersAre(), null);
        if (coder.isReading() && !areNumbersSound(count)) {
            coder.damaged();
            return;
        }
        int withPeers = coder.isReading() ? withPeers(count) : peers;
        coder.column(last.values, withPeers, lasts.numbersAre(), null);
        if (coder.isReading() && !areBelow(last.values, withPeers, lasts.size())) {
            coder.damaged();
            return;
        }
        coder.column(step.values, count, ColumnCoder.Kind.MANY, null);
        for (int i = 0; i < count && coder.isReading(); i++) {
            portContexts[i] = (byte) (i > 0 && step.values[i] == 0 ? 1 : 0);
        }
        coder.column(port.values, count, ColumnCoder.Kind.MANY, portContexts);
        coder.column(packets.values, count, ColumnCoder.Kind.MANY, null);
        for (int i = 0; i < count && coder.isReading(); i++) {
            byteContexts[i] = (byte) byteContext(packets.values[i]);
        }
        coder.column(bytes.values, count, ColumnCoder.Kind.FEW, byteContexts);
        coder.column(idle.values, count, ColumnCoder.Kind.MANY, null);
        coder.column(age.values, count - withPeers, ColumnCoder.Kind.MANY, null);
        codePeers(coder, withPeers);
    }

    private void codePeers(ColumnCoder coder, int count) {
        coder.column(coarseAge.values, count, ColumnCoder.Kind.SYMBOLS, null);
        for (int peer = 0; peer < PEERS; peer++) {
            coder.raw(ends[peer], count);
            coder.column(windows[peer].values, count, ColumnCoder.Kind.FEW, null);
        }
        long[] counts = new long[LAST_BITS + 1];
        if (coder.isReading()) {
            countExceptions(count, counts);
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

    // ---- what was read

    private boolean areNumbersSound(int count) {
        EntryFields entry = new EntryFields();
        for (int number = 0; number < kinds.size(); number++) {
            kind(number, entry);
            if (!entry.isKindSound() || entry.isSctp()) {
                return false;
            }
        }
        return areBelow(kind.values, count, kinds.size())
                && areBelow(policy.values, count, policies.size())
                && areBelow(service.values, count, services.size());
    }

    private static boolean areBelow(long[] values, int count, int bound) {
        long highest = -1;
        for (int i = 0; i < count; i++) {
            highest = Math.max(highest, values[i]);
        }
        return highest < bound;
    }

    private int withPeers(int count) {
        int found = 0;
        for (int i = 0; i < count; i++) {
            found += hasPeers((int) kind.values[i]) ? 1 : 0;
        }
        return found;
    }

    private boolean hasPeers(int kindNumber) {
        return ConnectionState.ofCode((int) kinds.word(kindNumber, 0) & 0xff).hasPeers();
    }

    /** By the bits that tell of them; edges by the place of the peer; the last one: SYNs. */
    private void countExceptions(int count, long[] counts) {
        int next = 0;
        for (int i = 0; next < count; i++) {
            long known = kinds.word((int) kind.values[i], 0);
            if (!hasPeers((int) kind.values[i])) {
                continue;
            }
            boolean isOutbound = (known >>> KIND_FLAGS & Entry.OUTBOUND) != 0;
            long exceptions = lasts.word((int) last.values[next++], 0);
            for (int peer = 0; peer < PEERS; peer++) {
                counts[HAS_LAG[peer]] += exceptions >>> HAS_LAG[peer] & 1;
                boolean isOwn = isOutbound == (peer == EntryFields.ORIGINAL);
                counts[EDGE[isOwn ? 0 : 1]] += (exceptions >>> EDGE[peer] & 3) != EDGE_AS_EXPECTED ? 1 : 0;
            }
            counts[HAS_LAST_END] += exceptions >>> HAS_LAST_END & 1;
            counts[HAS_FINGERPRINT] += exceptions >>> HAS_FINGERPRINT & 1;
            counts[LAST_BITS] += (exceptions & 7) == TcpSegment.SYN ? 1 : 0;
        }
    }
}
