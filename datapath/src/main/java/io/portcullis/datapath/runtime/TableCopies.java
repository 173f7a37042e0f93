package io.portcullis.datapath.runtime;

import io.portcullis.datapath.runtime.DataPathException.Reason;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * The copies of a vNIC's table that are kept up to date elsewhere, on disk for example: each by its number, and each knows what has changed since its
 * last round. Called on the loop's thread.
 */
final class TableCopies {
    /** One that is kept, and one that is to take its place; with another one the oldest ends. */
    static final int MOST = 2;

    private final Vnic vnic;
    /** Nothing before the first one. */
    private Map<Long, OutgoingTable> copies = Map.of();

    TableCopies(Vnic vnic) {
        this.vnic = vnic;
    }

    CompletableFuture<CopiedPiece> next(Loop loop, long number, boolean isFirst) {
        if (isFirst) {
            begin(loop, number);
        }
        OutgoingTable copy = copies.get(number);
        if (copy == null) {
            throw new DataPathException(
                    Reason.WRONG_MODE, "copy " + number + " of the table of " + vnic.id() + " has ended; begin again");
        }
        return copy.copyNext();
    }

    private void begin(Loop loop, long number) {
        end(number);
        if (copies.size() == MOST) {
            end(copies.keySet().iterator().next());
        }
        if (copies.isEmpty()) {
            copies = new LinkedHashMap<>();
        }
        copies.put(number, new OutgoingTable(loop, vnic, vnic.engine.beginCopy(), loop.checkpointWorker()));
    }

    private void end(long number) {
        OutgoingTable ended = copies.get(number);
        if (ended != null) {
            copies.remove(number);
            ended.close();
        }
        if (copies.isEmpty()) {
            copies = Map.of();
        }
    }

    /** Ends all others. */
    void keep(long number) {
        for (long other : copies.keySet().toArray(Long[]::new)) {
            if (other != number) {
                end(other);
            }
        }
    }

    /** Ends all: pieces under way fail, and nothing is noted for them any more. */
    void end() {
        copies.values().forEach(OutgoingTable::close);
        copies = Map.of();
    }
}
