package io.portcullis.persistence;

import io.portcullis.policy.VnicId;
import io.portcullis.policy.table.RuleTable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The checkpoints of one host on its own disk, one file per vNIC. A file is replaced whole: written beside, synced, renamed; so
 * there is always a whole one, to which rounds of what has changed are added ({@link CheckpointFile}). A host that starts enforces what it finds here before it can ask anybody, so the checkpoint of a vNIC
 * that has left must be gone before anybody hears that it has. Blocks. Thread-safe.
 */
public final class Checkpoints {
    private static final Logger LOG = LoggerFactory.getLogger(Checkpoints.class);
    private static final String SUFFIX = ".checkpoint";
    private static final String TEMPORARY_SUFFIX = ".tmp";
    private static final int LOCKS = 64;
    /** Of which it is known that they were read. */
    private static final int MAX_TABLES = 10_000;

    private final Path directory;
    private final boolean isKept;
    private final EpochNotes notes;
    private final EpochNotes arrivals;

    private final LeftEpochs left = new LeftEpochs();

    private final Map<VnicId, CheckpointFile> begun = new ConcurrentHashMap<>();
    private final Map<VnicId, CheckpointFile> inForce = new ConcurrentHashMap<>();
    /** Of VMs, by their hash: what one waits for on the disk, few others wait for. */
    private final Object[] locks = new Object[LOCKS];

    /** What was read, for as long as somebody has it. */
    private final Map<String, WeakReference<RuleTable>> tables = new ConcurrentHashMap<>();

    private final Map<String, Long> counters = new ConcurrentHashMap<>();

    /** Of vNICs whose checkpoints are copied to another host; nothing is noted of others. */
    private final Map<VnicId, CheckpointPosition> followed = new ConcurrentHashMap<>();

    /** @param directory made when the first checkpoint is written */
    public Checkpoints(Path directory) {
        this(directory, true);
    }

    private Checkpoints(Path directory, boolean isKept) {
        this.directory = directory;
        this.isKept = isKept;
        this.notes = new EpochNotes(directory, ".handover", isKept);
        this.arrivals = new EpochNotes(directory, ".arrival", isKept);
        Arrays.setAll(locks, _ -> new Object());
    }

    /** Of a host that keeps none: nothing is written, and nothing found. */
    public static Checkpoints none() {
        return new Checkpoints(Path.of("none"), false);
    }

    /** Held by whoever reads, writes or removes what there is of a vNIC. */
    Object lockOf(VnicId vnic) {
        return locks[Math.floorMod(vnic.vm().hashCode(), LOCKS)];
    }

    /** The host's notes on what it gives up, beside its checkpoints. */
    public EpochNotes notes() {
        return notes;
    }

    /** The host's notes on what is being moved to it. */
    public EpochNotes arrivals() {
        return arrivals;
    }

    /**
     * Begins a checkpoint that takes the place of the vNIC's with its first commit; one that was begun before and not committed is over. So is this one if
     * the vNIC has left under this epoch.
     */
    public CheckpointFile begin(VnicId vnic, long epoch) throws IOException {
        synchronized (lockOf(vnic)) {
            CheckpointFile unfinished = begun.remove(vnic);
            if (unfinished != null) {
                unfinished.end();
            }
            boolean hasLeft = !isKept || left.hasLeft(vnic, epoch);
            Path target = file(vnic);
            Path temporary = target.resolveSibling(target.getFileName() + TEMPORARY_SUFFIX);
            CheckpointFile file = new CheckpointFile(this, vnic, epoch, target, temporary, hasLeft);
            if (!hasLeft) {
                Files.createDirectories(directory);
                begun.put(vnic, file);
            }
            return file;
        }
    }

    /** Called with the lock held, when a file has got all that a restart needs. */
    void committed(CheckpointFile file, boolean isWhole) throws IOException {
        count(isWhole ? "checkpoint.files" : "checkpoint.rounds", 1);
        followed.computeIfPresent(file.vnic(), (_, _) -> file.position());
        if (!isWhole) {
            return;
        }
        begun.remove(file.vnic(), file);
        CheckpointFile before = inForce.put(file.vnic(), file);
        if (before != null) {
            before.end();
        }
        left.comeBack(file.vnic());
        notes.closeBelow(file.vnic(), file.epoch());
        arrivals.closeBelow(file.vnic(), file.epoch());
    }

    /** Called with the lock held, when a file of a vNIC that another host enforces has got all that a restart needs. */
    void committedAhead(CheckpointFile file) {
        count("checkpoint.ahead", 1);
        begun.remove(file.vnic(), file);
        CheckpointFile before = inForce.remove(file.vnic());
        if (before != null) {
            before.end();
        }
    }

    /** Called with the lock held, when nothing more is written to a file. */
    void ended(CheckpointFile file) {
        begun.remove(file.vnic(), file);
        inForce.remove(file.vnic(), file);
    }

    // ---- for a copy elsewhere

    /** From now on {@link #position} tells how far the vNIC's checkpoint is, also if it was written before. */
    public void follow(VnicId vnic) {
        synchronized (lockOf(vnic)) {
            if (!followed.containsKey(vnic)) {
                CheckpointFile file = inForce.get(vnic);
                followed.put(vnic, file == null ? onDisk(vnic) : file.position());
            }
        }
    }

    /** The vNIC's checkpoint is not copied any more. */
    public void unfollow(VnicId vnic) {
        followed.remove(vnic);
    }

    /** What there is of the checkpoint of a vNIC that is followed; {@link CheckpointPosition#NONE} if there is nothing. */
    public CheckpointPosition position(VnicId vnic) {
        return followed.getOrDefault(vnic, CheckpointPosition.NONE);
    }

    private CheckpointPosition onDisk(VnicId vnic) {
        try {
            byte[] bytes = Files.readAllBytes(file(vnic));
            ByteBuffer content = ByteBuffer.wrap(bytes);
            Checkpoint checkpoint = CheckpointCodec.decode(content);
            return new CheckpointPosition(
                    CheckpointPosition.newFile(),
                    checkpoint.epoch(),
                    content.position(),
                    checkpoint.table().entries());
        } catch (IOException | IllegalArgumentException none) {
            // one that is damaged will be written anew with the next round
            return CheckpointPosition.NONE;
        }
    }

    /**
     * A part of what is in force of a vNIC's checkpoint. Empty if another file has taken its place.
     *
     * @param from byte to begin with
     * @param max bytes at most
     */
    public Optional<byte[]> read(VnicId vnic, CheckpointPosition at, long from, int max) throws IOException {
        synchronized (lockOf(vnic)) {
            if (position(vnic).file() != at.file()) {
                return Optional.empty();
            }
            ByteBuffer part = ByteBuffer.allocate((int) Math.min(max, at.bytes() - from));
            try (FileChannel channel = FileChannel.open(file(vnic), StandardOpenOption.READ)) {
                while (part.hasRemaining()) {
                    if (channel.read(part, from + part.position()) < 0) {
                        throw new IOException("the checkpoint of " + vnic + " is shorter than it was");
                    }
                }
            }
            return Optional.of(part.array());
        }
    }

    /** Adds to what {@link #counters} tells; waits for no disk. */
    public void count(String counter, long more) {
        counters.merge(counter, more, Long::sum);
    }

    /** What was written and restored since this process began, by stable names; waits for no disk. */
    public Map<String, Long> counters() {
        return Map.copyOf(counters);
    }

    /** The vNIC's checkpoint. Empty if there is none, or none that can be trusted; the log then says why. */
    public Optional<Checkpoint> read(VnicId vnic) {
        return isKept ? read(file(vnic)) : Optional.empty();
    }

    /** Every checkpoint that can be trusted, in no order. */
    public List<Checkpoint> readAll() {
        if (!isKept) {
            return List.of();
        }
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
            ByteBuffer content = ByteBuffer.wrap(Files.readAllBytes(file));
            Checkpoint checkpoint = CheckpointCodec.decode(content);
            if (!file(checkpoint.vnic()).equals(file)) {
                throw new IllegalArgumentException("it belongs to " + checkpoint.vnic());
            }
            if (content.hasRemaining()) {
                LOG.info("the last {} bytes of checkpoint {} were not written whole", content.remaining(), file);
            }
            return Optional.of(withSameRules(checkpoint));
        } catch (NoSuchFileException none) {
            return Optional.empty();
        } catch (IOException | IllegalArgumentException refused) {
            LOG.warn("checkpoint {} is not used: {}", file, refused.getMessage());
            return Optional.empty();
        }
    }

    /** Of many vNICs with the same rules one table is kept, which each file has. */
    private Checkpoint withSameRules(Checkpoint checkpoint) {
        RuleTable rules = checkpoint.rules();
        WeakReference<RuleTable> known = tables.get(rules.hash());
        RuleTable same = known == null ? null : known.get();
        if (same != null) {
            return new Checkpoint(
                    new CheckpointHead(checkpoint.attachment(), checkpoint.policyRevision(), same),
                    checkpoint.written(),
                    checkpoint.table());
        }
        if (tables.size() >= MAX_TABLES) {
            tables.clear();
        }
        tables.put(rules.hash(), new WeakReference<>(rules));
        return checkpoint;
    }

    /**
     * The vNIC has left this host under this epoch: neither its process nor its actors enforce it under this epoch or a lower one when they start again, even
     * if the directory still says that it is here. First a note says so, unless one does already, then the checkpoint goes.
     *
     * @throws IOException if that is not on disk; then nobody may be told that the vNIC has left
     */
    public void leave(VnicId vnic, long epoch) throws IOException {
        if (!isKept) {
            return;
        }
        synchronized (lockOf(vnic)) {
            notes.open(vnic, epoch);
            forget(vnic, epoch);
        }
    }

    /**
     * Nothing stays that was written of the vNIC under this epoch or a lower one, nor that it was to come under one of these; that it was given up does.
     *
     * @throws IOException if the checkpoint may still be there
     */
    public void forget(VnicId vnic, long epoch) throws IOException {
        if (!isKept) {
            return;
        }
        synchronized (lockOf(vnic)) {
            left.leave(vnic, epoch);
            followed.computeIfPresent(vnic, (_, at) -> at.epoch() <= epoch ? CheckpointPosition.NONE : at);
            for (Map<VnicId, CheckpointFile> files : List.of(begun, inForce)) {
                CheckpointFile file = files.get(vnic);
                if (file != null && file.epoch() <= epoch) {
                    file.end();
                    files.remove(vnic);
                }
            }
            boolean isBackAgain =
                    read(vnic).filter(checkpoint -> checkpoint.epoch() > epoch).isPresent();
            if (!isBackAgain) {
                Files.deleteIfExists(file(vnic));
            }
            arrivals.closeUpTo(vnic, epoch);
        }
    }

    /**
     * The vNIC is elsewhere, or nowhere, and nobody can take this epoch, or a lower one, for this host's any more: a note on it is void. First the checkpoint
     * goes, which a host that starts would trust without the note.
     */
    public void closeVoid(VnicId vnic, long epoch) throws IOException {
        synchronized (lockOf(vnic)) {
            forget(vnic, epoch);
            notes.closeUpTo(vnic, epoch);
        }
    }

    /** Names are RFC 1123 labels, so dots keep them apart and nothing can leave the directory. */
    private Path file(VnicId vnic) {
        return directory.resolve(vnic.tenant() + "." + vnic.vm().name() + "." + vnic.name() + SUFFIX);
    }
}
