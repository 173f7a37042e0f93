package io.portcullis.datapath.track;

import java.util.List;

/**
 * A connection table on its way to another host or to disk.
 *
 * @param chunks encoded by {@code TableCodec}; each is complete in itself (magic, version, length, CRC32C)
 * @param entries number of connections in all chunks
 * @param digest order-independent digest of all entries; both sides of a move must find the same
 */
public record TableSnapshot(List<byte[]> chunks, int entries, long digest) {
    public TableSnapshot {
        chunks = List.copyOf(chunks);
    }

    public long bytes() {
        long bytes = 0;
        for (byte[] chunk : chunks) {
            bytes += chunk.length;
        }
        return bytes;
    }
}
