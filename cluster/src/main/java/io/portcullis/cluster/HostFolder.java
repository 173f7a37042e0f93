package io.portcullis.cluster;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * The folder of one host on its own disk, locked as long as the process lives: a second process of the same host would restore the
 * same vNICs and enforce them beside the first one.
 */
final class HostFolder implements AutoCloseable {
    private final Path path;
    private final FileChannel lockFile;

    private HostFolder(Path path, FileChannel lockFile) {
        this.path = path;
        this.lockFile = lockFile;
    }

    /** Makes the folder if there is none. */
    static HostFolder open(NodeConfig config) throws NodeStartException {
        Path path =
                config.dataDirectory().resolve("hosts").resolve(config.host().value());
        FileChannel lockFile = null;
        try {
            Files.createDirectories(path);
            lockFile = FileChannel.open(path.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (isLocked(lockFile)) {
                return new HostFolder(path, lockFile);
            }
            lockFile.close();
        } catch (IOException e) {
            throw new NodeStartException("data directory " + path + ": " + e.getMessage(), e);
        }
        throw new NodeStartException("host " + config.host() + " runs already in another process with " + path
                + "; stop that one, or give this node another portcullis.host or portcullis.data-dir");
    }

    private static boolean isLocked(FileChannel lockFile) throws IOException {
        try {
            // Held until the channel is closed, at the latest by the end of the process, however it ends.
            @Nullable FileLock lock = lockFile.tryLock();
            return lock != null;
        } catch (OverlappingFileLockException here) {
            return false;
        }
    }

    Path checkpoints() {
        return path.resolve("checkpoints");
    }

    @Override
    public void close() {
        try {
            lockFile.close();
        } catch (IOException e) {
            // the end of the process closes it
        }
    }
}
