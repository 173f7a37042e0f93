package io.portcullis.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.persistence.testkit.KilledWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.h2.engine.SessionLocal;
import org.h2.jdbc.JdbcConnection;
import org.h2.mvstore.MVStore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process is killed amid any write of the database's file, those of its housekeeping among them: what was acknowledged is there. */
class H2KilledTest {
    private static final int ROWS = 100;
    private static final int COMMITS = 800;
    private static final int COMMITS_PER_LOOK = 40;
    private static final int WRITES_PER_COPY = 80;

    @TempDir
    private Path folder;

    private final Random random = new Random(7);
    /** Which row each commit changed, from 1. */
    private final List<Integer> changed = new ArrayList<>(List.of(-1));

    private final List<Copy> copies = new ArrayList<>();
    private int acknowledged;

    private record Copy(Path file, int acknowledged) {}

    @Test
    void shouldHaveEveryAcknowledgedCommitWhereverTheProcessIsKilled() throws Exception {
        H2Housekeeping housekeeping = new H2Housekeeping();
        KilledWriter.register();
        try (Connection connection = connect("killed:" + folder.resolve("db") + ";WRITE_DELAY=0")) {
            createTables(connection);
            KilledWriter.begin(folder, random, WRITES_PER_COPY, copy -> copies.add(new Copy(copy, acknowledged)));
            MVStore store = ((SessionLocal)
                            connection.unwrap(JdbcConnection.class).getSession())
                    .getDatabase()
                    .getStore()
                    .getMvStore();
            connection.setAutoCommit(false);
            for (int commit = 1; commit <= COMMITS; commit++) {
                commit(connection, commit);
                if (commit % COMMITS_PER_LOOK == 0) {
                    housekeeping.look(store);
                }
            }
            connection.setAutoCommit(true);
        }
        assertThat(copies).hasSizeGreaterThan(5);
        for (Copy copy : copies) {
            check(copy);
        }
        // without housekeeping it would be 12 MiB
        assertThat(Files.size(folder.resolve("db.mv.db"))).isLessThan(4L << 20);
    }

    private static void createTables(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("create table head (id int primary key, newest bigint)");
            statement.execute("insert into head values (0, 0)");
            statement.execute("create table rows_ (id int primary key, newest bigint, filling varbinary)");
            for (int row = 0; row < ROWS; row++) {
                statement.execute("insert into rows_ values (" + row + ", 0, random_uuid())");
            }
        }
    }

    private void commit(Connection connection, int commit) throws SQLException {
        int row = random.nextInt(ROWS);
        byte[] filling = new byte[600];
        random.nextBytes(filling);
        try (PreparedStatement ofRow =
                        connection.prepareStatement("update rows_ set newest = ?, filling = ? where id = ?");
                PreparedStatement head = connection.prepareStatement("update head set newest = ?")) {
            ofRow.setLong(1, commit);
            ofRow.setBytes(2, filling);
            ofRow.setInt(3, row);
            ofRow.execute();
            head.setLong(1, commit);
            head.execute();
        }
        changed.add(row);
        connection.commit();
        acknowledged = commit;
    }

    private void check(Copy copy) throws SQLException {
        String path = copy.file().toString();
        try (Connection connection = connect("file:" + path.substring(0, path.length() - ".mv.db".length()));
                Statement statement = connection.createStatement();
                ResultSet head = statement.executeQuery("select newest from head")) {
            head.next();
            int newest = head.getInt(1);
            assertThat(newest).as(path).isBetween(copy.acknowledged(), copy.acknowledged() + 1);
            long[] expected = new long[ROWS];
            for (int commit = 1; commit <= newest; commit++) {
                expected[changed.get(commit)] = commit;
            }
            try (ResultSet rows = statement.executeQuery("select id, newest from rows_")) {
                int count = 0;
                while (rows.next()) {
                    count++;
                    assertThat(rows.getLong(2)).as(path).isEqualTo(expected[rows.getInt(1)]);
                }
                assertThat(count).isEqualTo(ROWS);
            }
        }
    }

    private static Connection connect(String path) throws SQLException {
        return DriverManager.getConnection("jdbc:h2:" + path, "sa", "");
    }
}
