package io.portcullis.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigValueFactory;
import io.portcullis.persistence.testkit.TestDatabase;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class H2BackupTest {
    @TempDir
    private Path folder;

    @Test
    void shouldPutBackTheDatabaseOfThatMoment() throws Exception {
        Path file = folder.resolve("backup.zip");
        try (TestDatabase here = TestDatabase.h2(folder.resolve("data"))) {
            try (Database database = Database.open(here.settings(), Runnable::run)) {
                Schema.createIfMissing(database);
                PlacementDirectory directory = new JdbcPlacementDirectory(database);
                directory.put(row(1)).toCompletableFuture().join();
                H2Backup.of(here.settings()).write(file);
                directory.put(row(2)).toCompletableFuture().join();

                assertThatIOException()
                        .isThrownBy(() -> H2Backup.of(here.settings()).restore(file))
                        .withMessageContaining("in use");
                assertThatIOException()
                        .isThrownBy(() -> H2Backup.of(here.settings()).write(file))
                        .withMessageContaining("exists already");
            }
        }

        try (TestDatabase again = TestDatabase.h2(folder.resolve("data"))) {
            Path former = H2Backup.of(again.settings()).restore(file);
            assertThat(former).exists().hasFileName("portcullis.mv.db.before-restore");
            try (Database database = Database.open(again.settings(), Runnable::run)) {
                Schema.createIfMissing(database);
                assertThat(new JdbcPlacementDirectory(database)
                                .listAll()
                                .toCompletableFuture()
                                .join())
                        .containsExactly(row(1));
            }
        }
        try (var files = Files.list(folder.resolve("data"))) {
            assertThat(files.map(each -> each.getFileName().toString()).filter(name -> name.startsWith("restoring")))
                    .isEmpty();
        }
    }

    @Test
    void shouldRefuseWhatIsNoBackupAndAnotherDatabase() throws Exception {
        Config settings = TestDatabase.h2(folder.resolve("none")).settings();
        assertThatIOException()
                .isThrownBy(() -> H2Backup.of(settings).write(folder.resolve("backup.zip")))
                .withMessageContaining("there is no database at");
        assertThatIOException()
                .isThrownBy(() -> H2Backup.of(settings).restore(Files.writeString(folder.resolve("text"), "text")))
                .withMessageContaining("is no back-up");
        Config other =
                settings.withValue("url", ConfigValueFactory.fromAnyRef("jdbc:postgresql://db.example/portcullis"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> H2Backup.of(other))
                .withMessageContaining("pg_dump");
    }

    private static PlacementRow row(long epoch) {
        return new PlacementRow(VmId.parse("acme/web-1"), new HostId("host-1"), epoch, "{}", Instant.ofEpochMilli(1));
    }
}
