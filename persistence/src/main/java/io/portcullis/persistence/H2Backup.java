package io.portcullis.persistence;

import com.typesafe.config.Config;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/**
 * Copies of the embedded database: a ZIP file with the one file that the database is, as of one moment. Nodes may go on meanwhile. PostgreSQL has tools of its own
 * for that. Blocks.
 */
public final class H2Backup {
    private static final String FILE_PREFIX = "jdbc:h2:file:";
    private static final String SUFFIX = ".mv.db";
    /** What a restored database replaces keeps this behind its name. */
    public static final String BEFORE_RESTORE = ".before-restore";

    private final DatabaseSettings settings;
    private final Path file;

    private H2Backup(DatabaseSettings settings, Path file) {
        this.settings = settings;
        this.file = file;
    }

    /**
     * Of the embedded database.
     *
     * @param database {@code portcullis.database}
     * @throws IllegalArgumentException if another one is set; its message names the tools for that
     */
    public static H2Backup of(Config database) {
        DatabaseSettings settings = DatabaseSettings.of(database);
        if (!settings.url().startsWith(FILE_PREFIX)) {
            throw new IllegalArgumentException("the database is " + settings.where()
                    + "; use its own tools: pg_dump --format=custom, and pg_restore (docs/operations.md)");
        }
        return new H2Backup(settings, Path.of(settings.where().substring(FILE_PREFIX.length()) + SUFFIX));
    }

    /**
     * Writes a back-up. If nodes run, the one that serves the database writes it, with the rights of its user.
     *
     * @param target must not exist
     */
    public void write(Path target) throws SQLException, IOException {
        if (Files.exists(target)) {
            throw new IOException(target + " exists already; name another file, or move it away");
        }
        if (!Files.exists(file)) {
            throw new IOException("there is no database at " + file);
        }
        try (Connection connection = DriverManager.getConnection(settings.url(), settings.forDriver());
                PreparedStatement statement = connection.prepareStatement("BACKUP TO ?")) {
            statement.setString(1, target.toAbsolutePath().toString());
            statement.execute();
        }
    }

    /**
     * Puts a back-up in place of the database, which stays beside it under another name. No node may run on it.
     *
     * @return where the former database is now; the path of none if there was none
     * @throws IOException if a node has the database open, or the back-up is none
     */
    public Path restore(Path backup) throws SQLException, IOException {
        refuseOpenDatabase();
        Files.createDirectories(file.getParent());
        Path unpacked = Files.createTempFile(file.getParent(), "restoring-", SUFFIX);
        try {
            unpack(backup, unpacked);
            checkVersion(unpacked);
            Path former = file.resolveSibling(file.getFileName() + BEFORE_RESTORE);
            if (Files.exists(file)) {
                Files.move(file, former, StandardCopyOption.REPLACE_EXISTING);
            }
            Files.move(unpacked, file, StandardCopyOption.ATOMIC_MOVE);
            return former;
        } finally {
            Files.deleteIfExists(unpacked);
            Files.deleteIfExists(Path.of(unpacked.toString().replaceFirst("\\.mv\\.db$", ".trace.db")));
        }
    }

    private void refuseOpenDatabase() throws IOException {
        if (!Files.exists(file)) {
            return;
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
                java.nio.channels.FileLock lock = channel.tryLock()) {
            if (lock != null) {
                return;
            }
        } catch (OverlappingFileLockException here) {
            throw new IOException(file + " is in use by this process", here);
        }
        throw new IOException(file + " is in use; stop all nodes that share it, then try again");
    }

    private static void unpack(Path backup, Path target) throws IOException {
        try (InputStream in = Files.newInputStream(backup);
                ZipInputStream zip = new ZipInputStream(in)) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                if (entry.getName().endsWith(SUFFIX)) {
                    Files.copy(zip, target, StandardCopyOption.REPLACE_EXISTING);
                    return;
                }
            }
        }
        throw new IOException(backup + " is no back-up of a database");
    }

    private void checkVersion(Path unpacked) throws SQLException, IOException {
        String path = unpacked.toString();
        String url = FILE_PREFIX
                + path.substring(0, path.length() - SUFFIX.length())
                + settings.url()
                        .substring(settings.where().length())
                        .replaceAll(";(DB_CLOSE_DELAY=-1|AUTO_SERVER=TRUE)", "")
                + ";TRACE_LEVEL_FILE=0";
        int version;
        try (Connection connection = DriverManager.getConnection(url, settings.forDriver());
                Statement statement = connection.createStatement()) {
            version = Schema.version(connection);
            statement.execute("SHUTDOWN");
        }
        if (version > Schema.VERSION) {
            throw new IOException("the back-up has tables of version " + version + ", this build knows up to "
                    + Schema.VERSION + "; use a newer build");
        }
    }
}
