package io.portcullis.datapath.track;

import java.util.Arrays;
import java.util.List;

/**
 * Makes chunks of the batches of one export, and knows what the other side has once it has got them. A batch may tell of a connection and,
 * later, of its end: then nothing is sent of it but the end of what the other side had before. One thread at a time.
 */
final class BatchEncoder {
    private final SentEntries sent;
    private final int version;
    private final LatestCopies latest = new LatestCopies();

    /** @param version of the chunks: the newest that the other side reads */
    BatchEncoder(SentEntries sent, int version) {
        this.sent = sent;
        this.version = version;
    }

    int entries() {
        return sent.entries();
    }

    long digest() {
        return sent.digest();
    }

    TableExport.Round encode(TableBatch batch) {
        int[] copies = settle(batch);
        int removals = batch.removedCount();
        List<byte[]> chunks = TableCodec.removals(batch);
        chunks.addAll(TableCodec.updates(
                batch.copies(), copies, batch.nowNanos(), version, (copy, entry) -> sent.put(batch.slot(copy), entry)));
        return new TableExport.Round(chunks, copies.length, removals);
    }

    /** Leaves those removals that the other side must be told; the copies that are not over, too, are the answer. */
    private int[] settle(TableBatch batch) {
        latest.begin(batch.count() + batch.removedCount());
        int noted = 0;
        int kept = 0;
        for (int removal = 0; removal < batch.removedCount(); removal++) {
            for (; noted < batch.removedAfter(removal); noted++) {
                latest.put(batch.slot(noted), noted);
            }
            int slot = batch.removedSlot(removal);
            latest.put(slot, LatestCopies.NONE);
            if (sent.isIn(slot)) {
                sent.remove(slot);
                batch.keepRemoval(removal, kept++);
            }
        }
        batch.keepRemovals(kept);
        for (; noted < batch.count(); noted++) {
            latest.put(batch.slot(noted), noted);
        }
        int[] copies = new int[batch.count()];
        int left = 0;
        for (int copy = 0; copy < batch.count(); copy++) {
            if (latest.get(batch.slot(copy)) == copy) {
                copies[left++] = copy;
            }
        }
        return Arrays.copyOf(copies, left);
    }
}
