package io.portcullis.datapath.track;

import io.portcullis.datapath.packet.PacketView;
import io.portcullis.policy.IpFamily;
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
