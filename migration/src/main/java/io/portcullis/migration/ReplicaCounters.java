package io.portcullis.migration;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;

/** What became of replicas on a host since the process began, and what it keeps now. Thread-safe. */
public final class ReplicaCounters {
    /** What comes before the names of {@link #values}. */
    public static final String PREFIX = "replica.";

    /** What comes before those of what the host keeps for others now: {@code vms}, {@code bytes}, {@code connections}, {@code age-millis}. */
    public static final String HELD = PREFIX + "held.";

    private final LongAdder sentBytes = new LongAdder();
    private final LongAdder refused = new LongAdder();
    private final LongAdder takenIn = new LongAdder();
    private final LongAdder notTakenIn = new LongAdder();
    private final LongAdder connectionsTakenIn = new LongAdder();
    private volatile Map<String, Long> held = Map.of();

    void sent(long bytes) {
        sentBytes.add(bytes);
    }

    void refused() {
        refused.increment();
    }

    void takenIn(int connections) {
        takenIn.increment();
        connectionsTakenIn.add(connections);
    }

    void notTakenIn() {
        notTakenIn.increment();
    }

    void held(Map<String, Long> now) {
        held = now;
    }

    /** Those that only grow, and what is held now; that is empty for a host that never held anything. */
    public Map<String, Long> values() {
        Map<String, Long> values = new TreeMap<>();
        values.put(PREFIX + "sent-bytes", sentBytes.sum());
        values.put(PREFIX + "refused", refused.sum());
        values.put(PREFIX + "taken-in", takenIn.sum());
        values.put(PREFIX + "not-taken-in", notTakenIn.sum());
        values.put(PREFIX + "connections-taken-in", connectionsTakenIn.sum());
        values.putAll(held);
        return values;
    }
}
