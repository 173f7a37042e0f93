package io.portcullis.persistence;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.h2.engine.SessionLocal;
import org.h2.jdbc.JdbcConnection;
import org.h2.message.DbException;
import org.h2.mvstore.MVStoreException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The file of the embedded database, for as long as anything in this process uses it: one thread looks every second whether {@link H2Housekeeping} is due, and with the last user the file is
 * closed. It does something only in the process that has the file open; any thread may call it. The thread is told to end, never interrupted: an interrupt during a read or write would
 * close the file under the database.
 */
final class H2File {
    private static final Logger LOG = LoggerFactory.getLogger(H2File.class);
    private static final long INTERVAL_MILLIS = 1_000;
    /** While another process has the file open: that one may end, and this one take the file over. */
    private static final long INTERVAL_ELSEWHERE_MILLIS = 30_000;
    /** A close waits so long for the file; what was acknowledged is in it anyway. */
    private static final long CLOSE_LIMIT_MILLIS = 5_000;

    /** By address. */
    private static final Map<String, H2File> IN_USE = new HashMap<>();

    private final String url;
    private final String where;
    private final Properties forDriver;
    private final H2Housekeeping housekeeping = new H2Housekeeping();
    private final Thread thread;
    private final CountDownLatch ends = new CountDownLatch(1);
    /** Guarded by the class. */
    private int users = 1;
    /** Of the thread only. */
    private @Nullable Connection connection;

    private H2File(DatabaseSettings settings) {
        this.url = settings.url();
        this.where = settings.where();
        this.forDriver = settings.forDriver();
        this.thread = Thread.ofPlatform().daemon().name("database-file").unstarted(this::run);
    }

    /** One user more; who calls {@link #release} once, when its own connections are closed. */
    static H2File use(DatabaseSettings settings) {
        synchronized (H2File.class) {
            H2File file = IN_USE.get(settings.url());
            if (file == null) {
                file = new H2File(settings);
                IN_USE.put(settings.url(), file);
                file.thread.start();
            } else {
                file.users++;
            }
            return file;
        }
    }

    /**
     * The last user's call closes the file, or leaves that to whoever still has a connection of this process or of another one that this process serves. Blocks while it is closed, for a
     * bounded time.
     */
    void release() {
        synchronized (H2File.class) {
            if (--users > 0) {
                return;
            }
            IN_USE.remove(url);
        }
        ends.countDown();
        try {
            thread.join(CLOSE_LIMIT_MILLIS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        long pauseMillis;
        do {
            pauseMillis = look() ? INTERVAL_MILLIS : INTERVAL_ELSEWHERE_MILLIS;
        } while (awaitNextTurn(pauseMillis));
        closeWithTheLastConnection();
    }

    private boolean awaitNextTurn(long pauseMillis) {
        try {
            return !ends.await(pauseMillis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException unexpected) {
            return false;
        }
    }

    /** Whether to look again soon: not if another process has the file open. */
    private boolean look() {
        try {
            SessionLocal session = session();
            if (session == null) {
                disconnect();
                return false;
            }
            housekeeping.look(session.getDatabase().getStore().getMvStore());
        } catch (SQLException away) {
            LOG.debug("no connection to {}", where, away);
            disconnect();
        } catch (MVStoreException | DbException failed) {
            LOG.warn("the file of the database {} could not be kept small", where, failed);
            disconnect();
        }
        return true;
    }

    /** Of the database in this process; null if another one has it open. */
    private @Nullable SessionLocal session() throws SQLException {
        Connection current = connection;
        if (current == null || current.isClosed()) {
            current = DriverManager.getConnection(url, forDriver);
            connection = current;
        }
        return current.unwrap(JdbcConnection.class).getSession() instanceof SessionLocal local ? local : null;
    }

    private void closeWithTheLastConnection() {
        try {
            Connection current = connection;
            SessionLocal session = current == null || current.isClosed() ? null : session();
            synchronized (H2File.class) {
                if (session != null && !IN_USE.containsKey(url)) {
                    // The address says that it stays open without connections, which is for the moments between two of
                    // them.
                    session.getDatabase().setCloseDelay(0);
                }
            }
        } catch (SQLException away) {
            LOG.debug("no connection to {}", where, away);
        }
        disconnect();
    }

    private void disconnect() {
        Connection current = connection;
        connection = null;
        if (current != null) {
            try {
                current.close();
            } catch (SQLException alreadyGone) {
                LOG.debug("closing a broken connection", alreadyGone);
            }
        }
    }
}
