package io.portcullis.datapath.track;

/**
 * The connections of one chunk in as few bits as they need: each field under what its fellows in the chunk were like, and as the
 * difference to what the fields before it let expect. One description for both directions, see {@link RangeCoder}. Connections come
 * in {@link KeyOrder}, so that remote addresses are small steps.
 *
 * <p>Everything comes back as it was, but the age of a TCP or SCTP connection, which nothing depends on: its upper four bits (it
 * gets younger by an eighth at most).
 */
final class EntryModel {
    /** No entry takes more: odds are never worse than 9 bits for one, and there are some 300 of them at most. */
    static final int MAX_ENTRY_BYTES = 1024;

    private static final int PORT_BITS = 16;
    private static final int MAX_PORT = (1 << PORT_BITS) - 1;
    private static final int AGE_CODE_BITS = 8;
    private static final int AGE_BITS = 4;
    private static final int COUNT_LENGTHS = 33;

    private final EntryFields entry;
    private final boolean knowsAdmission;
    private final DictionaryModel kinds = new DictionaryModel();
    private final PeerModel established;
    private final PeerModel otherTcp;
    private final PeerModel sctp;

    // ---- ends ----
    private final DictionaryModel localHighs = new DictionaryModel();
    private final DictionaryModel localLows = new DictionaryModel();
    private final NumberModel remoteSteps = new NumberModel();
    private final DictionaryModel remoteHighs = new DictionaryModel();
    private final NumberModel remoteLows = new NumberModel();
    private final NumberModel portSteps = new NumberModel();
    private final NumberModel localPortSteps = new NumberModel();
    private final NumberModel[] openerPorts = numbers(2);
    private final DictionaryModel[] servicePorts = {new DictionaryModel(), new DictionaryModel()};
    private final int[] orderOdds = RangeCoder.odds(1);
    private long localHigh;
    private long localLow;
    private int localPort;
    private long remoteHigh;
    private long remoteLow;
    private int remotePort;

    // ---- the others; by whether there are peers ----
    private final DictionaryModel ruleIds = new DictionaryModel();
    private final DictionaryModel revisions = new DictionaryModel();
    private final int[] judgedAgainOdds = RangeCoder.odds(1);
    private final DictionaryModel admittingRuleIds = new DictionaryModel();
    private final DictionaryModel admittingRevisions = new DictionaryModel();
    private final NumberModel[] packets = numbers(2);
    /** By the length of the number of packets. */
    private final NumberModel[][] bytes = {numbers(COUNT_LENGTHS), numbers(COUNT_LENGTHS)};

    /** With peers: the last of them if one has something to acknowledge, which takes another time-out. */
    private final DictionaryModel[] timeouts = {new DictionaryModel(), new DictionaryModel(), new DictionaryModel()};

    private final NumberModel[] idles = numbers(2);
    private final NumberModel ages = new NumberModel();
    private final int[] ageOdds = RangeCoder.odds(1 << AGE_CODE_BITS);

    /** @param formatVersion of {@link TableCodec} */
    EntryModel(EntryFields entry, int formatVersion) {
        this.entry = entry;
        knowsAdmission = formatVersion > TableCodec.VERSION_WITHOUT_ADMISSION;
        established = new PeerModel(entry);
        otherTcp = new PeerModel(entry);
        sctp = new PeerModel(entry);
    }

    private static NumberModel[] numbers(int count) {
        NumberModel[] models = new NumberModel[count];
        for (int i = 0; i < count; i++) {
            models[i] = new NumberModel();
        }
        return models;
    }

    /** Writes the entry, or reads into it; what was read must be asked whether it is sound. */
    void code(RangeCoder coder) {
        kind(coder);
        if (!entry.isKindSound()) {
            coder.damaged();
            return;
        }
        ends(coder);
        entry.ruleId = ruleIds.code(coder, entry.ruleId);
        entry.revision = revisions.code(coder, entry.revision);
        admission(coder);
        if (entry.hasPeers()) {
            peers().code(coder);
        }
        int set = entry.hasPeers() ? 1 : 0;
        entry.packets = packets[set].code(coder, entry.packets);
        int length = Math.min(COUNT_LENGTHS - 1, Long.SIZE - Long.numberOfLeadingZeros(entry.packets));
        entry.bytes = bytes[set][length].code(coder, entry.bytes);
        boolean isShortened =
                set == 1 && (entry.isUnacknowledged(EntryFields.ORIGINAL) || entry.isUnacknowledged(EntryFields.REPLY));
        entry.timeout = timeouts[isShortened ? 2 : set].code(coder, entry.timeout);
        entry.left = entry.timeout - idles[set].codeSigned(coder, entry.timeout - entry.left);
        entry.age = entry.hasPeers() ? coarse(coder) : ages.code(coder, entry.age);
    }

    /** What admitted it, where that is not what allows it now. */
    private void admission(RangeCoder coder) {
        boolean isOther = entry.admittingRuleId != entry.ruleId || entry.admittingRevision != entry.revision;
        boolean isCoded = knowsAdmission && coder.bit(judgedAgainOdds, 0, isOther ? 1 : 0) == 1;
        entry.admittingRuleId = isCoded ? admittingRuleIds.code(coder, entry.admittingRuleId) : entry.ruleId;
        entry.admittingRevision = isCoded ? admittingRevisions.code(coder, entry.admittingRevision) : entry.revision;
    }

    private PeerModel peers() {
        if (entry.isSctp()) {
            return sctp;
        }
        return entry.state == ConnectionState.ESTABLISHED.code() ? established : otherTcp;
    }

    /** State, flags without the direction bit, protocol and family. */
    private void kind(RangeCoder coder) {
        int flags = entry.flags & ~Entry.FROM_LOWER;
        long kind =
                kinds.code(coder, entry.state | (long) flags << 8 | entry.key.word >>> FlowKey.PROTOCOL_SHIFT << 16);
        if (coder.isReading()) {
            entry.state = (int) kind & 0xff;
            entry.flags = (int) (kind >>> 8) & 0xff & ~Entry.FROM_LOWER;
            entry.key.word = kind >>> 16 << FlowKey.PROTOCOL_SHIFT;
            if (kind >>> 32 != 0) {
                coder.damaged();
            }
        }
    }

    // ---- ends ----

    private void ends(RangeCoder coder) {
        long lastHigh = remoteHigh;
        long lastLow = remoteLow;
        int lastRemotePort = remotePort;
        int lastLocalPort = localPort;
        FlowKey key = entry.key;
        boolean isLocalLower = entry.isLocalLower();
        if (!coder.isReading()) {
            takeEnds(key, isLocalLower);
        }
        localLow = localLows.code(coder, localLow);
        if (key.isIpv6()) {
            localHigh = localHighs.code(coder, localHigh);
            remoteHigh = remoteHighs.code(coder, remoteHigh);
            long base = remoteHigh == lastHigh ? lastLow : 0;
            remoteLow = base + remoteLows.code(coder, remoteLow - base);
        } else {
            localHigh = 0;
            remoteHigh = 0;
            remoteLow = lastLow + remoteSteps.code(coder, remoteLow - lastLow);
            if (remoteLow >>> 32 != 0 || localLow >>> 32 != 0) {
                coder.damaged();
            }
        }
        ports(coder, remoteHigh == lastHigh && remoteLow == lastLow, lastRemotePort, lastLocalPort);
        boolean isExpectedLower = compareEnds() <= 0;
        boolean isAsExpected = coder.bit(orderOdds, 0, isLocalLower == isExpectedLower ? 0 : 1) == 0;
        if (coder.isReading()) {
            putEnds(key, isExpectedLower == isAsExpected);
        }
    }

    private void ports(RangeCoder coder, boolean isSameRemote, int lastRemotePort, int lastLocalPort) {
        int set = entry.hasPeers() ? 1 : 0;
        NumberModel opener = openerPorts[set];
        DictionaryModel service = servicePorts[set];
        boolean isOutbound = entry.isOutbound();
        long remote;
        if (isSameRemote) {
            remote = lastRemotePort + portSteps.code(coder, remotePort - lastRemotePort);
        } else {
            remote = isOutbound ? service.code(coder, remotePort) : opener.code(coder, remotePort);
        }
        long local;
        if (isSameRemote && remote == lastRemotePort) {
            local = lastLocalPort + localPortSteps.code(coder, localPort - lastLocalPort);
        } else {
            local = isOutbound ? opener.code(coder, localPort) : service.code(coder, localPort);
        }
        if ((remote | local) >>> PORT_BITS != 0) {
            coder.damaged();
        }
        remotePort = (int) remote & MAX_PORT;
        localPort = (int) local & MAX_PORT;
    }

    private void takeEnds(FlowKey key, boolean isLocalLower) {
        int lowerPort = FlowKey.lowerPort(key.word);
        int upperPort = FlowKey.upperPort(key.word);
        localHigh = isLocalLower ? key.lowerHigh : key.upperHigh;
        localLow = isLocalLower ? key.lowerLow : key.upperLow;
        localPort = isLocalLower ? lowerPort : upperPort;
        remoteHigh = isLocalLower ? key.upperHigh : key.lowerHigh;
        remoteLow = isLocalLower ? key.upperLow : key.lowerLow;
        remotePort = isLocalLower ? upperPort : lowerPort;
    }

    private void putEnds(FlowKey key, boolean isLocalLower) {
        key.lowerHigh = isLocalLower ? localHigh : remoteHigh;
        key.lowerLow = isLocalLower ? localLow : remoteLow;
        key.upperHigh = isLocalLower ? remoteHigh : localHigh;
        key.upperLow = isLocalLower ? remoteLow : localLow;
        long lowerPort = isLocalLower ? localPort : remotePort;
        long upperPort = isLocalLower ? remotePort : localPort;
        key.word |= lowerPort << 16 | upperPort;
        entry.flags |= isLocalLower == entry.isOutbound() ? Entry.FROM_LOWER : 0;
    }

    /** As {@link FlowKey} orders them. */
    private int compareEnds() {
        int order = Long.compareUnsigned(localHigh, remoteHigh);
        if (order == 0) {
            order = Long.compareUnsigned(localLow, remoteLow);
        }
        return order != 0 ? order : Integer.compare(localPort, remotePort);
    }

    // ---- ages ----

    /** The age's length and its upper bits. */
    private long coarse(RangeCoder coder) {
        int length = Long.SIZE - Long.numberOfLeadingZeros(entry.age);
        int shift = Math.max(0, length - AGE_BITS);
        int step = 1 << (AGE_BITS - 1);
        int code = coder.tree(ageOdds, 0, AGE_CODE_BITS, shift * step + (int) (entry.age >>> shift));
        return code < 2 * step ? code : (long) (step + code % step) << (code / step - 1);
    }
}
