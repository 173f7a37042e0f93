package io.portcullis.persistence.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.h2.store.fs.FileBaseDefault;
import org.h2.store.fs.FilePath;
import org.h2.store.fs.FilePathWrapper;
import org.jspecify.annotations.Nullable;

/**
 * A database's file ({@code jdbc:h2:killed:PATH}) of which copies are taken amid writes, as a process leaves it that is killed there: what it had written is in the kernel, and of the write
 * under way some whole pages. One file at a time.
 */
public final class KilledWriter extends FilePathWrapper {
    private static final int PAGE_BYTES = 4_096;
    private static final AtomicReference<@Nullable Copies> COPIES = new AtomicReference<>();

    private record Copies(Path folder, Random random, int oneInWrites, Consumer<Path> onCopy) {}

    /** H2 knows {@code killed:} from here on. */
    public static void register() {
        FilePath.register(new KilledWriter());
    }

    /**
     * From here on copies are taken.
     *
     * @param folder for the copies
     * @param oneInWrites of so many writes one is copied
     * @param onCopy is told of each, in the thread that writes
     */
    public static void begin(Path folder, Random random, int oneInWrites, Consumer<Path> onCopy) {
        COPIES.set(new Copies(folder, random, oneInWrites, onCopy));
    }

    @Override
    public String getScheme() {
        return "killed";
    }

    @Override
    public FileChannel open(String mode) throws IOException {
        FileChannel file = getBase().open(mode);
        return name.endsWith(".mv.db") ? new Channel(file, Path.of(getBase().toString())) : file;
    }

    private static final class Channel extends FileBaseDefault {
        private final FileChannel file;
        private final Path path;

        Channel(FileChannel file, Path path) {
            this.file = file;
            this.path = path;
        }

        @Override
        public int write(ByteBuffer source, long position) throws IOException {
            Copies copies = COPIES.get();
            if (copies == null || copies.random.nextInt(copies.oneInWrites) != 0) {
                return file.write(source, position);
            }
            int pages = source.remaining() / PAGE_BYTES;
            int before = PAGE_BYTES * copies.random.nextInt(pages + 1);
            int written = 0;
            if (before > 0) {
                written = file.write(source.duplicate().limit(source.position() + before), position);
                source.position(source.position() + written);
            }
            copy(copies);
            return source.hasRemaining() ? written + file.write(source, position + written) : written;
        }

        private void copy(Copies copies) {
            try {
                Path copy = Files.createTempFile(copies.folder, "killed-", ".mv.db");
                Files.write(copy, Files.readAllBytes(path));
                copies.onCopy.accept(copy);
            } catch (IOException failed) {
                throw new UncheckedIOException(failed);
            }
        }

        @Override
        public long size() throws IOException {
            return file.size();
        }

        @Override
        public int read(ByteBuffer target, long position) throws IOException {
            return file.read(target, position);
        }

        @Override
        protected void implTruncate(long size) throws IOException {
            file.truncate(size);
        }

        @Override
        public void force(boolean metaData) throws IOException {
            file.force(metaData);
        }

        @Override
        public FileLock tryLock(long position, long size, boolean shared) throws IOException {
            return file.tryLock(position, size, shared);
        }

        @Override
        protected void implCloseChannel() throws IOException {
            file.close();
        }
    }
}
