package io.portcullis.persistence;

import io.portcullis.policy.VnicId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The checkpoints of one host on its own disk, one file per vNIC. A file is replaced whole: written beside, synced, renamed; so
 * there is always a whole one. Blocks; one thread at a time per vNIC.
 */
public final class Checkpoints {
    private static final Logger LOG = LoggerFactory.getLogger(Checkpoints.class);
    private static final String SUFFIX = ".checkpoint";
    private static final String TEMPORARY_SUFFIX = ".tmp";

    private final Path directory;

    /** @param directory made when the first checkpoint is written */
    public Checkpoints(Path directory) {
        this.directory = directory;
    }

    /** The host's notes on what it hands over, beside its checkpoints. */
    public HandoverNotes notes() {
        return new HandoverNotes(directory);
    }

    /** Replaces the vNIC's checkpoint; returns once it is on disk. */
    public void write(Checkpoint checkpoint) throws IOException {
        Files.createDirectories(directory);
        Path target = file(checkpoint.vnic());
        Path temporary = target.resolveSibling(target.getFileName() + TEMPORARY_SUFFIX);
        try (FileChannel channel = FileChannel.open(
                temporary, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            ByteBuffer content = ByteBuffer.wrap(CheckpointCodec.encode(checkpoint));
            while (content.hasRemaining()) {
                channel.write(content);
            }
            channel.force(true);
        }
        Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** The vNIC's checkpoint. Empty if there is none, or none that can be trusted; the log then says why. */
    public Optional<Checkpoint> read(VnicId vnic) {
        Path file = file(vnic);
        try {
            Checkpoint checkpoint = CheckpointCodec.decode(Files.readAllBytes(file));
            if (!checkpoint.vnic().equals(vnic)) {
                throw new IllegalArgumentException("it belongs to " + checkpoint.vnic());
            }
            return Optional.of(checkpoint);
        } catch (NoSuchFileException none) {
            return Optional.empty();
        } catch (IOException | IllegalArgumentException refused) {
            LOG.warn("checkpoint {} is not used: {}", file, refused.getMessage());
            return Optional.empty();
        }
    }

    /** Removes the vNIC's checkpoint if there is one. */
    public void delete(VnicId vnic) throws IOException {
        Files.deleteIfExists(file(vnic));
    }

    /** Names are RFC 1123 labels, so dots keep them apart and nothing can leave the directory. */
    private Path file(VnicId vnic) {
        return directory.resolve(vnic.tenant() + "." + vnic.vm().name() + "." + vnic.name() + SUFFIX);
    }
}
