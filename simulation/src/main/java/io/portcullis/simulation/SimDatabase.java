package io.portcullis.simulation;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.serialization.SerializationExtension;
import org.apache.pekko.serialization.Serializer;
import org.apache.pekko.serialization.Serializers;

/**
 * The one database of all nodes: journal and snapshots, as bytes, and the tables of placements, migrations and hits. Always there, answers at once; what is asked of it is
 * counted. One thread.
 */
final class SimDatabase {
    /** An event or a snapshot as it is stored. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Stored(byte[] bytes, int serializer, String manifest, String writer) {
        static Stored of(ActorSystem system, Object value, String writer) {
            Serialization serialization = SerializationExtension.get(system);
            Serializer serializer = serialization.findSerializerFor(value);
            return new Stored(
                    serialization.serialize(value).get(),
                    serializer.identifier(),
                    Serializers.manifestFor(serializer, value),
                    writer);
        }

        Object read(ActorSystem system) {
            return SerializationExtension.get(system)
                    .deserialize(bytes, serializer, manifest)
                    .get();
        }
    }

    private final Map<String, NavigableMap<Long, Stored>> events = new HashMap<>();
    private final Map<String, NavigableMap<Long, Stored>> snapshots = new HashMap<>();
    private final SimDirectory directory = new SimDirectory();
    private long eventsWritten;
    private long snapshotsWritten;

    SimDirectory directory() {
        return directory;
    }

    // ---- the journal

    void write(String entity, long sequence, Stored event) {
        events.computeIfAbsent(entity, _ -> new TreeMap<>()).put(sequence, event);
        eventsWritten++;
    }

    void deleteUpTo(String entity, long sequence) {
        NavigableMap<Long, Stored> its = events.get(entity);
        if (its != null && !its.isEmpty()) {
            // the last one stays, so that its number is known
            its.headMap(Math.min(sequence, its.lastKey() - 1), true).clear();
        }
    }

    /** Ascending. */
    List<Map.Entry<Long, Stored>> read(String entity, long from, long to, long max) {
        NavigableMap<Long, Stored> its = events.getOrDefault(entity, new TreeMap<>());
        return from > to
                ? List.of()
                : new ArrayList<>(its.subMap(from, true, to, true).entrySet())
                        .stream().limit(max).toList();
    }

    long highest(String entity) {
        NavigableMap<Long, Stored> its = events.get(entity);
        return its == null || its.isEmpty() ? 0 : its.lastKey();
    }

    long eventsWritten() {
        return eventsWritten;
    }

    // ---- snapshots

    NavigableMap<Long, Stored> snapshotsOf(String entity) {
        return snapshots.computeIfAbsent(entity, _ -> new TreeMap<>());
    }

    void snapshotWritten() {
        snapshotsWritten++;
    }

    long snapshotsWritten() {
        return snapshotsWritten;
    }

    /** Of all events and snapshots that are stored. */
    long journalBytes() {
        return bytes(events) + bytes(snapshots);
    }

    private static long bytes(Map<String, NavigableMap<Long, Stored>> of) {
        return of.values().stream()
                .flatMap(its -> its.values().stream())
                .mapToLong(stored -> stored.bytes().length)
                .sum();
    }
}
