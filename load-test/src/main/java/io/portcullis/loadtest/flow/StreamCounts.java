package io.portcullis.loadtest.flow;

import org.HdrHistogram.Histogram;

/** What the ends of a stream at one kind of VM counted, both directions together. Written by the traffic's thread; others read after it has ended. */
public final class StreamCounts {
    private final String stream;
    private final String role;
    long sent;
    long received;
    long lost;
    long duplicated;
    long reordered;
    long corrupted;
    /** Frames that came where no rule lets them. */
    long forbidden;
    /** At the wrong VM or for nobody. */
    long stray;

    long opened;
    long completed;
    long resets;
    long retried;
    long unfinished;
    /** Frames that were due and not sent because so much was unacknowledged. */
    long blocked;

    final Histogram delayNanos = new Histogram(3);
    final Histogram openNanos = new Histogram(3);

    StreamCounts(String stream, String role) {
        this.stream = stream;
        this.role = role;
    }

    /**
     * The counts as they are.
     *
     * @param role {@code moving}, {@code twin} or the label of an arm
     * @param lost that did not come and should have
     * @param cut that did not come, of a stream that the scenario revokes at times: the check of the history knows which of these should have come
     */
    public record Totals(
            String stream,
            String role,
            long sent,
            long received,
            long lost,
            long cut,
            long duplicated,
            long reordered,
            long corrupted,
            long forbidden,
            long stray,
            long opened,
            long completed,
            long resets,
            long retried,
            long unfinished,
            long blocked,
            Quantiles delayMicros,
            Quantiles openMicros) {
        /** The same of a stream that is revoked at times. */
        public Totals revoked() {
            return new Totals(
                    stream,
                    role,
                    sent,
                    received,
                    0,
                    cut + lost,
                    duplicated,
                    reordered,
                    corrupted,
                    forbidden,
                    stray,
                    opened,
                    completed,
                    resets,
                    retried,
                    unfinished,
                    blocked,
                    delayMicros,
                    openMicros);
        }
    }

    /** Of a distribution, microseconds. */
    public record Quantiles(long count, double p50, double p90, double p99, double p999, double max) {
        public static Quantiles ofNanos(Histogram histogram) {
            return new Quantiles(
                    histogram.getTotalCount(),
                    histogram.getValueAtPercentile(50) / 1e3,
                    histogram.getValueAtPercentile(90) / 1e3,
                    histogram.getValueAtPercentile(99) / 1e3,
                    histogram.getValueAtPercentile(99.9) / 1e3,
                    histogram.getTotalCount() == 0 ? 0 : histogram.getMaxValue() / 1e3);
        }
    }

    /** After the traffic has ended. */
    public Totals totals() {
        return new Totals(
                stream,
                role,
                sent,
                received,
                lost,
                0,
                duplicated,
                reordered,
                corrupted,
                forbidden,
                stray,
                opened,
                completed,
                resets,
                retried,
                unfinished,
                blocked,
                Quantiles.ofNanos(delayNanos),
                Quantiles.ofNanos(openNanos));
    }
}
