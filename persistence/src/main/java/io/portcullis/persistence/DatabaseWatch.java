package io.portcullis.persistence;

import com.typesafe.config.Config;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks every second whether the database answers, on a connection of its own: a pool that is busy is no outage. So a node can refuse changes at once, say since
 * when and why, and take them again by itself. It has a thread of its own, which {@link #close} ends.
 */
public final class DatabaseWatch implements DatabaseHealth, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DatabaseWatch.class);
    private static final Duration INTERVAL = Duration.ofSeconds(1);
    private static final int ANSWER_LIMIT_SECONDS = 3;

    private final DatabaseSettings settings;
    private final Clock clock;
    private final AtomicReference<@Nullable Outage> outage = new AtomicReference<>();
    private final Thread thread;
    /** Of the thread only. */
    private @Nullable Connection connection;

    private DatabaseWatch(DatabaseSettings settings, Clock clock) {
        this.settings = settings;
        this.clock = clock;
        this.thread = Thread.ofPlatform().daemon().name("database-watch").unstarted(this::run);
    }

    /**
     * Begins to watch.
     *
     * @param database {@code portcullis.database}
     */
    public static DatabaseWatch start(Config database, Clock clock) {
        DatabaseWatch watch = new DatabaseWatch(DatabaseSettings.of(database), clock);
        watch.thread.start();
        return watch;
    }

    private void run() {
        try {
            while (true) {
                look();
                TimeUnit.NANOSECONDS.sleep(INTERVAL.toNanos());
            }
        } catch (InterruptedException closed) {
            disconnect();
        }
    }

    private void look() {
        try {
            Connection current = connection;
            if (current == null) {
                current = DriverManager.getConnection(settings.url(), settings.forDriver());
                connection = current;
            }
            if (!current.isValid(ANSWER_LIMIT_SECONDS)) {
                throw new SQLException("the connection broke, or no answer within " + ANSWER_LIMIT_SECONDS + " s");
            }
            answered();
        } catch (SQLException failed) {
            disconnect();
            silent(DatabaseHints.what(failed));
        }
    }

    private void answered() {
        Outage over = outage.getAndSet(null);
        if (over != null) {
            LOG.info(
                    "the database {} answers again, after {}",
                    settings.where(),
                    Duration.between(over.since(), clock.instant()));
        }
    }

    private void silent(String reason) {
        Outage before = outage.get();
        if (before == null) {
            LOG.warn(
                    "the database {} does not answer: {}; what is enforced stays so, changes are refused until it is"
                            + " back",
                    settings.where(),
                    reason);
        }
        outage.set(new Outage(before == null ? clock.instant() : before.since(), reason));
    }

    private void disconnect() {
        Connection broken = connection;
        connection = null;
        if (broken != null) {
            try {
                broken.close();
            } catch (SQLException alreadyGone) {
                LOG.debug("closing a broken connection", alreadyGone);
            }
        }
    }

    @Override
    public Optional<Outage> outage() {
        return Optional.ofNullable(outage.get());
    }

    /** Returns at once. */
    @Override
    public void close() {
        thread.interrupt();
    }
}
