package io.portcullis.admin;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * A file to which lines are only ever appended, each with one write; readable by the owner alone. A file that has {@link #MAX_BYTES} is
 * set aside as {@code NAME.1}, what was that becomes {@code NAME.2}, and so on up to {@link #MAX_FILES}. Thread-safe.
 */
final class AuditFile {
    static final long MAX_BYTES = 64L << 20;
    /** Files that were set aside. */
    static final int MAX_FILES = 15;

    private final Path file;
    private final long maxBytes;
    private final int maxFiles;

    AuditFile(Path file) {
        this(file, MAX_BYTES, MAX_FILES);
    }

    AuditFile(Path file, long maxBytes, int maxFiles) {
        this.file = file.toAbsolutePath();
        this.maxBytes = maxBytes;
        this.maxFiles = maxFiles;
    }

    /** Appends a line; opened and closed for each, so that whoever moves the file away gets a new one. */
    synchronized void append(String line) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8));
        if (Files.exists(file) && Files.size(file) + bytes.remaining() > maxBytes) {
            setAside();
        }
        Path folder = file.getParent();
        if (folder != null) {
            Files.createDirectories(folder);
        }
        try (FileChannel channel = FileChannel.open(
                file,
                Set.of(StandardOpenOption.CREATE, StandardOpenOption.APPEND),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        }
    }

    private void setAside() throws IOException {
        for (int number = maxFiles - 1; number >= 0; number--) {
            Path from = number == 0 ? file : numbered(number);
            if (Files.exists(from)) {
                Files.move(from, numbered(number + 1), StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    private Path numbered(int number) {
        return file.resolveSibling(file.getFileName() + "." + number);
    }
}
