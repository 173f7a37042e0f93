package io.portcullis.vnic;

import io.portcullis.policy.compile.RuleTableCodec;
import io.portcullis.policy.table.RuleTable;
import java.io.ByteArrayOutputStream;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Rule tables, by hash, that firewalls of this host are asked about, as they arrive in pieces. The one that was used longest ago is forgotten
 * when there are too many: whoever still needs it sends it again. One thread.
 */
final class CandidateTables {
    /** Tables that are kept. */
    static final int MAX_TABLES = 64;
    /** Bytes of their pieces, together; a single larger table is refused. */
    static final long MAX_BYTES = 64L << 20;

    private static final class Arrival {
        private final int pieces;
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private int next;
        private @Nullable RuleTable table;

        Arrival(int pieces) {
            this.pieces = pieces;
        }
    }

    private final Map<String, Arrival> byHash = new LinkedHashMap<>(16, 0.75f, true);
    private long bytes;

    /**
     * Takes the next piece of a table over; the first one begins anew, a piece that is here already changes nothing.
     *
     * @throws IllegalArgumentException if the pieces are not those of a table with this hash, or too many
     */
    void take(String hash, TablePiece piece) {
        Arrival known = byHash.get(hash);
        if (known != null && known.table != null) {
            return;
        }
        if (piece.number() == 0) {
            forget(hash);
            known = new Arrival(piece.count());
            byHash.put(hash, known);
        }
        if (known == null || known.next != piece.number() || known.pieces != piece.count()) {
            throw new IllegalArgumentException(
                    "piece " + piece.number() + " of table " + hash + " does not follow on what is here; begin anew");
        }
        known.bytes.writeBytes(piece.bytes());
        known.next++;
        bytes += piece.bytes().length;
        makeRoom(hash);
        if (known.next == known.pieces) {
            complete(hash, known);
        }
    }

    private void complete(String hash, Arrival arrival) {
        try {
            RuleTable table = RuleTableCodec.decode(arrival.bytes.toByteArray());
            if (!table.hash().equals(hash)) {
                throw new IllegalArgumentException("it has hash " + table.hash());
            }
            arrival.table = table;
        } catch (IllegalArgumentException damaged) {
            forget(hash);
            throw new IllegalArgumentException("table " + hash + ": " + damaged.getMessage(), damaged);
        }
    }

    private void makeRoom(String newest) {
        Iterator<Map.Entry<String, Arrival>> oldestFirst = byHash.entrySet().iterator();
        while (oldestFirst.hasNext() && (byHash.size() > MAX_TABLES || bytes > MAX_BYTES)) {
            Map.Entry<String, Arrival> oldest = oldestFirst.next();
            boolean isNewest = oldest.getKey().equals(newest);
            bytes -= oldest.getValue().bytes.size();
            oldestFirst.remove();
            if (isNewest) {
                throw new IllegalArgumentException(
                        "table " + newest + " has more than " + MAX_BYTES + " bytes (CandidateTables.MAX_BYTES)");
            }
        }
    }

    private void forget(String hash) {
        Arrival gone = byHash.remove(hash);
        if (gone != null) {
            bytes -= gone.bytes.size();
        }
    }

    void forgetAll() {
        byHash.clear();
        bytes = 0;
    }

    /** Null if it is not here, or not whole. */
    @Nullable
    RuleTable find(String hash) {
        Arrival arrival = byHash.get(hash);
        return arrival == null ? null : arrival.table;
    }
}
