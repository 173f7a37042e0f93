package io.portcullis.persistence;

import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notes of a host on its own disk, of two kinds, each an epoch of a vNIC. Under that epoch or a lower one the host does not enforce the vNIC from its own disk, as its process
 * starts again: another host may.
 *
 * <ul>
 *   <li>{@linkplain Checkpoints#notes What it gives up}: it has begun to hand the vNIC over, or has let it go. Neither its process nor its actors enforce under that epoch again, whatever
 *       the directory says, which may not have heard of it. The note stays until a checkpoint of a higher epoch is there, or the directory shows that the
 *       VM is elsewhere under a higher one, or nowhere.
 *   <li>{@linkplain Checkpoints#arrivals What comes}: the vNIC is being moved here, and may enforce before anybody says that this was the end of it. The note stays until the
 *       directory says that the VM is here, or that it is elsewhere.
 * </ul>
 *
 * <p>Blocks. Thread-safe.
 */
public final class EpochNotes {
    private static final Logger LOG = LoggerFactory.getLogger(EpochNotes.class);

    /** "PHON" and the version. */
    private static final int MAGIC = 0x50484f01;

    private static final int BYTES = Integer.BYTES + Long.BYTES;
    private static final int LOCKS = 64;

    private final Path directory;
    private final String suffix;
    private final boolean isKept;
    /** What is on disk; whole once it was {@linkplain #list listed}. */
    private final Map<VnicId, Long> known = new ConcurrentHashMap<>();

    private volatile boolean isListed;
    private final Object[] locks = new Object[LOCKS];

    /**
     * Notes in a directory.
     *
     * @param suffix of the files of this kind of note
     * @param isKept false for a host without a disk: nothing is written, and nothing found
     */
    EpochNotes(Path directory, String suffix, boolean isKept) {
        this.directory = directory;
        this.suffix = suffix;
        this.isKept = isKept;
        Arrays.setAll(locks, _ -> new Object());
    }

    private Object lockOf(VnicId vnic) {
        return locks[Math.floorMod(vnic.hashCode(), LOCKS)];
    }

    /**
     * Returns once a note of this epoch or a higher one is on disk; writes nothing if it is already.
     *
     * @return the epoch of the note that there was before
     */
    public OptionalLong open(VnicId vnic, long epoch) throws IOException {
        if (!isKept) {
            return OptionalLong.empty();
        }
        synchronized (lockOf(vnic)) {
            OptionalLong before = find(vnic);
            boolean isNoted = before.isPresent() && before.getAsLong() >= epoch && before.getAsLong() != Long.MAX_VALUE;
            if (!isNoted) {
                write(vnic, epoch);
            }
            known.put(vnic, isNoted ? before.getAsLong() : epoch);
            return before;
        }
    }

    /** What was to be given up was not: the note is as before. */
    public void takeBack(VnicId vnic, OptionalLong before) throws IOException {
        synchronized (lockOf(vnic)) {
            if (before.isEmpty()) {
                close(vnic);
            } else {
                write(vnic, before.getAsLong());
                known.put(vnic, before.getAsLong());
            }
        }
    }

    private void write(VnicId vnic, long epoch) throws IOException {
        Files.createDirectories(directory);
        try (FileChannel channel = FileChannel.open(
                file(vnic),
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE,
                StandardOpenOption.TRUNCATE_EXISTING)) {
            ByteBuffer note =
                    ByteBuffer.allocate(BYTES).putInt(MAGIC).putLong(epoch).flip();
            while (note.hasRemaining()) {
                channel.write(note);
            }
            channel.force(true);
        }
    }

    /** The vNIC is enforced here under this epoch, and a restart would find it so: a note on a lower one is void. */
    void closeBelow(VnicId vnic, long epoch) throws IOException {
        synchronized (lockOf(vnic)) {
            if (find(vnic).orElse(Long.MAX_VALUE) < epoch) {
                close(vnic);
            }
        }
    }

    /** Nobody can take this epoch, or a lower one, for this host's any more; a note of a higher one stays. */
    public void closeUpTo(VnicId vnic, long epoch) throws IOException {
        synchronized (lockOf(vnic)) {
            if (find(vnic).orElse(Long.MIN_VALUE) <= epoch) {
                close(vnic);
            }
        }
    }

    public void close(VnicId vnic) throws IOException {
        synchronized (lockOf(vnic)) {
            Files.deleteIfExists(file(vnic));
            known.remove(vnic);
        }
    }

    /**
     * All that are open, with their epochs: the first time by a look at the directory, later without one. None if the directory cannot be read: this is for
     * finding out which are void.
     */
    public Map<VnicId, Long> list() {
        if (!isListed) {
            try {
                known.putAll(readFiles());
                isListed = true;
            } catch (NoSuchFileException none) {
                isListed = true;
            } catch (IOException | UncheckedIOException unreadable) {
                LOG.warn("the notes on epochs cannot be read, and stay as they are", unreadable);
                return Map.of();
            }
        }
        return Map.copyOf(known);
    }

    /** All that are open, by one look at the directory. */
    public OpenNotes readAll() {
        Map<VmId, Long> epochs = new HashMap<>();
        try {
            readFiles().forEach((vnic, epoch) -> epochs.merge(vnic.vm(), epoch, Math::max));
        } catch (NoSuchFileException none) {
            return new OpenNotes(Map.of());
        } catch (IOException | RuntimeException unreadable) {
            LOG.warn(
                    "the notes ({}) on what is handed over or comes cannot be read: all VMs count as noted",
                    suffix,
                    unreadable);
            return OpenNotes.UNREADABLE;
        }
        return new OpenNotes(epochs);
    }

    private Map<VnicId, Long> readFiles() throws IOException {
        Map<VnicId, Long> epochs = new HashMap<>();
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                String name = file.getFileName().toString();
                if (name.endsWith(suffix)) {
                    vnic(name.substring(0, name.length() - suffix.length()))
                            .ifPresent(vnic -> find(vnic).ifPresent(epoch -> epochs.put(vnic, epoch)));
                }
            }
        }
        return epochs;
    }

    /** Empty if the name is no vNIC's: then it is nobody's note. */
    private Optional<VnicId> vnic(String name) {
        try {
            return Optional.of(VnicId.parse(name.replace('.', '/')));
        } catch (IllegalArgumentException foreign) {
            LOG.warn("'{}{}' is no note of this host's", name, suffix);
            return Optional.empty();
        }
    }

    /** The highest epoch that was noted. A note that cannot be read counts for every epoch: {@link Long#MAX_VALUE}. */
    public OptionalLong find(VnicId vnic) {
        if (!isKept) {
            return OptionalLong.empty();
        }
        try {
            byte[] content = Files.readAllBytes(file(vnic));
            ByteBuffer note = ByteBuffer.wrap(content);
            if (content.length == BYTES && note.getInt() == MAGIC) {
                return OptionalLong.of(note.getLong());
            }
            LOG.warn("the note {}{} is damaged: it counts for every epoch", vnic, suffix);
            return OptionalLong.of(Long.MAX_VALUE);
        } catch (NoSuchFileException none) {
            return OptionalLong.empty();
        } catch (IOException unreadable) {
            LOG.warn("the note {}{} cannot be read: it counts for every epoch", vnic, suffix, unreadable);
            return OptionalLong.of(Long.MAX_VALUE);
        }
    }

    private Path file(VnicId vnic) {
        return directory.resolve(prefix(vnic.vm()) + vnic.name() + suffix);
    }

    /** Names are labels without dots, so that no VM's prefix begins another's. */
    private static String prefix(VmId vm) {
        return vm.tenant() + "." + vm.name() + ".";
    }
}
