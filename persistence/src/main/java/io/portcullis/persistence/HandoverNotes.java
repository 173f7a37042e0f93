package io.portcullis.persistence;

import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notes of a host on its own disk that it has begun to hand a vNIC over. A host that finds an open note after a restart must not
 * enforce under that epoch: another host may have begun to. The note is void once the vNIC's placement has another epoch. Blocks; one
 * thread at a time per vNIC.
 */
public final class HandoverNotes {
    private static final Logger LOG = LoggerFactory.getLogger(HandoverNotes.class);

    /** "PHON" and the version. */
    private static final int MAGIC = 0x50484f01;

    private static final String SUFFIX = ".handover";
    private static final int BYTES = Integer.BYTES + Long.BYTES;

    private final Path directory;

    HandoverNotes(Path directory) {
        this.directory = directory;
    }

    /** Returns once the note is on disk. */
    public void open(VnicId vnic, long epoch) throws IOException {
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
        if (find(vnic).orElse(Long.MAX_VALUE) < epoch) {
            close(vnic);
        }
    }

    public void close(VnicId vnic) throws IOException {
        Files.deleteIfExists(file(vnic));
    }

    /** All that are open, by one look at the directory. */
    public OpenHandovers readAll() {
        Map<VmId, Long> epochs = new HashMap<>();
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                String name = file.getFileName().toString();
                if (name.endsWith(SUFFIX)) {
                    vnic(name.substring(0, name.length() - SUFFIX.length()))
                            .ifPresent(
                                    vnic -> find(vnic).ifPresent(epoch -> epochs.merge(vnic.vm(), epoch, Math::max)));
                }
            }
        } catch (NoSuchFileException none) {
            return new OpenHandovers(Map.of());
        } catch (IOException | RuntimeException unreadable) {
            LOG.warn("the notes on what is handed over cannot be read: all VMs count as being so", unreadable);
            return OpenHandovers.UNREADABLE;
        }
        return new OpenHandovers(epochs);
    }

    /** Empty if the name is no vNIC's: then it is nobody's note. */
    private static Optional<VnicId> vnic(String name) {
        try {
            return Optional.of(VnicId.parse(name.replace('.', '/')));
        } catch (IllegalArgumentException foreign) {
            LOG.warn("'{}{}' is no note of this host's", name, SUFFIX);
            return Optional.empty();
        }
    }

    /** The epoch that is being handed over. A note that cannot be read counts for every epoch: {@link Long#MAX_VALUE}. */
    public OptionalLong find(VnicId vnic) {
        try {
            byte[] content = Files.readAllBytes(file(vnic));
            ByteBuffer note = ByteBuffer.wrap(content);
            if (content.length == BYTES && note.getInt() == MAGIC) {
                return OptionalLong.of(note.getLong());
            }
            LOG.warn("the note on handing {} over is damaged: it counts for every epoch", vnic);
            return OptionalLong.of(Long.MAX_VALUE);
        } catch (NoSuchFileException none) {
            return OptionalLong.empty();
        } catch (IOException unreadable) {
            LOG.warn("the note on handing {} over cannot be read: it counts for every epoch", vnic, unreadable);
            return OptionalLong.of(Long.MAX_VALUE);
        }
    }

    private Path file(VnicId vnic) {
        return directory.resolve(prefix(vnic.vm()) + vnic.name() + SUFFIX);
    }

    /** Names are labels without dots, so that no VM's prefix begins another's. */
    private static String prefix(VmId vm) {
        return vm.tenant() + "." + vm.name() + ".";
    }
}
