package io.portcullis.datapath.track;

/** One connection between a table and a chunk, as plain values. A flyweight of one thread. */
final class EntryFields {
    static final int ORIGINAL = 0;
    static final int REPLY = 1;

    private static final int PEERS = 2;
    private static final long MAX_TICKS = CoarseClock.ticks(Long.MAX_VALUE);

    final FlowKey key = new FlowKey();
    int flags;
    int state;
    long ruleId;
    long revision;
    long admittingRuleId;
    long admittingRevision;
    long packets;
    long bytes;

    // ---- with peers only, of the original one and of the other ----
    final int[] peerFlags = new int[PEERS];
    final int[] scale = new int[PEERS];
    final int[] end = new int[PEERS];
    final int[] maxEnd = new int[PEERS];
    final int[] maxWindow = new int[PEERS];
    final int[] maxAck = new int[PEERS];

    // ---- with peers only, of the last packet ----
    int lastKind;
    int lastDirection;
    int lastScale;
    int lastFlags;
    int retransmits;
    int fingerprint;
    int lastEnd;
    /** Of a SYN as it was; of others 0 or 1. */
    int lastWindow;

    // ---- in ticks ----
    long age;
    long timeout;
    long left;

    /** Whether state, flags and the key's upper bits go together; the rest may be read only then. */
    boolean isKindSound() {
        return (flags & ~Entry.ALL_FLAGS) == 0
                && ConnectionState.isCode(state)
                && FlowKey.isSound(key.word)
                && EntryRules.fits(ConnectionState.ofCode(state), FlowKey.protocol(key.word), key.isIpv6());
    }

    boolean hasPeers() {
        return ConnectionState.ofCode(state).hasPeers();
    }

    boolean isSctp() {
        return ConnectionState.ofCode(state).isSctp();
    }

    /** Whether the other end has still to acknowledge what this one sent; of an entry with peers. */
    boolean isUnacknowledged(int peer) {
        return !isSctp() && (peerFlags[peer] & TcpTracker.PEER_UNACKNOWLEDGED) != 0;
    }

    boolean isOutbound() {
        return (flags & Entry.OUTBOUND) != 0;
    }

    /** Whether the VM's own address is the lower one of the key. */
    boolean isLocalLower() {
        return isOutbound() == ((flags & Entry.FROM_LOWER) != 0);
    }

    /** Of what was read: whether a table may hold it. */
    boolean isSound() {
        return isKindSound()
                && (!hasPeers() || arePeersSound())
                && packets >>> 32 == 0
                && bytes >>> 48 == 0
                && age >>> 32 == 0
                && timeout >= 0
                && timeout <= MAX_TICKS
                && left > 0
                && left <= MAX_TICKS;
    }

    private boolean arePeersSound() {
        boolean isSound = lastKind <= TcpSegment.RST
                && lastDirection <= 1
                && lastScale <= TcpSegment.MAX_SCALE
                && retransmits <= TrackingProfile.MAX_RETRANSMITS
                && (lastFlags & ~TcpTracker.ALL_LAST_FLAGS) == 0;
        for (int peer = 0; peer < PEERS; peer++) {
            isSound &= (peerFlags[peer] & ~TcpTracker.ALL_PEER_FLAGS) == 0 && scale[peer] <= TcpSegment.MAX_SCALE;
        }
        return isSound;
    }

    void load(ConnectionTable table, int slot, int nowTick) {
        table.key(slot, key);
        flags = table.getByte(slot, Entry.FLAGS) & Entry.ALL_FLAGS;
        state = table.getByte(slot, Entry.STATE);
        ruleId = table.ruleId(slot);
        revision = table.revision(slot);
        admittingRuleId = table.admittingRuleId(slot);
        admittingRevision = table.admittingRevision(slot);
        packets = table.packets(slot);
        bytes = table.bytes(slot);
        if (hasPeers()) {
            table.settle(slot);
            loadPeer(table, slot, Entry.ORIGINAL_PEER, ORIGINAL);
            loadPeer(table, slot, Entry.REPLY_PEER, REPLY);
            loadLast(table, slot);
        }
        age = nowTick - table.getInt(slot, Entry.CREATED) & 0xffff_ffffL;
        timeout = table.clock().timeout(table.getByte(slot, Entry.TIMEOUT_CODE));
        int ticksLeft = table.getInt(slot, Entry.DEADLINE) - nowTick;
        // of a copy that was made a moment ago nothing may be left; who takes it in will find out
        left = Math.max(1, ticksLeft);
    }

    private void loadPeer(ConnectionTable table, int slot, int at, int peer) {
        peerFlags[peer] = table.getByte(slot, at + Entry.PEER_FLAGS);
        scale[peer] = table.getByte(slot, at + Entry.PEER_SCALE);
        end[peer] = table.getInt(slot, at + Entry.PEER_END);
        maxEnd[peer] = table.getInt(slot, at + Entry.PEER_MAX_END);
        maxWindow[peer] = table.getInt(slot, at + Entry.PEER_MAX_WINDOW);
        maxAck[peer] = table.getInt(slot, at + Entry.PEER_MAX_ACK);
    }

    private void loadLast(ConnectionTable table, int slot) {
        lastKind = table.getByte(slot, Entry.LAST_KIND);
        lastDirection = table.getByte(slot, Entry.LAST_DIRECTION);
        lastScale = table.getByte(slot, Entry.LAST_SCALE);
        lastFlags = table.getByte(slot, Entry.LAST_FLAGS);
        retransmits = table.getByte(slot, Entry.RETRANSMITS);
        fingerprint = table.getByte(slot, Entry.LAST_FINGERPRINT);
        lastEnd = table.getInt(slot, Entry.LAST_END);
        lastWindow = EntryCodec.lastWindow(table, slot);
    }

    /** Fills a slot that was taken for its key. */
    void store(ConnectionTable table, int slot, int nowTick) {
        table.setByte(slot, Entry.FLAGS, flags);
        table.setByte(slot, Entry.STATE, state);
        table.judged(slot, ruleId, revision, admittingRuleId, admittingRevision);
        table.setCounters(slot, packets, bytes);
        if (hasPeers()) {
            storePeer(table, slot, Entry.ORIGINAL_PEER, ORIGINAL);
            storePeer(table, slot, Entry.REPLY_PEER, REPLY);
            storeLast(table, slot);
        }
        table.setInt(slot, Entry.CREATED, nowTick - (int) age);
        table.setByte(slot, Entry.TIMEOUT_CODE, table.clock().code((int) timeout));
        table.setInt(slot, Entry.DEADLINE, nowTick + (int) left);
    }

    private void storePeer(ConnectionTable table, int slot, int at, int peer) {
        table.setByte(slot, at + Entry.PEER_FLAGS, peerFlags[peer]);
        table.setByte(slot, at + Entry.PEER_SCALE, scale[peer]);
        table.setInt(slot, at + Entry.PEER_END, end[peer]);
        table.setInt(slot, at + Entry.PEER_MAX_END, maxEnd[peer]);
        table.setInt(slot, at + Entry.PEER_MAX_WINDOW, maxWindow[peer]);
        table.setInt(slot, at + Entry.PEER_MAX_ACK, maxAck[peer]);
    }

    private void storeLast(ConnectionTable table, int slot) {
        table.setByte(slot, Entry.LAST_KIND, lastKind);
        table.setByte(slot, Entry.LAST_DIRECTION, lastDirection);
        table.setByte(slot, Entry.LAST_SCALE, lastScale);
        table.setByte(slot, Entry.LAST_FLAGS, lastFlags);
        table.setByte(slot, Entry.RETRANSMITS, retransmits);
        table.setByte(slot, Entry.LAST_FINGERPRINT, fingerprint);
        table.setInt(slot, Entry.LAST_END, lastEnd);
        table.setShort(slot, Entry.LAST_WINDOW, lastWindow);
    }
}
