package io.portcullis.loadtest.traffic;

/**
 * What the ends of a flow counted, both directions added up. Units are those of the flow: bytes of a stream, datagrams,
 * echo requests.
 *
 * @param lost sent and never received
 * @param duplicated received more than once
 * @param reordered received after a later one
 * @param reset connections that ended by RST or error
 * @param longestGapNanos longest time that a receiver waited for the next unit while the flow was on
 */
public record TrafficResult(
        long sent, long received, long lost, long duplicated, long reordered, long reset, long longestGapNanos) {
    public static final TrafficResult NONE = new TrafficResult(0, 0, 0, 0, 0, 0, 0);

    public boolean isIntact() {
        return sent > 0 && lost == 0 && duplicated == 0 && reordered == 0 && reset == 0;
    }

    public TrafficResult plus(TrafficResult other) {
        return new TrafficResult(
                sent + other.sent,
                received + other.received,
                lost + other.lost,
                duplicated + other.duplicated,
                reordered + other.reordered,
                reset + other.reset,
                Math.max(longestGapNanos, other.longestGapNanos));
    }
}
