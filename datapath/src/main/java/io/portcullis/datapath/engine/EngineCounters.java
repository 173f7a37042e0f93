package io.portcullis.datapath.engine;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.packet.ParseResult;
import io.portcullis.datapath.track.TrackResult;
import java.util.Arrays;
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

    private static final int[] NO_PLACES = {};
    private static final long[] NONE = {};

    /** Frames of each direction, then their bytes. */
    private final long[] allowed = new long[2 * DIRECTIONS.length];
    // ---- empty before the first one ----
    /** Which directions and reasons were met so far, and how often: few of many. */
    private int[] droppedPlaces = NO_PLACES;

    private long[] dropped = NONE;
    private long[] malformed = NONE;
    private long[] invalid = NONE;
    private long[] events = NONE;

    void allowed(Direction direction, int bytes) {
        allowed(direction, 1, bytes);
    }

    void allowed(Direction direction, int frames, long bytes) {
        allowed[direction.ordinal()] += frames;
        allowed[DIRECTIONS.length + direction.ordinal()] += bytes;
    }

    void dropped(Direction direction, DropReason reason) {
        int place = direction.ordinal() * REASONS.length + reason.ordinal();
        int at = 0;
        while (at < droppedPlaces.length && droppedPlaces[at] != place) {
            at++;
        }
        if (at == droppedPlaces.length) {
            droppedPlaces = Arrays.copyOf(droppedPlaces, at + 1);
            droppedPlaces[at] = place;
            dropped = Arrays.copyOf(dropped, at + 1);
        }
        dropped[at]++;
    }

    private long dropped(int place) {
        for (int at = 0; at < droppedPlaces.length; at++) {
            if (droppedPlaces[at] == place) {
                return dropped[at];
            }
        }
        return 0;
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
        event(event, 1);
    }

    void event(Event event, int times) {
        if (events.length == 0) {
            events = new long[EVENTS.length];
        }
        events[event.ordinal()] += times;
    }

    /** What has a value, and always the allowed ones. */
    SortedMap<String, Long> asMap() {
        SortedMap<String, Long> map = new TreeMap<>();
        for (Direction direction : DIRECTIONS) {
            String side = direction.name().toLowerCase(Locale.ROOT);
            map.put("allowed." + side, allowed[direction.ordinal()]);
            map.put("allowed-bytes." + side, allowed[DIRECTIONS.length + direction.ordinal()]);
            for (DropReason reason : REASONS) {
                long count = dropped(direction.ordinal() * REASONS.length + reason.ordinal());
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
            putIfAny(map, event.counterName, count(events, event.ordinal()));
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
