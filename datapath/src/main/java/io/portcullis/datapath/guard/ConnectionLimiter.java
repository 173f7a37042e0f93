package io.portcullis.datapath.guard;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.datapath.track.ConnectionTable;
import io.portcullis.datapath.track.ConnectionTracker;
import io.portcullis.policy.IpFamily;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Keeps floods of new connections from using up a vNIC's share of the firewall, and keeps it open for honest ones meanwhile. Asked about each
 * connection that the rules allow; packets of connections that exist never come here. One thread; no allocation per call but while the
 * rings grow and when a flood begins.
 *
 * <p><b>SYN floods.</b> A firewall that is a bump in the wire cannot answer with SYN cookies without being the TCP of both ends from then on: it
 * would have to guess the VM's options, and translate sequence numbers, SACK blocks and checksums for the life of every
 * connection, on every host that the VM moves to, and in whatever offload there is. The VM's own TCP has cookies. What must be protected here is the table, and a table entry
 * is worth giving only to a peer that exists. So:
 * <ol>
 *   <li>Up to {@code halfOpen} handshakes may be under way. One that has waited for {@link #PATIENCE_NANOS} gives way to a new one.
 *   <li>When all are younger, a SYN that was not seen before is put off: dropped, and remembered in a few bits ({@link SynMemory}). A peer
 *       that exists sends it again after a second, as if it had been lost; a forged address never does.
 *   <li>A SYN that comes again is admitted, and the oldest handshake gives way to it.
 * </ol>
 * So an honest connection costs one retransmission during a flood, and has then as long for its handshake as it takes the flood to send {@code halfOpen} SYNs twice.
 * Nothing of it is state that a peer could exhaust. The same holds for the SYNs that the VM sends: a scan from inside fills no table either.
 *
 * <p><b>Rate.</b> Beyond {@code newPerSecond} SYNs are put off likewise and other first packets dropped. From half of it on, no source (IPv6: no /64) may begin more
 * than a {@value #SHARES}th of it, so that one source alone cannot use up what others need.
 *
 * <p><b>Others.</b> A datagram that nobody answered is cheap to judge again: beyond {@code unanswered} the oldest is forgotten, and its next
 * packet opens it anew.
 */
// the places of events live in this class only, never in anything stored
@SuppressWarnings("EnumOrdinal")
public final class ConnectionLimiter {
    /** How long a handshake may wait before a new one may take its place: two retransmissions of its SYN. */
    static final long PATIENCE_NANOS = 3_000_000_000L;
    /** How long the finding that all handshakes are young holds, so that a flood does not pay for it with each SYN. */
    static final long OVERLOAD_NANOS = 1_000_000L;
    /** What one source may use of the rate is this part of it. */
    static final int SHARES = 16;

    private static final int SOURCES = 1_024;
    private static final long SECOND_NANOS = 1_000_000_000L;

    /** What happened, for counters; names are stable. */
    private enum Event {
        HALF_OPEN_EVICTED("half-open.evicted"),
        UNANSWERED_EVICTED("unanswered.evicted"),
        SYN_RETURNED("syn.returned");

        private final String counterName;

        Event(String counterName) {
            this.counterName = counterName;
        }
    }

    /** May a connection be opened? */
    public enum Admission {
        YES,
        /** A SYN that is put off until it comes again. */
        SYN_PUT_OFF,
        /** Too many new connections a second. */
        OVER_RATE
    }

    private static final Event[] EVENTS = Event.values();

    private final boolean limitsHalfOpen;
    private final boolean limitsUnanswered;
    private final int newPerSecond;
    private final long seed;
    private final SynMemory syns;
    private final Side in;
    private final Side out;
    private final long[] events = new long[EVENTS.length];

    /** One for the connections that the VM opens and one for those that others open: neither must suffer from the other. */
    private static final class Side {
        private final WaitingRing halfOpen;
        private final WaitingRing unanswered;
        private final @Nullable TokenBucket rate;
        /** New connections of this second, by hash of their source; empty before the first one. */
        private int[] bySource = {};

        private long second;
        private long overloadedUntilNanos;
        private boolean isOverloaded;

        Side(ConnectionTracker tracker, ConnectionLimits limits) {
            halfOpen = new WaitingRing(tracker, limits.halfOpen());
            unanswered = new WaitingRing(tracker, limits.unanswered());
            rate = limits.newPerSecond() == 0 ? null : new TokenBucket(limits.newPerSecond(), limits.newPerSecond());
        }
    }

    /** @param seed secret */
    public ConnectionLimiter(ConnectionTracker tracker, ConnectionLimits limits, long seed) {
        this.seed = seed;
        limitsHalfOpen = limits.halfOpen() < limits.connections();
        limitsUnanswered = limits.unanswered() < limits.connections();
        newPerSecond = limits.newPerSecond();
        syns = new SynMemory(seed);
        in = new Side(tracker, limits);
        out = new Side(tracker, limits);
    }

    /** Asks for a connection that the rules allow, by its first packet. After YES, call {@link #opened} once it is in the table. */
    public Admission admit(PacketView packet, Direction direction, long nowNanos) {
        Side side = side(direction);
        boolean isSyn = packet.isTcp();
        boolean isWithinRate = isWithinRate(side, packet, nowNanos);
        if (!isSyn) {
            if (isWithinRate && limitsUnanswered && side.unanswered.isFull()) {
                forgetUnanswered(side, nowNanos);
            }
            return isWithinRate ? Admission.YES : Admission.OVER_RATE;
        }
        boolean isRoom = !limitsHalfOpen || !side.halfOpen.isFull() || makeRoom(side, nowNanos);
        if (isWithinRate && isRoom) {
            return Admission.YES;
        }
        if (!syns.knows(packet, nowNanos)) {
            return Admission.SYN_PUT_OFF;
        }
        if (!isRoom && side.halfOpen.endOldest()) {
            count(Event.HALF_OPEN_EVICTED);
        }
        count(Event.SYN_RETURNED);
        return Admission.YES;
    }

    /** Notes the connection in this slot, which was opened just now. */
    public void opened(int slot, PacketView packet, Direction direction, long nowNanos) {
        Side side = side(direction);
        if (packet.isTcp()) {
            if (limitsHalfOpen) {
                side.halfOpen.add(slot, nowNanos);
            }
        } else if (limitsUnanswered) {
            side.unanswered.add(slot, nowNanos);
        }
    }

    /** Notes a connection that came with the table from another host, if it waits for its other end. */
    public void adopted(ConnectionTable table, int slot, long openedNanos) {
        if (table.isWaiting(slot, table.openingMark(slot))) {
            Side side = table.isOutbound(slot) ? out : in;
            if (table.isTcp(slot) && limitsHalfOpen) {
                side.halfOpen.adopt(slot, openedNanos);
            } else if (!table.isTcp(slot) && limitsUnanswered) {
                side.unanswered.adopt(slot, openedNanos);
            }
        }
    }

    /**
     * At the limit of connections: ends one that waits for its other end, if there is any; first of those that others opened.
     *
     * @return whether one has ended
     */
    public boolean makeRoom() {
        if (in.halfOpen.endOldest() || out.halfOpen.endOldest()) {
            count(Event.HALF_OPEN_EVICTED);
            return true;
        }
        if (in.unanswered.endOldest() || out.unanswered.endOldest()) {
            count(Event.UNANSWERED_EVICTED);
            return true;
        }
        return false;
    }

    /** Adds what was counted, by name; zeros are left out. */
    public void addCounters(Map<String, Long> counters) {
        for (Event event : EVENTS) {
            if (events[event.ordinal()] != 0) {
                counters.put(event.counterName, events[event.ordinal()]);
            }
        }
    }

    private void forgetUnanswered(Side side, long nowNanos) {
        side.unanswered.makeRoom(nowNanos, 0);
        if (side.unanswered.ended()) {
            count(Event.UNANSWERED_EVICTED);
        }
    }

    private boolean makeRoom(Side side, long nowNanos) {
        side.isOverloaded = side.isOverloaded && nowNanos - side.overloadedUntilNanos < 0;
        if (side.isOverloaded) {
            return false;
        }
        boolean isRoom = side.halfOpen.makeRoom(nowNanos, PATIENCE_NANOS);
        if (side.halfOpen.ended()) {
            count(Event.HALF_OPEN_EVICTED);
        }
        side.isOverloaded = !isRoom;
        side.overloadedUntilNanos = nowNanos + OVERLOAD_NANOS;
        return isRoom;
    }

    private boolean isWithinRate(Side side, PacketView packet, long nowNanos) {
        TokenBucket rate = side.rate;
        if (rate == null) {
            return true;
        }
        long second = Math.floorDiv(nowNanos, SECOND_NANOS);
        if (second != side.second) {
            side.second = second;
            Arrays.fill(side.bySource, 0);
        }
        if (side.bySource.length == 0) {
            side.bySource = new int[SOURCES];
        }
        int source = source(packet);
        boolean hasShareLeft = side.bySource[source] < Math.max(1, newPerSecond / SHARES);
        if (!hasShareLeft && rate.isBelowHalf(nowNanos)) {
            return false;
        }
        if (!rate.take(nowNanos)) {
            return false;
        }
        side.bySource[source]++;
        return true;
    }

    private int source(PacketView packet) {
        long address = packet.family == IpFamily.IPV6 ? packet.sourceHigh : packet.sourceLow;
        long hash = (address ^ seed) * 0x9e37_79b9_7f4a_7c15L;
        return (int) (((hash ^ (hash >>> 29)) * 0xbf58_476d_1ce4_e5b9L) >>> 54);
    }

    private Side side(Direction direction) {
        return direction == Direction.IN ? in : out;
    }

    private void count(Event event) {
        events[event.ordinal()]++;
    }
}
