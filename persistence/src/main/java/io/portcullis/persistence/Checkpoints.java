package io.portcullis.persistence;

import io.portcullis.policy.VnicId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The checkpoints of one host on its own disk, one file per vNIC. A file is replaced whole: written beside, synced, renamed; so
 * there is always a whole one. A host that starts enforces what it finds here before it can ask anybody, so the checkpoint of a vNIC
 * that has left must be gone before anybody hears that it has. Blocks. Thread-safe.
 */
public final class Checkpoints {
    private static final Logger LOG = LoggerFactory.getLogger(Checkpoints.class);
    private static final String SUFFIX = ".checkpoint";
    private static final String TEMPORARY_SUFFIX = ".tmp";

    private final Path directory;

    /** Highest epoch under which a vNIC has left since this process began: a write that comes late writes nothing. */
    private final Map<VnicId, Long> left = new HashMap<>();

    /** @param directory made when the first checkpoint is written */
    public Checkpoints(Path directory) {
        this.directory = directory;
    }

    /** The host's notes on what it hands over, beside its checkpoints. */
    public HandoverNotes notes() {
        return new HandoverNotes(directory);
    }

    /** Replaces the vNIC's checkpoint unless the vNIC has left under this epoch; returns once it is on disk. */
    public synchronized void write(Checkpoint checkpoint) throws IOException {
        if (checkpoint.epoch() <= left.getOrDefault(checkpoint.vnic(), Long.MIN_VALUE)) {
            return;
        }
        left.remove(checkpoint.vnic());
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
        notes().closeBelow(checkpoint.vnic(), checkpoint.epoch());
    }

    /** The vNIC's checkpoint. Empty if there is none, or none that can be trusted; the log then says why. */
    public Optional<Checkpoint> read(VnicId vnic) {
        return read(file(vnic));
    }

    /** Every checkpoint that can be trusted, in no order. */
    public List<Checkpoint> readAll() {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(SUFFIX))
                    .map(this::read)
                    .flatMap(Optional::stream)
                    .toList();
        } catch (NoSuchFileException none) {
            return List.of();
        } catch (IOException | UncheckedIOException unreadable) {
            LOG.warn("the checkpoints in {} are not used", directory, unreadable);
            return List.of();
        }
    }

    private Optional<Checkpoint> read(Path file) {
        try {
            Checkpoint checkpoint = CheckpointCodec.decode(Files.readAllBytes(file));
            if (!file(checkpoint.vnic()).equals(file)) {
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

    /**
     * The vNIC has left this host under this epoch: nothing stays by which a restart could enforce it under this epoch or a lower one.
     * First the checkpoint goes, then the note that it was handed over.
     *
     * @throws IOException if the checkpoint may still be there; then nobody may be told that the vNIC has left
     */
    public synchronized void leave(VnicId vnic, long epoch) throws IOException {
        left.merge(vnic, epoch, Math::max);
        boolean isBackAgain =
                read(vnic).filter(checkpoint -> checkpoint.epoch() > epoch).isPresent();
        if (!isBackAgain) {
            Files.deleteIfExists(file(vnic));
        }
        if (notes().find(vnic).orElse(Long.MAX_VALUE) <= epoch) {
            notes().close(vnic);
        }
    }

    /** Names are RFC 1123 labels, so dots keep them apart and nothing can leave the directory. */
    private Path file(VnicId vnic) {
        return directory.resolve(vnic.tenant() + "." + vnic.vm().name() + "." + vnic.name() + SUFFIX);
    }
}
