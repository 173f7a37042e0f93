package io.portcullis.persistence;

import com.typesafe.config.Config;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The database of {@code portcullis.database}, for what is no journal: the directory of placements, the log of migrations, what rules counted. Any
 * thread; statements run on the executor that was given, which must be one for blocking work.
 */
public final class Database implements AutoCloseable {
    private static final long CONNECTION_TIMEOUT_MILLIS = 3_000;
    private static final long VALIDATION_TIMEOUT_MILLIS = 500;

    private static final long CHECK_LIMIT_NANOS = 10_000_000_000L;
    private static final long CHECK_PAUSE_NANOS = 200_000_000;

    private final DatabaseSettings settings;
    private final HikariDataSource dataSource;
    private final Executor blocking;
    /** Of the embedded database. */
    private final @Nullable H2File file;

    private Database(DatabaseSettings settings, HikariDataSource dataSource, Executor blocking) {
        this.settings = settings;
        this.file = settings.kind() == DatabaseSettings.Kind.H2 ? H2File.use(settings) : null;
        this.dataSource = dataSource;
        this.blocking = blocking;
    }

    /** A piece of work on one connection, in auto-commit mode. */
    public interface Work<T> {
        T on(Connection connection) throws SQLException;
    }

    /**
     * Opens the pool; does not yet connect. Open it before the actor system touches the journal: it is here that the embedded
     * database is told to serve other processes on loopback only.
     *
     * @param settings {@code portcullis.database}
     * @param blocking runs statements
     */
    public static Database open(Config settings, Executor blocking) {
        return open(DatabaseSettings.of(settings), blocking);
    }

    static Database open(DatabaseSettings settings, Executor blocking) {
        serveOnLoopbackOnly();
        HikariConfig config = new HikariConfig();
        config.setPoolName("portcullis-directory");
        config.setJdbcUrl(settings.url());
        config.setDriverClassName(settings.kind().driver());
        config.setUsername(settings.user());
        config.setPassword(settings.password());
        settings.properties().forEach(config::addDataSourceProperty);
        config.setMaximumPoolSize(settings.directoryConnections());
        config.setMinimumIdle(1);
        config.setConnectionTimeout(CONNECTION_TIMEOUT_MILLIS);
        config.setValidationTimeout(VALIDATION_TIMEOUT_MILLIS);
        config.setInitializationFailTimeout(-1);
        return new Database(settings, new HikariDataSource(config), blocking);
    }

    /**
     * Connects once and makes the tables that are missing, so that what is wrong with the database is known before anything rests
     * on it. Tries again for some seconds, as another process may be taking the file over just now, or the server starting. Blocks.
     *
     * @param database {@code portcullis.database}
     * @throws SQLException if it cannot be used; its message says why, where and what may help
     * @throws IllegalStateException if its tables are of a newer version
     */
    public static void check(Config database) throws SQLException {
        serveOnLoopbackOnly();
        DatabaseSettings settings = DatabaseSettings.of(database);
        long deadline = System.nanoTime() + CHECK_LIMIT_NANOS;
        while (true) {
            try {
                Schema.create(settings);
                return;
            } catch (SQLException failed) {
                String hint = DatabaseHints.of(failed);
                if (hint != null || System.nanoTime() - deadline > 0) {
                    throw new SQLException(
                            settings.where() + ": " + DatabaseHints.what(failed) + (hint == null ? "" : "; " + hint),
                            failed);
                }
                LockSupport.parkNanos(CHECK_PAUSE_NANOS);
            }
        }
    }

    DatabaseSettings settings() {
        return settings;
    }

    /** H2 reads these once, when its first class is loaded. A value that somebody set on purpose stays. */
    private static void serveOnLoopbackOnly() {
        if (System.getProperty("h2.bindAddress") == null) {
            System.setProperty("h2.bindAddress", "127.0.0.1");
        }
        // A pooled connection to a process that died must be noticed before it is used.
        if (System.getProperty("com.zaxxer.hikari.aliveBypassWindowMs") == null) {
            System.setProperty("com.zaxxer.hikari.aliveBypassWindowMs", "0");
        }
    }

    /** Runs the work on a connection; the stage fails with {@link SQLException} when the database does. */
    public <T> CompletionStage<T> call(Work<T> work) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return run(work);
                    } catch (SQLException failed) {
                        throw new CompletionException(failed);
                    }
                },
                blocking);
    }

    /** As {@link #call}, on the caller's own thread. */
    public <T> T run(Work<T> work) throws SQLException {
        try (Connection connection = dataSource.getConnection()) {
            return work.on(connection);
        }
    }

    /** Closes the pool and, if no other one in this process and no connection is left, the embedded database's file. Blocks meanwhile. */
    @Override
    public void close() {
        if (dataSource.isClosed()) {
            return;
        }
        dataSource.close();
        if (file != null) {
            file.release();
        }
    }
}
