package io.portcullis.simulation;

import java.util.Map;
import java.util.TreeMap;

/** Messages between nodes, by kind. One thread. */
final class Traffic {
    /** Kind of what answers a question, which is not weighed. */
    static final String ANSWERS = "answers";

    /**
     * Messages of one kind.
     *
     * @param bytes of all of them as they are serialized, without the transport's own
     * @param unserializable that no serializer takes
     */
    record Kind(long messages, long bytes, long unserializable) {
        private Kind and(long more) {
            return more < 0
                    ? new Kind(messages + 1, bytes, unserializable + 1)
                    : new Kind(messages + 1, bytes + more, unserializable);
        }
    }

    private static final Kind NONE = new Kind(0, 0, 0);

    private final Map<String, Kind> kinds = new TreeMap<>();
    private long lastNanos;

    /** @param bytes -1 if it cannot be serialized */
    void count(String kind, long bytes, long atNanos) {
        lastNanos = atNanos;
        kinds.merge(kind, NONE.and(bytes), (before, _) -> before.and(bytes));
    }

    void countAnswer() {
        count(ANSWERS, 0, lastNanos);
    }

    /** When the last one was sent, in virtual time. */
    long lastNanos() {
        return lastNanos;
    }

    /** By name, ascending. */
    Map<String, Long> counts() {
        Map<String, Long> counts = new TreeMap<>();
        kinds.forEach((name, kind) -> counts.put(name, kind.messages()));
        return counts;
    }

    long messages() {
        return kinds.values().stream().mapToLong(Kind::messages).sum();
    }

    long bytes() {
        return kinds.values().stream().mapToLong(Kind::bytes).sum();
    }

    long unserializable() {
        return kinds.values().stream().mapToLong(Kind::unserializable).sum();
    }
}
