package io.portcullis.persistence;

import org.h2.mvstore.FileStore;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.MVStoreException;
import org.h2.mvstore.RandomAccessStore;

/**
 * Keeps the file of H2 from growing without end, and such that a machine that loses power finds it whole. One thread, in the process that has the file open.
 *
 * <p>Each commit appends what it changed as a chunk. H2 gives back a chunk of which nothing is in use as soon as it is 45 s old, and leaves it to a thread of its own to write anew what
 * little is still in use of others ({@code org.h2.mvstore.FileStore}). That thread does not run with {@code WRITE_DELAY=0}, which acknowledged writes need, and H2 does not ask whether the
 * disk has what came after a chunk before it writes over it. Here both is done: space is given back only when the disk has a state that does without it ({@code fsync} first), and chunks
 * that are mostly unused are written anew.
 */
final class H2Housekeeping {
    /** A file in which so little was written is left alone: chunks, and the header with most of them. */
    private static final int LEAST_WRITES = 64;
    /** Chunks of which less is in use are written anew, percent. */
    private static final int LEAST_CHUNK_FILL = 70;
    /** Of the file less is in use: chunks at its end go where there is room, so that it becomes shorter. Percent. */
    private static final int LEAST_FILE_FILL = 50;
    /** A file may have as much room as this without becoming shorter. */
    private static final long LEAST_BYTES = 16L << 20;
    /** Written anew at a time, while commits wait. */
    private static final int MAX_BYTES = 4 << 20;

    /** H2's own giving back is off: the longest time that it can be told, 24 days. */
    private static final int RETENTION_MILLIS = Integer.MAX_VALUE;

    private long writesAtLast;

    /**
     * Does what is due. Commits wait meanwhile, for an {@code fsync} and the writing of a few MiB at most.
     *
     * @throws MVStoreException if the file cannot be written, or is being closed
     */
    void look(MVStore store) {
        FileStore<?> file = store.getFileStore();
        file.setRetentionTime(RETENTION_MILLIS);
        // A back-up under way reads the file: nothing may be given back meanwhile.
        if (file.getWriteCount() - writesAtLast < LEAST_WRITES || !file.isSpaceReused()) {
            return;
        }
        // Once before commits have to wait, so that little is left to be forced then.
        store.sync();
        store.executeFilestoreOperation(() -> giveBack(file));
        if (file instanceof RandomAccessStore whole
                && file.size() > LEAST_BYTES
                && file.getFillRate() < LEAST_FILE_FILL) {
            whole.compactMoveChunks(LEAST_FILE_FILL, MAX_BYTES, store);
        }
        writesAtLast = file.getWriteCount();
    }

    /** No commit runs. */
    private static void giveBack(FileStore<?> file) {
        file.sync();
        file.setRetentionTime(0);
        try {
            file.dropUnusedChunks();
            file.compact(LEAST_CHUNK_FILL, MAX_BYTES);
        } finally {
            file.setRetentionTime(RETENTION_MILLIS);
        }
    }
}
