package io.portcullis.datapath.runtime;

import java.util.List;

/**
 * A piece of a copy of a table, see {@link DataPath#copyNext}.
 *
 * @param chunks to be taken in in this order, after those of earlier pieces; may be empty
 * @param entries how many connections the copy has with it
 * @param endsRound whether it is the last piece of its round: of the first one when each connection was copied once, of a later one when all was copied
 *     that had changed until it began
 */
public record CopiedPiece(List<byte[]> chunks, int entries, boolean endsRound) {
    public CopiedPiece {
        chunks = List.copyOf(chunks);
    }

    public long bytes() {
        return chunks.stream().mapToLong(chunk -> chunk.length).sum();
    }
}
