package io.portcullis.migration.sim;

import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** A vNIC's connections by number, each with the version of its last change; an export under way hears of every change. */
final class SimTable {
    private final NavigableMap<Integer, Integer> connections = new TreeMap<>();
    private @Nullable SimExport export;

    boolean has(int connection) {
        return connections.containsKey(connection);
    }

    int size() {
        return connections.size();
    }

    /** Null if there is no such connection. */
    @Nullable
    Integer version(int connection) {
        return connections.get(connection);
    }

    Map<Integer, Integer> connections() {
        return Map.copyOf(connections);
    }

    void put(int connection, int version) {
        connections.put(connection, version);
        changed(connection);
    }

    void remove(int connection) {
        if (connections.remove(connection) != null) {
            changed(connection);
        }
    }

    void removeIf(IntPredicate which) {
        connections.keySet().stream().filter(which::test).toList().forEach(this::remove);
    }

    /** Another table is in force from here on: exports of this one end. */
    void replace(Map<Integer, Integer> other) {
        export = null;
        connections.clear();
        connections.putAll(other);
    }

    private void changed(int connection) {
        if (export != null) {
            export.changed(connection);
        }
    }

    // ---- on its way

    SimExport beginExport(World world) {
        export = new SimExport(world, this, connections.keySet());
        return export;
    }

    @Nullable
    SimExport export() {
        return export;
    }

    void endExport() {
        export = null;
    }
}
