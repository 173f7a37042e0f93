package io.portcullis.migration.sim;

import io.portcullis.datapath.runtime.ExportedBatch;
import io.portcullis.datapath.track.TableSum;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** A table that is exported in rounds while it changes, as {@code OutgoingTable} does: each connection once, then what has changed since. */
final class SimExport {
    /** So many connections of a real table is one of these: a handful fits no pause. */
    static final int WEIGHT = 32;
    /** The version of a connection that is over. */
    static final int REMOVED = -1;

    private static final int CONNECTIONS_PER_PIECE = 6;
    private static final int CONNECTIONS_PER_CHUNK = 4;
    private static final int ENTRY_BYTES = Byte.BYTES + Integer.BYTES;

    private final World world;
    private final SimTable table;
    /** What the other side has with all that was made. */
    private final Summed sent = new Summed();
    /** What has changed since the round under way began. */
    private final Set<Integer> changed = new TreeSet<>();

    private final Set<Integer> round = new TreeSet<>();
    private boolean hasBegun;

    SimExport(World world, SimTable table, Set<Integer> connections) {
        this.world = world;
        this.table = table;
        changed.addAll(connections);
    }

    void changed(int connection) {
        if (!world.has(Mutant.SKIP_CHANGED) || connection % 4 != 0) {
            changed.add(connection);
        }
    }

    boolean hasBegun() {
        return hasBegun;
    }

    TableSum sum() {
        return sent.sum();
    }

    /** The next piece of the round under way, or of the next one. */
    ExportedBatch next() {
        if (round.isEmpty()) {
            round.addAll(changed);
            changed.clear();
        }
        return make(CONNECTIONS_PER_PIECE);
    }

    /** All that is left of a table that stands still. */
    List<byte[]> rest() {
        round.addAll(changed);
        changed.clear();
        return make(Integer.MAX_VALUE).chunks();
    }

    private ExportedBatch make(int most) {
        hasBegun = true;
        Map<Integer, Integer> made = new TreeMap<>();
        takeRemovals(round, made);
        takeRemovals(changed, made);
        int removals = made.size();
        Iterator<Integer> next = round.iterator();
        while (next.hasNext() && made.size() - removals < most) {
            int connection = next.next();
            Integer version = table.version(connection);
            next.remove();
            if (version != null) {
                sent.put(connection, version);
                made.put(connection, version);
            }
        }
        return new ExportedBatch(
                chunks(made),
                made.size() - removals,
                removals,
                round.isEmpty(),
                WEIGHT * (round.size() + changed.size()),
                sum(),
                0);
    }

    private void takeRemovals(Set<Integer> from, Map<Integer, Integer> made) {
        from.removeIf(connection -> {
            boolean isOver = !table.has(connection);
            if (isOver && sent.remove(connection) != null && !world.has(Mutant.FORGET_REMOVED)) {
                made.put(connection, REMOVED);
            }
            return isOver;
        });
    }

    private static List<byte[]> chunks(Map<Integer, Integer> made) {
        List<byte[]> chunks = new ArrayList<>();
        List<Map.Entry<Integer, Integer>> all = List.copyOf(made.entrySet());
        for (int from = 0; from < all.size(); from += CONNECTIONS_PER_CHUNK) {
            List<Map.Entry<Integer, Integer>> part =
                    all.subList(from, Math.min(all.size(), from + CONNECTIONS_PER_CHUNK));
            ByteBuffer bytes = ByteBuffer.allocate(part.size() * ENTRY_BYTES);
            part.forEach(entry -> bytes.put(entry.getKey().byteValue()).putInt(entry.getValue()));
            chunks.add(bytes.array());
        }
        return chunks;
    }
}
