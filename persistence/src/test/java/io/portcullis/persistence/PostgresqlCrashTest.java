package io.portcullis.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portcullis.persistence.testkit.PostgresServer;
import io.portcullis.persistence.testkit.TestDatabase;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** A server that breaks off while it is written to, and is started again. */
class PostgresqlCrashTest {
    private static final int ROWS_BEFORE = 30;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @Test
    void shouldLoseNoAcknowledgedWriteAndGoOnByItselfWhenTheServerBreaksOff() throws Exception {
        TestDatabase test = TestDatabase.postgresql();
        try (Database database = Database.open(test.settings(), Runnable::run)) {
            Schema.createIfMissing(database);
            PlacementDirectory directory = new JdbcPlacementDirectory(database);
            List<Integer> acknowledged = new CopyOnWriteArrayList<>();
            CompletableFuture<Void> writer = CompletableFuture.runAsync(() -> {
                for (int index = 0; ; index++) {
                    directory.put(row(index)).toCompletableFuture().join();
                    acknowledged.add(index);
                }
            });
            await().atMost(PATIENCE).until(() -> acknowledged.size() >= ROWS_BEFORE);

            PostgresServer.shared().stopAtOnce();
            assertThat(writer.handle((_, failure) -> failure).join()).isInstanceOf(CompletionException.class);
            PostgresServer.shared().start();

            await().atMost(PATIENCE)
                    .ignoreExceptions()
                    .untilAsserted(() -> assertThat(
                                    directory.listAll().toCompletableFuture().join())
                            .hasSizeGreaterThanOrEqualTo(acknowledged.size()));
            assertThat(directory.put(row(-1)).toCompletableFuture().join()).isTrue();
        }
    }

    private static PlacementRow row(int index) {
        return new PlacementRow(
                VmId.parse("acme/vm-" + (index + 1)), new HostId("host-1"), 1, "{}", Instant.ofEpochMilli(1));
    }
}
