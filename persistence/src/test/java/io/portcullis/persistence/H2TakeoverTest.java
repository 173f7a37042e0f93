package io.portcullis.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.typesafe.config.ConfigFactory;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two processes share the embedded database; the one that holds the file is killed right after an acknowledged write. */
class H2TakeoverTest {
    private static final int ROWS = 50;

    @TempDir
    private Path dataDir;

    /** The holder: opens the file first, writes when it is told to, says so, and waits to be killed. */
    static final class Holder {
        private Holder() {}

        public static void main(String[] arguments) throws Exception {
            try (Database database = open(Path.of(arguments[0]))) {
                Schema.createIfMissing(database);
                PlacementDirectory directory = new JdbcPlacementDirectory(database);
                System.out.println("READY");
                BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
                while (orders.readLine() != null) {
                    for (int index = 0; index < ROWS; index++) {
                        directory.put(row(index)).toCompletableFuture().join();
                        System.out.println("ACKNOWLEDGED " + index);
                    }
                }
            }
        }
    }

    @Test
    void shouldLoseNoAcknowledgedWriteWhenTheHolderOfTheFileIsKilled() throws IOException {
        Process holder = start();
        try (Database database = open(dataDir)) {
            BufferedReader answers =
                    new BufferedReader(new InputStreamReader(holder.getInputStream(), StandardCharsets.UTF_8));
            assertThat(answers.readLine()).isEqualTo("READY");
            PlacementDirectory directory = new JdbcPlacementDirectory(database);
            assertThat(directory.listAll().toCompletableFuture().join()).isEmpty();

            holder.outputWriter(StandardCharsets.UTF_8).append("write\n").flush();
            List<String> acknowledged = new ArrayList<>();
            while (acknowledged.size() < ROWS / 2) {
                acknowledged.add(answers.readLine());
            }
            holder.toHandle().destroyForcibly(); // leaves the stream open, with what was said before
            answers.lines().forEach(acknowledged::add);

            await().atMost(Duration.ofSeconds(60))
                    .ignoreExceptions()
                    .untilAsserted(() -> assertThat(
                                    directory.listAll().toCompletableFuture().join())
                            .hasSizeGreaterThanOrEqualTo(acknowledged.size()));
        } finally {
            holder.destroyForcibly();
        }
    }

    private Process start() throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Holder.class.getName(),
                        dataDir.toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    private static Database open(Path dataDir) {
        return Database.open(
                ConfigFactory.load(ConfigFactory.parseString("portcullis.data-dir = \"" + dataDir + "\""))
                        .getConfig("portcullis.database"),
                Runnable::run);
    }

    private static PlacementRow row(int index) {
        return new PlacementRow(VmId.parse("acme/vm-" + index), new HostId("host-1"), 1, "{}", Instant.ofEpochMilli(1));
    }
}
