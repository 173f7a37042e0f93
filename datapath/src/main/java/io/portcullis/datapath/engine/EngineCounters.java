package io.portcullis.datapath.engine;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.packet.ParseResult;
import io.portcullis.datapath.track.TrackResult;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What happened at one vNIC, in plain arrays. Names are stable: {@code allowed.<direction>}, {@code allowed-bytes.<direction>},
 * {@code dropped.<direction>.<reason>}, {@code malformed.<fault>}, {@code invalid.<fault>} and those of {@link Event}. One
 * thread.
 */
// the places in the arrays live in this class only, never in anything stored
@SuppressWarnings("EnumOrdinal")
final class EngineCounters {
    /** Things that are counted without a direction. */
    enum Event {
        /** Connections admitted to the table. */
        CONNECTIONS_ADMITTED("connections.admitted"),
        /** Of those, the ones that other connections announced. */
        CONNECTIONS_EXPECTED("connections.expected"),
        /** Connections judged again after a change of revision. */
        CONNECTIONS_RECHECKED("connections.rechecked"),
        /** Connections that a new revision ended. */
        CONNECTIONS_CUT("connections.cut"),
        /** Connections that a new revision leaves to a stateless rule: their packets are judged one by one since. */
        CONNECTIONS_RELEASED("connections.released"),
        CONNECTIONS_EXPIRED("connections.expired"),
        /** Allowed because it belongs to a connection, as an ICMP error about it. */
        RELATED("related"),
        /** RST and unreachable frames sent. */
        REPLIES_SENT("replies.sent"),
        /** Not sent: the budget or the burst was used up. */
        REPLIES_LIMITED("replies.limited");

        private final String counterName;

        Event(String counterName) {
            this.counterName = counterName;
        }
    }

    private static final Direction[] DIRECTIONS = Direction.values();
    private static final DropReason[] REASONS = DropReason.values();
    private static final ParseResult[] PARSE_RESULTS = ParseResult.values();
    private static final TrackResult[] TRACK_RESULTS = TrackResult.values();
    private static final Event[] EVENTS = Event.values();

    private final long[] allowed = new long[DIRECTIONS.length];
    private final long[] allowedBytes = new long[DIRECTIONS.length];
    // ---- empty before the first one ----
    private long[] dropped = {};
    private long[] malformed = {};
    private long[] invalid = {};
    private final long[] events = new long[EVENTS.length];

    void allowed(Direction direction, int bytes) {
        allowed[direction.ordinal()]++;
        allowedBytes[direction.ordinal()] += bytes;
    }

    void allowed(Direction direction, int frames, long bytes) {
        allowed[direction.ordinal()] += frames;
        allowedBytes[direction.ordinal()] += bytes;
    }

    void dropped(Direction direction, DropReason reason) {
        if (dropped.length == 0) {
            dropped = new long[DIRECTIONS.length * REASONS.length];
        }
        dropped[direction.ordinal() * REASONS.length + reason.ordinal()]++;
    }

    void malformed(ParseResult fault) {
        if (malformed.length == 0) {
            malformed = new long[PARSE_RESULTS.length];
        }
        malformed[fault.ordinal()]++;
    }

    void invalid(TrackResult fault) {
        if (invalid.length == 0) {
            invalid = new long[TRACK_RESULTS.length];
        }
        invalid[fault.ordinal()]++;
    }

    void event(Event event) {
        events[event.ordinal()]++;
    }

    void event(Event event, int times) {
        events[event.ordinal()] += times;
    }

    /** What has a value, and always the allowed ones. */
    SortedMap<String, Long> asMap() {
        SortedMap<String, Long> map = new TreeMap<>();
        for (Direction direction : DIRECTIONS) {
            String side = direction.name().toLowerCase(Locale.ROOT);
            map.put("allowed." + side, allowed[direction.ordinal()]);
            map.put("allowed-bytes." + side, allowedBytes[direction.ordinal()]);
            for (DropReason reason : REASONS) {
                long count = count(dropped, direction.ordinal() * REASONS.length + reason.ordinal());
                putIfAny(map, "dropped." + side + "." + reason.counterName(), count);
            }
        }
        for (ParseResult fault : PARSE_RESULTS) {
            putIfAny(map, "malformed." + fault.counterName(), count(malformed, fault.ordinal()));
        }
        for (TrackResult fault : TRACK_RESULTS) {
            if (fault.isInvalid()) {
                String name = fault.counterName();
                putIfAny(map, "invalid." + name.substring(name.indexOf('-') + 1), count(invalid, fault.ordinal()));
            }
        }
        for (Event event : EVENTS) {
            putIfAny(map, event.counterName, events[event.ordinal()]);
        }
        return map;
    }

    private static long count(long[] counts, int place) {
        return counts.length == 0 ? 0 : counts[place];
    }

    private static void putIfAny(SortedMap<String, Long> map, String name, long count) {
        if (count != 0) {
            map.put(name, count);
        }
    }
}
