package io.portcullis.datapath.track;

import io.portcullis.datapath.packet.PacketView;
import io.portcullis.policy.IpFamily;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;

/**
 * Connections that other connections have announced, and which those were. Bounded: {@value #MAX_EXPECTATIONS} at once, one open for
 * each parent (a newer one takes its place), {@link #LIFETIME_NANOS} until the announced connection must come. Memory is taken
 * with the first one. One thread.
 */
final class Expectations {
    static final int MAX_EXPECTATIONS = 256;
    /** As in Linux (nf_conntrack_ftp.c). */
    static final long LIFETIME_NANOS = TimeUnit.MINUTES.toNanos(5);

    static final int NONE = -1;

    /** No expectation takes more in {@link #write}. */
    private static final int MAX_BYTES =
            1 + 2 * EntryCodec.MAX_KEY_BYTES + 4 * Long.BYTES + Short.BYTES + Integer.BYTES;

    static final int MAX_WRITTEN_BYTES = MAX_EXPECTATIONS * MAX_BYTES;

    private static final int OPEN = 1;
    private static final int USED = 2;
    private static final int IPV6 = 4;

    /** An expectation; once its connection has come, who that connection's parent is. */
    private static final class Expectation {
        final FlowKey parent = new FlowKey();
        final FlowKey child = new FlowKey();
        boolean isOpen;
        boolean isUsed;
        boolean isIpv6;
        long openerHigh;
        long openerLow;
        long listenerHigh;
        long listenerLow;
        int port;
        long deadlineNanos;

        boolean matches(PacketView packet) {
            return isOpen
                    && packet.destinationPort == port
                    && (packet.family == IpFamily.IPV6) == isIpv6
                    && packet.sourceLow == openerLow
                    && packet.destinationLow == listenerLow
                    && packet.sourceHigh == openerHigh
                    && packet.destinationHigh == listenerHigh;
        }
    }

    private final Expectation[] expectations = new Expectation[MAX_EXPECTATIONS];
    private int used;
    private int victim;
    private long announced;
    private long fulfilled;
    private long evicted;

    /**
     * Expects a TCP connection.
     *
     * @param parent key of the connection that announced it
     * @param packet that announced it: one of its ends will listen, the other one will open
     * @param isSenderListening whether the packet's sender is the one that will listen
     */
    void expect(FlowKey parent, PacketView packet, boolean isSenderListening, int port, long nowNanos) {
        Expectation expectation = place(parent, nowNanos);
        copy(parent, expectation.parent);
        expectation.isOpen = true;
        expectation.isUsed = false;
        expectation.isIpv6 = packet.family == IpFamily.IPV6;
        expectation.openerHigh = isSenderListening ? packet.destinationHigh : packet.sourceHigh;
        expectation.openerLow = isSenderListening ? packet.destinationLow : packet.sourceLow;
        expectation.listenerHigh = isSenderListening ? packet.sourceHigh : packet.destinationHigh;
        expectation.listenerLow = isSenderListening ? packet.sourceLow : packet.destinationLow;
        expectation.port = port;
        expectation.deadlineNanos = nowNanos + LIFETIME_NANOS;
        announced++;
    }

    /** The expectation that a first packet fulfils, or {@link #NONE}. */
    int find(PacketView packet, long nowNanos) {
        for (int i = 0; i < used; i++) {
            if (expectations[i].matches(packet) && nowNanos - expectations[i].deadlineNanos < 0) {
                return i;
            }
        }
        return NONE;
    }

    /** The expected connection has come. */
    void fulfil(int index, FlowKey child) {
        Expectation expectation = expectations[index];
        copy(child, expectation.child);
        expectation.isOpen = false;
        expectation.isUsed = true;
        fulfilled++;
    }

    FlowKey parent(int index) {
        return expectations[index].parent;
    }

    /** Which expectation this connection fulfilled, as far as it is remembered, or {@link #NONE}. */
    int findFulfilled(FlowKey child) {
        for (int i = 0; i < used; i++) {
            if (expectations[i].isUsed && isSame(expectations[i].child, child)) {
                return i;
            }
        }
        return NONE;
    }

    long announced() {
        return announced;
    }

    long fulfilled() {
        return fulfilled;
    }

    /** Open expectations that gave way to newer ones of other parents. */
    long evicted() {
        return evicted;
    }

    /** The parent's own open one, an unused one, one whose time is over, or the oldest in turn. */
    private Expectation place(FlowKey parent, long nowNanos) {
        for (int i = 0; i < used; i++) {
            if (expectations[i].isOpen && isSame(expectations[i].parent, parent)) {
                return expectations[i];
            }
        }
        if (used < MAX_EXPECTATIONS) {
            expectations[used] = new Expectation();
            return expectations[used++];
        }
        for (int i = 0; i < used; i++) {
            if (expectations[i].isOpen && nowNanos - expectations[i].deadlineNanos >= 0) {
                return expectations[i];
            }
        }
        victim = (victim + 1) % MAX_EXPECTATIONS;
        evicted += expectations[victim].isOpen ? 1 : 0;
        return expectations[victim];
    }

    // ---- for another host ----

    /** Those that are open or were fulfilled. */
    int count(long nowNanos) {
        int count = 0;
        for (int i = 0; i < used; i++) {
            count += isWorthAWord(expectations[i], nowNanos) ? 1 : 0;
        }
        return count;
    }

    private static boolean isWorthAWord(Expectation expectation, long nowNanos) {
        return expectation.isUsed || (expectation.isOpen && nowNanos - expectation.deadlineNanos < 0);
    }

    /** Of each: flags (1 byte), parent and, if fulfilled, child, the two addresses (16 each), port (2), milliseconds left (4). */
    void write(ByteBuffer out, long nowNanos) {
        for (int i = 0; i < used; i++) {
            Expectation expectation = expectations[i];
            if (isWorthAWord(expectation, nowNanos)) {
                out.put((byte) ((expectation.isOpen ? OPEN : 0)
                        | (expectation.isUsed ? USED : 0)
                        | (expectation.isIpv6 ? IPV6 : 0)));
                EntryCodec.writeKey(expectation.parent, out);
                if (expectation.isUsed) {
                    EntryCodec.writeKey(expectation.child, out);
                }
                out.putLong(expectation.openerHigh)
                        .putLong(expectation.openerLow)
                        .putLong(expectation.listenerHigh)
                        .putLong(expectation.listenerLow)
                        .putShort((short) expectation.port)
                        .putInt((int) TimeUnit.NANOSECONDS.toMillis(Math.max(0, expectation.deadlineNanos - nowNanos)));
            }
        }
    }

    /** Adds one of another host. False if it is none. */
    boolean read(ByteBuffer in, long nowNanos) {
        if (!in.hasRemaining()) {
            return false;
        }
        int flags = in.get();
        Expectation expectation = new Expectation();
        boolean isUsed = (flags & USED) != 0;
        boolean isRead = (flags & ~(OPEN | USED | IPV6)) == 0
                && EntryCodec.readKey(in, expectation.parent)
                && (!isUsed || EntryCodec.readKey(in, expectation.child))
                && in.remaining() >= 4 * Long.BYTES + Short.BYTES + Integer.BYTES;
        if (!isRead) {
            return false;
        }
        expectation.isOpen = (flags & OPEN) != 0;
        expectation.isUsed = isUsed;
        expectation.isIpv6 = (flags & IPV6) != 0;
        expectation.openerHigh = in.getLong();
        expectation.openerLow = in.getLong();
        expectation.listenerHigh = in.getLong();
        expectation.listenerLow = in.getLong();
        expectation.port = in.getShort() & 0xffff;
        int leftMillis = in.getInt();
        if (leftMillis < 0 || used == MAX_EXPECTATIONS) {
            return false;
        }
        expectation.deadlineNanos = nowNanos + Math.min(TimeUnit.MILLISECONDS.toNanos(leftMillis), LIFETIME_NANOS);
        expectations[used++] = expectation;
        return true;
    }

    /** Goes on with what another one expects, and forgets its own. */
    void takeOver(Expectations other) {
        System.arraycopy(other.expectations, 0, expectations, 0, MAX_EXPECTATIONS);
        used = other.used;
        victim = 0;
    }

    private static void copy(FlowKey from, FlowKey to) {
        to.lowerHigh = from.lowerHigh;
        to.lowerLow = from.lowerLow;
        to.upperHigh = from.upperHigh;
        to.upperLow = from.upperLow;
        to.word = from.word;
    }

    private static boolean isSame(FlowKey a, FlowKey b) {
        return a.word == b.word
                && a.lowerLow == b.lowerLow
                && a.upperLow == b.upperLow
                && a.lowerHigh == b.lowerHigh
                && a.upperHigh == b.upperHigh;
    }
}
