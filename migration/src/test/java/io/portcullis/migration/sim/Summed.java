package io.portcullis.migration.sim;

import io.portcullis.datapath.track.TableSum;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Connections by number, each with its version, and what they sum up to. */
final class Summed {
    private final Map<Integer, Integer> connections = new HashMap<>();
    private long digest;

    Map<Integer, Integer> connections() {
        return connections;
    }

    TableSum sum() {
        return new TableSum(connections.size(), digest);
    }

    void put(int connection, int version) {
        Integer before = connections.put(connection, version);
        digest += digest(connection, version) - (before == null ? 0 : digest(connection, before));
    }

    /** The version that is gone, or null. */
    @Nullable
    Integer remove(int connection) {
        Integer before = connections.remove(connection);
        digest -= before == null ? 0 : digest(connection, before);
        return before;
    }

    private static long digest(int connection, int version) {
        return 0x9e3779b97f4a7c15L * (connection + 1) * (2L * version + 1);
    }
}
