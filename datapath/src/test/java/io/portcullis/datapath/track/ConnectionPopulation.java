package io.portcullis.datapath.track;

import java.util.Random;

/**
 * Established IPv4 TCP connections of one vNIC, drawn at random, and how many bits the draws were worth: no format can take less on
 * average. Remote addresses, sequence numbers and ephemeral ports are equally likely everywhere; three of four connections are to
 * three services of the VM, the others from it; windows are scaled by 6, 7 or 8; one of ten has data under way in either direction;
 * counters, ages and idle times are as likely in each octave.
 */
final class ConnectionPopulation {
    private static final int VM = 0x0a00_0005;
    private static final int[] SERVICES = {443, 80, 22};
    private static final int FIRST_EPHEMERAL = 32_768;
    private static final int EPHEMERAL = 28_232;
    private static final int VM_SCALE = 7;
    private static final int VM_WINDOW = 501;
    private static final int PACKET_OCTAVES = 16;
    private static final int AGE_OCTAVES = 26;
    private static final int IDLE_OCTAVES = 18;
    private static final int RULES = 20;
    private static final int FLAGS = TcpTracker.PEER_SCALES | TcpTracker.PEER_SACK | TcpTracker.PEER_ACKNOWLEDGED;
    private static final int MILLIS_OF_FIVE_DAYS = 432_000_000;
    private static final int MILLIS_UNACKNOWLEDGED = 300_000;

    /** What the draws were worth, by what they were for. */
    enum Part {
        ENDS,
        SEQUENCE,
        WINDOWS,
        LAST_PACKET,
        COUNTERS,
        AGES,
        RULES
    }

    private final Random random;
    private final double[] bits = new double[Part.values().length];
    private Part part = Part.ENDS;

    ConnectionPopulation(long seed) {
        random = new Random(seed);
    }

    /** Fills an empty table. */
    void fill(ConnectionTable table, int count, int nowTick) {
        EntryFields entry = new EntryFields();
        for (int i = 0; i < count; i++) {
            do {
                draw(entry);
            } while (table.find(entry.key) != ConnectionTable.NONE);
            entry.store(table, table.add(entry.key), nowTick);
        }
    }

    /** Bytes of a connection that no format can do without; a table has no order, so what an order would say is not needed. */
    double floorBytes(int count) {
        double all = -orderBits(count);
        for (Part each : Part.values()) {
            all += bits[each.ordinal()];
        }
        return all / 8 / count;
    }

    double bytes(Part of, int count) {
        return (bits[of.ordinal()] - (of == Part.ENDS ? orderBits(count) : 0)) / 8 / count;
    }

    private static double orderBits(int count) {
        double sum = 0;
        for (int i = 2; i <= count; i++) {
            sum += log2(i);
        }
        return sum;
    }

    private void draw(EntryFields entry) {
        part = Part.ENDS;
        boolean isOutbound = chance(1, 4);
        ends(entry, isOutbound, random32(), FIRST_EPHEMERAL + below(EPHEMERAL), SERVICES[below(SERVICES.length)]);
        entry.state = ConnectionState.ESTABLISHED.code();
        int vm = isOutbound ? EntryFields.ORIGINAL : EntryFields.REPLY;
        part = Part.SEQUENCE;
        entry.end[0] = random32();
        entry.end[1] = random32();
        boolean isVmBehind = underWay(entry, vm);
        boolean isPeerBehind = underWay(entry, 1 - vm);
        part = Part.WINDOWS;
        entry.scale[vm] = VM_SCALE;
        entry.scale[1 - vm] = 6 + below(3);
        entry.maxWindow[vm] = VM_WINDOW << VM_SCALE;
        entry.maxWindow[1 - vm] = (256 + below(2_048)) << entry.scale[1 - vm];
        edge(entry, 0);
        edge(entry, 1);
        lastPacket(entry);
        part = Part.COUNTERS;
        entry.packets = 4 + octaves(PACKET_OCTAVES);
        entry.bytes = entry.packets * 52 + below((int) entry.packets * 900);
        part = Part.AGES;
        entry.age = coarse();
        entry.timeout = isVmBehind || isPeerBehind ? MILLIS_UNACKNOWLEDGED : MILLIS_OF_FIVE_DAYS;
        entry.left = entry.timeout - octaves(IDLE_OCTAVES);
        part = Part.RULES;
        entry.ruleId = 0x5151_0000_0000_0000L + below(RULES) * 0x1357_9bdf_0246L;
        entry.revision = 1_000 + below(2);
        entry.admittingRuleId = entry.ruleId;
        entry.admittingRevision = entry.revision;
    }

    private static void ends(EntryFields entry, boolean isOutbound, int remote, int opener, int service) {
        long localPort = isOutbound ? opener : service;
        long remotePort = isOutbound ? service : opener;
        boolean isLocalLower = Integer.compareUnsigned(VM, remote) < 0 || (VM == remote && localPort <= remotePort);
        entry.key.lowerLow = (isLocalLower ? VM : remote) & 0xffff_ffffL;
        entry.key.upperLow = (isLocalLower ? remote : VM) & 0xffff_ffffL;
        entry.key.word = 6L << FlowKey.PROTOCOL_SHIFT
                | (isLocalLower ? localPort : remotePort) << 16
                | (isLocalLower ? remotePort : localPort);
        entry.flags = Entry.SEEN_REPLY
                | Entry.ASSURED
                | (isOutbound ? Entry.OUTBOUND : 0)
                | (isOutbound == isLocalLower ? Entry.FROM_LOWER : 0);
    }

    /** Whether the other end has not acknowledged everything that this one sent. */
    private boolean underWay(EntryFields entry, int sender) {
        boolean isBehind = chance(1, 10);
        entry.maxAck[1 - sender] = entry.end[sender] - (isBehind ? 1 + below(65_535) : 0);
        entry.peerFlags[sender] = FLAGS | (isBehind ? TcpTracker.PEER_UNACKNOWLEDGED : 0);
        return isBehind;
    }

    /** Four of five have their widest window open. */
    private void edge(EntryFields entry, int sender) {
        int other = 1 - sender;
        int field = entry.maxWindow[other] >>> entry.scale[other];
        int open = chance(1, 5) ? 1 + below(field - 1) : field;
        entry.maxEnd[sender] = entry.maxAck[other] + (open << entry.scale[other]);
    }

    private void lastPacket(EntryFields entry) {
        part = Part.LAST_PACKET;
        entry.lastKind = TcpSegment.ACK;
        entry.lastDirection = below(2);
        entry.lastEnd = entry.end[entry.lastDirection];
        entry.lastWindow = 1;
        boolean hasData = chance(2, 5);
        int sender = entry.lastDirection;
        int ack = entry.maxAck[sender];
        int end = entry.end[sender];
        int window = (entry.maxEnd[1 - sender] - ack) >>> entry.scale[sender];
        entry.fingerprint = hasData ? below(256) : TcpWindow.fingerprint(end, ack, end, window);
    }

    // ---- draws ----

    private int random32() {
        worth(Integer.SIZE);
        return random.nextInt();
    }

    private int below(int bound) {
        worth(log2(bound));
        return random.nextInt(bound);
    }

    private boolean chance(int of, int in) {
        boolean isHit = random.nextInt(in) < of;
        worth(-log2(isHit ? (double) of / in : 1 - (double) of / in));
        return isHit;
    }

    /** Any number of as many bits as this or fewer, each number of bits as likely. */
    private int octaves(int most) {
        int length = 1 + below(most);
        return 1 << (length - 1) | below(1 << (length - 1));
    }

    /** Of an age only the upper four bits are worth something. */
    private long coarse() {
        int length = 10 + below(AGE_OCTAVES - 9);
        return (8L + below(8)) << (length - 4) | random.nextInt(1 << (length - 4));
    }

    private void worth(double more) {
        bits[part.ordinal()] += more;
    }

    private static double log2(double value) {
        return Math.log(value) / Math.log(2);
    }
}
