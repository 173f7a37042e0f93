package io.portcullis.datapath.track;

import java.nio.ByteBuffer;

/**
 * The connections of one chunk as columns, each field with its fellows: what {@link EntryModel} says in as few bits, in a fourth of the time. For IPv4 without
 * ICMP and SCTP, of which there are few; they are written by that. Everything comes back as with it, but times: see {@link TickGrid}, of which version 5 knows nothing.
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

    // ---- what the symbol of a number of bytes depends on
    private static final int FEW_PACKETS = 16;
    private static final int LENGTH_CONTEXTS = FEW_PACKETS - 4;
    /** Kinds on which other columns depend: the first ones, and all others as if they were one. */
    private static final int KIND_CONTEXTS = 8;

    private final TupleDictionary kinds = new TupleDictionary(1);
    private final TupleDictionary policies = new TupleDictionary(4);
    private final TupleDictionary services = new TupleDictionary(2);

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
    private final byte[] kindContexts = new byte[MAX];

    private final PeerColumns peers = new PeerColumns();
    private boolean isOfVersion5;
    private int nowTick;
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

    /**
     * Begins a chunk.
     *
     * @param version of the chunk
     * @param newNowTick times are told as of then; of what is read it does not matter
     */
    void begin(int version, int newNowTick) {
        isOfVersion5 = version == TableCodec.VERSION_OF_FIRST_COLUMNS;
        nowTick = newNowTick;
        kinds.clear();
        peers.begin(version, newNowTick);
        policies.clear();
        services.clear();
        rewind();
    }

    private void rewind() {
        for (Column column : new Column[] {kind, policy, service, step, port, packets, bytes, idle, age}) {
            column.at = 0;
        }
        peers.rewind();
        lastRemote = 0;
        lastOpener = 0;
    }

    int count() {
        return kind.at;
    }

    /** Adds a connection, which comes behind all others in {@link KeyOrder}. False if it is none that can be here: nothing has changed then. */
    boolean add(EntryFields entry) {
        FlowKey key = entry.key;
        boolean isUnusual = key.word >>> FlowKey.KIND_SHIFT != 0 || entry.isSctp() || entry.left > entry.timeout;
        if (isUnusual) {
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
        int lastNumber = entry.hasPeers() ? peers.number(entry) : 0;
        int policyNumber = policies.of(entry.ruleId, entry.revision, entry.admittingRuleId, entry.admittingRevision);
        int serviceNumber = services.of(entry.timeout, local << 16 | servicePort);
        if (kindNumber < 0 || lastNumber < 0 || policyNumber < 0 || serviceNumber < 0) {
            return false;
        }
        addEnds(remote, isOutbound ? localPort : remotePort);
        byte context = kindContext(kindNumber);
        kindContexts[kind.at] = context;
        kind.add(kindNumber);
        policy.add(policyNumber);
        service.add(serviceNumber);
        byteContexts[packets.at] = (byte) byteContext(entry.packets);
        packets.add(entry.packets);
        bytes.add(entry.bytes);
        addIdle(entry);
        if (entry.hasPeers()) {
            peers.add(entry, lastNumber, context);
        } else {
            age.add(entry.age);
        }
        return true;
    }

    private void addIdle(EntryFields entry) {
        long ticks = entry.timeout - entry.left;
        if (isOfVersion5) {
            idle.addSigned(ticks);
        } else {
            idle.add(TickGrid.idleSteps(ticks, TickGrid.idleShift(entry.timeout), nowTick));
        }
    }

    private static byte kindContext(int kindNumber) {
        return (byte) Math.min(kindNumber, KIND_CONTEXTS - 1);
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

    private static int byteContext(long packetCount) {
        return packetCount < FEW_PACKETS
                ? (int) packetCount
                : LENGTH_CONTEXTS + Long.SIZE - Long.numberOfLeadingZeros(packetCount);
    }

    void write() {
        encoder.begin();
        code(encoder, kind.at);
    }

    // ---- reading

    /** Reads so many connections; false if that is not what the bytes are. */
    boolean read(ByteBuffer chunk, int version, int count) {
        begin(version, 0);
        decoder.begin(chunk);
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

    /** Whether what was read says at which tick of the exporter's clock it was written. */
    boolean hasTick() {
        return !isOfVersion5;
    }

    int nowTick() {
        return nowTick;
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
        nextIdle(entry);
        if (entry.hasPeers()) {
            peers.next(entry);
        } else {
            entry.age = age.next();
        }
    }

    private void nextIdle(EntryFields entry) {
        if (isOfVersion5) {
            entry.left = entry.timeout - idle.nextSigned();
        } else {
            // of what was rounded nothing may be left
            long ticks = TickGrid.idle(idle.next(), TickGrid.idleShift(entry.timeout), nowTick);
            entry.left = Math.max(1, entry.timeout - ticks);
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

    // ---- both

    private void code(ColumnCoder coder, int count) {
        if (!isOfVersion5) {
            nowTick = (int) coder.number(nowTick & WORD_MASK);
            peers.setTime(nowTick);
        }
        kinds.code(coder);
        peers.codeTuples(coder);
        policies.code(coder);
        services.code(coder);
        coder.column(kind.values, count, kinds.numbersAre(), null);
        coder.column(policy.values, count, policies.numbersAre(), null);
        for (int i = 0; i < count && coder.isReading(); i++) {
            kindContexts[i] = kindContext((int) kind.values[i]);
        }
        coder.column(service.values, count, services.numbersAre(), isOfVersion5 ? null : kindContexts);
        if (coder.isReading() && !areNumbersSound(count)) {
            coder.damaged();
            return;
        }
        for (int i = 0; i < count && coder.isReading(); i++) {
            expectPeers(kinds.word((int) kind.values[i], 0), kindContexts[i]);
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
        coder.column(age.values, count - peers.count(), ColumnCoder.Kind.MANY, null);
        peers.code(coder);
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
        return kind.isBelow(kinds.size(), count)
                && policy.isBelow(policies.size(), count)
                && service.isBelow(services.size(), count);
    }

    private void expectPeers(long known, byte context) {
        if (ConnectionState.ofCode((int) known & 0xff).hasPeers()) {
            peers.expect((known >>> KIND_FLAGS & Entry.OUTBOUND) != 0, context);
        }
    }
}
