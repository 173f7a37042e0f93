package io.portcullis.datapath.runtime;

import io.portcullis.datapath.track.TableBatch;
import java.util.ArrayDeque;
import java.util.Queue;

/**
 * Memory for pieces of tables that leave or are copied: a table has some only while a piece of it is under way, of which there are few at once. On the loop's
 * thread.
 */
final class TableBatches {
    /** So many stay, for the next pieces. */
    private static final int MOST_KEPT = 4;

    private final Queue<TableBatch> free = new ArrayDeque<>();

    TableBatch take() {
        TableBatch batch = free.poll();
        return batch == null ? new TableBatch() : batch;
    }

    void giveBack(TableBatch batch) {
        if (free.size() < MOST_KEPT) {
            free.add(batch);
        } else {
            batch.close();
        }
    }

    void close() {
        free.forEach(TableBatch::close);
        free.clear();
    }
}
