package io.portcullis.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.persistence.testkit.PostgresServer;
import io.portcullis.persistence.testkit.TestDatabase;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands of docs/operations.md. */
class PostgresqlBackupTest {
    @Test
    void shouldComeBackFromADumpWithAllTables(@TempDir Path folder) throws Exception {
        TestDatabase here = TestDatabase.postgresql();
        TestDatabase there = TestDatabase.postgresql();
        PlacementRow row =
                new PlacementRow(VmId.parse("acme/web-1"), new HostId("host-1"), 3, "{}", Instant.ofEpochMilli(1));
        try (Database database = Database.open(here.settings(), Runnable::run)) {
            Schema.createIfMissing(database);
            new JdbcPlacementDirectory(database).put(row).toCompletableFuture().join();
        }
        String dump = folder.resolve("portcullis.dump").toString();

        run("pg_dump", "--format=custom", "--file=" + dump, "--dbname=" + uri(here));
        run("pg_restore", "--exit-on-error", "--single-transaction", "--no-owner", "--dbname=" + uri(there), dump);

        try (Database restored = Database.open(there.settings(), Runnable::run);
                Connection connection = there.connect()) {
            assertThat(Schema.version(connection)).isEqualTo(Schema.VERSION);
            Schema.createIfMissing(restored);
            PlacementDirectory directory = new JdbcPlacementDirectory(restored);
            assertThat(directory.listAll().toCompletableFuture().join()).containsExactly(row);
            assertThat(directory.put(row).toCompletableFuture().join()).isTrue();
        }
    }

    private static String uri(TestDatabase database) {
        return database.settings()
                .getString("url")
                .replace("jdbc:", "")
                .replace("//", "//" + PostgresServer.USER + "@");
    }

    private static void run(String program, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(PostgresServer.shared().program(program).toString());
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("PGPASSWORD", PostgresServer.PASSWORD);
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes());
        assertThat(process.waitFor()).as("%s: %s", program, output).isZero();
    }
}
