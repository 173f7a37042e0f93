package io.portcullis.persistence;

import java.util.concurrent.atomic.AtomicLong;

/**
 * How far a vNIC's checkpoint is.
 *
 * @param file another one whenever it begins anew, within one process; 0 for none
 * @param epoch under which it was written
 * @param bytes up to the last complete round
 * @param entries connections in these
 */
public record CheckpointPosition(long file, long epoch, long bytes, int entries) {
    public static final CheckpointPosition NONE = new CheckpointPosition(0, 0, 0, 0);

    private static final AtomicLong FILES = new AtomicLong();

    static long newFile() {
        return FILES.incrementAndGet();
    }
}
