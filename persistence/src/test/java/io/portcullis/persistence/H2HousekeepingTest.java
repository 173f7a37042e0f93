package io.portcullis.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portcullis.persistence.testkit.OpenFiles;
import io.portcullis.persistence.testkit.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class H2HousekeepingTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int ROWS = 100;
    private static final long MIB = 1L << 20;

    @TempDir
    private Path folder;

    private final Random random = new Random(3);
    private long next;

    /** Writes so much into the file, in commits of one row; all but the newest rows are deleted. */
    private void write(Connection connection, long commits) throws SQLException {
        byte[] payload = new byte[1_500];
        try (PreparedStatement insert = connection.prepareStatement("INSERT INTO filling VALUES (?, ?)");
                PreparedStatement delete = connection.prepareStatement("DELETE FROM filling WHERE id <= ?")) {
            for (long end = next + commits; next < end; next++) {
                random.nextBytes(payload);
                insert.setLong(1, next);
                insert.setBytes(2, payload);
                insert.execute();
                delete.setLong(1, next - ROWS);
                delete.execute();
            }
        }
    }

    private static void createTable(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE filling (id BIGINT PRIMARY KEY, bytes BLOB)");
        }
    }

    private static long count(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT COUNT(*) FROM filling")) {
            rows.next();
            return rows.getLong(1);
        }
    }

    private long fileBytes() throws IOException {
        return Files.size(folder.resolve("portcullis.mv.db"));
    }

    @Test
    void shouldKeepTheFileSmallWhileRowsComeAndGo() throws Exception {
        TestDatabase here = TestDatabase.h2(folder);
        try (Database database = Database.open(here.settings(), Runnable::run)) {
            database.run(connection -> {
                createTable(connection);
                return 0;
            });
            for (int round = 0; round < 4; round++) {
                database.run(connection -> {
                    write(connection, 400);
                    return 0;
                });
                // All rounds together write 60 MiB.
                await().atMost(PATIENCE).until(() -> {
                    database.run(connection -> {
                        write(connection, 10);
                        return 0;
                    });
                    return fileBytes() < 16 * MIB;
                });
            }
            long rows = database.run(H2HousekeepingTest::count);
            assertThat(rows).isEqualTo(ROWS);
        }
        assertThat(fileBytes()).isLessThan(16 * MIB);
    }

    @Test
    void shouldLeaveNoFileOpenWhenTheLastUserCloses() throws Exception {
        TestDatabase here = TestDatabase.h2(folder);
        for (int time = 0; time < 3; time++) {
            Database first = Database.open(here.settings(), Runnable::run);
            Database second = Database.open(here.settings(), Runnable::run);
            Schema.createIfMissing(first);
            Schema.createIfMissing(second);
            first.close();
            boolean answers = second.run(connection -> connection.isValid(1));
            assertThat(answers).isTrue();
            second.close();
            assertThat(OpenFiles.in(folder)).isEmpty();
            // H2 would write it anew each second, into a folder that is being deleted too
            assertThat(folder.resolve("portcullis.lock.db")).doesNotExist();
        }
    }
}
