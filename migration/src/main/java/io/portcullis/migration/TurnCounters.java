package io.portcullis.migration;

import io.portcullis.migration.model.CutTurns;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/** How migrations of a host came by their turns to be cut, since the process began. Thread-safe. */
public final class TurnCounters {
    /** What comes before the names of {@link #values}. */
    public static final String PREFIX = "turns.";

    private final LongAdder atOnce = new LongAdder();
    private final LongAdder waited = new LongAdder();
    private final LongAdder waitedMillis = new LongAdder();
    private final LongAdder timedOut = new LongAdder();
    private final LongAdder beyond = new LongAdder();

    void atOnce() {
        atOnce.increment();
    }

    void waited(long nanos) {
        waited.increment();
        waitedMillis.add(TimeUnit.NANOSECONDS.toMillis(nanos));
    }

    void missed() {
        timedOut.increment();
    }

    void taken(CutTurns.Taking how) {
        switch (how) {
            case HELD -> {}
            case FREE -> atOnce();
            case BEYOND -> beyond.increment();
        }
    }

    /**
     * As a source, {@code at-once}, {@code waited} with {@code waited-millis} and {@code timed-out}; {@code beyond} are those that were cut without a free turn, as their VM
     * was stopped already, their coordinator runs an older release, or this host, as their destination, could not have them wait longer.
     */
    public Map<String, Long> values() {
        Map<String, Long> values = new TreeMap<>();
        values.put(PREFIX + "at-once", atOnce.sum());
        values.put(PREFIX + "waited", waited.sum());
        values.put(PREFIX + "waited-millis", waitedMillis.sum());
        values.put(PREFIX + "timed-out", timedOut.sum());
        values.put(PREFIX + "beyond", beyond.sum());
        return values;
    }
}
