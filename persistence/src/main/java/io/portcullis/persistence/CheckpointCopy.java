package io.portcullis.persistence;

import io.portcullis.datapath.track.SavedTable;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The bytes of a checkpoint that another host writes, as far as they have come. Nothing is read of them before they are needed. Not thread-safe. */
public final class CheckpointCopy {
    private final List<byte[]> pieces = new ArrayList<>();
    private long bytes;

    /** How many have come. */
    public long bytes() {
        return bytes;
    }

    /** The next ones. Nobody changes them. */
    public void add(byte[] piece) {
        if (piece.length > 0) {
            pieces.add(piece);
            bytes += piece.length;
        }
    }

    /** All of them, in new memory. */
    public byte[] toArray() {
        ByteBuffer all = ByteBuffer.allocate(Math.toIntExact(bytes));
        pieces.forEach(all::put);
        return all.array();
    }

    /**
     * Reads a checkpoint of another host.
     *
     * @param clockOffset what this host's clock of the wall is ahead of that one's
     * @throws IllegalArgumentException if there is no whole one, or it is of another build
     */
    public static Checkpoint read(byte[] bytes, Duration clockOffset) {
        Checkpoint there = CheckpointCodec.decode(ByteBuffer.wrap(bytes));
        SavedTable table = there.table();
        return new Checkpoint(
                there.head(),
                there.written().plus(clockOffset),
                new SavedTable(
                        table.parts().stream()
                                .map(part -> new SavedTable.Part(part.taken().plus(clockOffset), part.chunks()))
                                .toList(),
                        table.entries(),
                        table.digest()));
    }
}
