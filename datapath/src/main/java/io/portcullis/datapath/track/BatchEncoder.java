package io.portcullis.datapath.track;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;

/**
 * Makes chunks of the batches of one export, and knows what the other side has once it has got them. A batch may tell of a connection and,
 * later, of its end: then nothing is sent of it but the end of what the other side had before. One thread at a time.
 */
final class BatchEncoder {
    private final ByteBuffer scratch = ByteBuffer.allocate(EntryCodec.MAX_BYTES).order(ByteOrder.BIG_ENDIAN);
    private final FlowKey key = new FlowKey();
    /** Of the connection that the other side has of a slot, 0 for none. */
    private long[] digests = new long[64];
    /** By slot, while a batch is encoded: number of its copy, plus one. */
    private int[] copyOfSlot = new int[64];

    private int entries;
    private long digest;

    int entries() {
        return entries;
    }

    long digest() {
        return digest;
    }

    TableExport.Round encode(TableBatch batch) {
        int[] copies = settle(batch);
        for (int copy : copies) {
            sent(batch, copy);
        }
        int removals = batch.removedCount();
        List<byte[]> chunks = TableCodec.removals(batch);
        chunks.addAll(TableCodec.updates(batch.copies(), copies, batch.nowNanos()));
        return new TableExport.Round(chunks, copies.length, removals);
    }

    /** Leaves those removals that the other side must be told; the copies that are not over, too, are the answer. */
    private int[] settle(TableBatch batch) {
        ensure(batch);
        int noted = 0;
        int kept = 0;
        for (int removal = 0; removal < batch.removedCount(); removal++) {
            while (noted < batch.removedAfter(removal)) {
                copyOfSlot[batch.slot(noted)] = ++noted;
            }
            int slot = batch.removedSlot(removal);
            copyOfSlot[slot] = 0;
            if (digests[slot] != 0) {
                digest -= digests[slot];
                digests[slot] = 0;
                entries--;
                batch.keepRemoval(removal, kept++);
            }
        }
        batch.keepRemovals(kept);
        while (noted < batch.count()) {
            copyOfSlot[batch.slot(noted)] = ++noted;
        }
        int[] copies = new int[batch.count()];
        int left = 0;
        for (int copy = 0; copy < batch.count(); copy++) {
            if (copyOfSlot[batch.slot(copy)] == copy + 1) {
                copies[left++] = copy;
            }
        }
        for (int copy = 0; copy < batch.count(); copy++) {
            copyOfSlot[batch.slot(copy)] = 0;
        }
        return Arrays.copyOf(copies, left);
    }

    private void sent(TableBatch batch, int copy) {
        int slot = batch.slot(copy);
        scratch.clear();
        EntryCodec.writeLasting(batch.copies(), copy, key, scratch);
        long own = EntryCodec.digest(scratch, 0, scratch.position());
        entries += digests[slot] == 0 ? 1 : 0;
        digest += own - digests[slot];
        digests[slot] = own;
    }

    private void ensure(TableBatch batch) {
        int highest = digests.length - 1;
        for (int copy = 0; copy < batch.count(); copy++) {
            highest = Math.max(highest, batch.slot(copy));
        }
        if (highest >= digests.length) {
            int length = Math.max(highest + 1, 2 * digests.length);
            digests = Arrays.copyOf(digests, length);
            copyOfSlot = Arrays.copyOf(copyOfSlot, length);
        }
    }
}
