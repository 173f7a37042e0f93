package io.portcullis.datapath.runtime;

import io.portcullis.datapath.track.TableSum;
import java.util.List;

/**
 * A piece of a table that is exported in rounds, see {@link DataPath#exportNext}.
 *
 * @param chunks to be imported in this order, after those of earlier pieces; may be empty
 * @param entries connections that are new to the other side, or have changed
 * @param removals connections that the other side has and this one has no more
 * @param endsRound whether it is the last piece of its round: of the first one when each connection was sent once, of a later one when all was
 *     sent that had changed until it began
 * @param pending connections that have changed since, and removals: the next round, as far as it is known
 * @param sum of what the other side has once it has taken this
 * @param loopNanos time that the loop spent on it, in slices between its frames
 */
public record ExportedBatch(
        List<byte[]> chunks, int entries, int removals, boolean endsRound, int pending, TableSum sum, long loopNanos) {
    public ExportedBatch {
        chunks = List.copyOf(chunks);
    }

    public long bytes() {
        return chunks.stream().mapToLong(chunk -> chunk.length).sum();
    }
}
