package io.portcullis.persistence;

import io.portcullis.datapath.track.SavedTable;
import io.portcullis.policy.VnicId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One vNIC's checkpoint while it is written: first beside the one that is in force, whose place it takes with the first {@link #commit}, then at its
 * end, so that a round costs what has changed. It is over when the vNIC has left, when another one has taken its place, and with the first failure:
 * what was torn must not get anything behind it.
 *
 * <p>The first commit is on disk when it returns, and so is one with other rules or another epoch. All others are only written: a killed process
 * loses nothing of them, a machine that loses power the VM too. Blocks; all calls take turns with those of {@link Checkpoints} about the same VM.
 */
public final class CheckpointFile {
    private enum Phase {
        /** Nobody would find it after a restart. */
        BEGUN,
        IN_FORCE,
        OVER
    }

    private final Checkpoints checkpoints;
    private final VnicId vnic;
    private final long epoch;
    private final Path target;
    private final Path temporary;
    private Phase phase;
    private @Nullable CheckpointHead written;
    private long bytes;
    private long wholeBytes;
    private final long number = CheckpointPosition.newFile();
    private long committedBytes;
    private int entries;

    /** @param isOver for a vNIC that has left */
    CheckpointFile(Checkpoints checkpoints, VnicId vnic, long epoch, Path target, Path temporary, boolean isOver) {
        this.checkpoints = checkpoints;
        this.vnic = vnic;
        this.epoch = epoch;
        this.target = target;
        this.temporary = temporary;
        phase = isOver ? Phase.OVER : Phase.BEGUN;
    }

    public VnicId vnic() {
        return vnic;
    }

    public long epoch() {
        return epoch;
    }

    /** Whether something can still be written. */
    public boolean isOver() {
        synchronized (checkpoints.lockOf(vnic)) {
            return phase == Phase.OVER;
        }
    }

    /** What was written until the first commit: the whole table. */
    public long wholeBytes() {
        synchronized (checkpoints.lockOf(vnic)) {
            return wholeBytes;
        }
    }

    /** Up to where a restart would read it. */
    CheckpointPosition position() {
        synchronized (checkpoints.lockOf(vnic)) {
            return new CheckpointPosition(number, epoch, committedBytes, entries);
        }
    }

    /** What was written since. */
    public long addedBytes() {
        synchronized (checkpoints.lockOf(vnic)) {
            return bytes - wholeBytes;
        }
    }

    /**
     * Adds a part, which counts with the next {@link #commit}.
     *
     * @return bytes written; 0 if it is over
     */
    public long add(SavedTable.Part part) throws IOException {
        synchronized (checkpoints.lockOf(vnic)) {
            return phase == Phase.OVER ? 0 : append(CheckpointSegments.part(part), false);
        }
    }

    /**
     * From now on a restart finds all that was added.
     *
     * @param head of the epoch under which it was begun
     * @param entriesNow how many connections there are with all parts
     * @return bytes written; 0 if it is over: then it is as it was before
     */
    public long commit(CheckpointHead head, Instant now, int entriesNow) throws IOException {
        requireSame(head);
        synchronized (checkpoints.lockOf(vnic)) {
            if (phase == Phase.OVER) {
                return 0;
            }
            long bytesBefore = bytes;
            boolean isOther = written == null || !written.isSameAs(head);
            if (isOther) {
                append(CheckpointSegments.head(head), false);
            }
            append(CheckpointSegments.end(now, entriesNow), isOther);
            written = head;
            committedBytes = bytes;
            entries = entriesNow;
            if (phase == Phase.BEGUN) {
                takeItsPlace();
            }
            checkpoints.committed(this, wholeBytes == bytes);
            return bytes - bytesBefore;
        }
    }

    /**
     * As the first {@link #commit}, of what another host enforces still: a restart finds all that was added, for whoever knows by then that the vNIC is here to stay. It is no sign of that, so
     * notes on the vNIC stay as they are. Nothing is added afterwards. Only written, not synced.
     *
     * @param head of the epoch under which it was begun
     * @param entriesNow how many connections there are with all parts
     */
    public void commitAhead(CheckpointHead head, Instant now, int entriesNow) throws IOException {
        requireSame(head);
        synchronized (checkpoints.lockOf(vnic)) {
            if (phase == Phase.BEGUN) {
                append(CheckpointSegments.head(head), false);
                append(CheckpointSegments.end(now, entriesNow), false);
                takeItsPlace();
                checkpoints.committedAhead(this);
                end();
            }
        }
    }

    private void requireSame(CheckpointHead head) {
        if (!head.vnic().equals(vnic) || head.epoch() != epoch) {
            throw new IllegalArgumentException("begun for " + vnic + " under epoch " + epoch);
        }
    }

    /** Nothing more is written, and what nobody would find is removed; what is in force stays so. */
    public void abandon() {
        synchronized (checkpoints.lockOf(vnic)) {
            end();
            checkpoints.ended(this);
        }
    }

    /** While the caller holds the vNIC's lock. */
    void end() {
        Phase before = phase;
        phase = Phase.OVER;
        if (before == Phase.BEGUN) {
            try {
                Files.deleteIfExists(temporary);
            } catch (IOException left) {
                // nobody reads it, and the next one is written over it
                return;
            }
        }
    }

    private void takeItsPlace() throws IOException {
        try {
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException failed) {
            end();
            throw failed;
        }
        phase = Phase.IN_FORCE;
        wholeBytes = bytes;
    }

    private long append(byte[] segment, boolean isSynced) throws IOException {
        boolean isFirst = bytes == 0;
        try (FileChannel channel = FileChannel.open(phase == Phase.BEGUN ? temporary : target, options(isFirst))) {
            if (isFirst) {
                bytes += write(channel, CheckpointCodec.beginning());
            } else if (channel.size() != bytes) {
                throw new IOException("somebody else has written " + target);
            }
            bytes += write(channel, segment);
            if (isSynced) {
                channel.force(true);
            }
        } catch (IOException failed) {
            end();
            throw failed;
        }
        checkpoints.count("checkpoint.bytes", segment.length);
        return segment.length;
    }

    private static OpenOption[] options(boolean isFirst) {
        return isFirst
                ? new OpenOption[] {
                    StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING
                }
                : new OpenOption[] {StandardOpenOption.WRITE, StandardOpenOption.APPEND};
    }

    private static int write(FileChannel channel, byte[] bytes) throws IOException {
        ByteBuffer content = ByteBuffer.wrap(bytes);
        while (content.hasRemaining()) {
            channel.write(content);
        }
        return bytes.length;
    }
}
