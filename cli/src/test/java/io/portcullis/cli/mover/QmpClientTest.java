package io.portcullis.cli.mover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is said to QEMU's monitor, and what comes of its answers, events and silence. */
class QmpClientTest {
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final Duration SHORT = Duration.ofMillis(200);

    @TempDir
    Path folder;

    @Test
    void shouldNegotiateAndRunCommands() throws Exception {
        try (FakeQemu qemu = new FakeQemu(socket())
                        .on("query-status", FakeQemu.returns("{\"running\": true, \"status\": \"running\"}"));
                QmpClient client = QmpClient.connect(socket(), LONG)) {
            assertThat(client.execute("query-status", Map.of(), LONG)
                            .path("status")
                            .asText())
                    .isEqualTo("running");
            client.execute("migrate", Map.of("uri", "tcp:h:1"), LONG);

            assertThat(qemu.commands).containsExactly("qmp_capabilities", "query-status", "migrate");
            assertThat(qemu.requests.getLast().path("arguments").path("uri").asText())
                    .isEqualTo("tcp:h:1");
            assertThat(qemu.requests.getFirst().has("arguments")).isFalse();
        }
    }

    @Test
    void shouldSayWhyACommandWasRefusedAndGoOn() throws Exception {
        try (FakeQemu _ =
                        new FakeQemu(socket()).on("cont", FakeQemu.error("Resetting the Virtual Machine is required"));
                QmpClient client = QmpClient.connect(socket(), LONG)) {
            assertThatThrownBy(() -> client.execute("cont", Map.of(), LONG))
                    .isInstanceOf(QmpException.class)
                    .hasMessage("cont is refused: GenericError, Resetting the Virtual Machine is required");
            assertThat(client.execute("stop", Map.of(), LONG).isObject()).isTrue();
        }
    }

    @Test
    void shouldTellEventsFromAnswersInWhateverOrderTheyCome() throws Exception {
        String stop = "{\"event\": \"STOP\", \"timestamp\": {\"seconds\": 1, \"microseconds\": 2}}";
        try (FakeQemu _ = new FakeQemu(socket())
                        .on(
                                "migrate",
                                FakeQemu.status("setup"),
                                FakeQemu.returns("{}"),
                                stop,
                                FakeQemu.status("completed"));
                QmpClient client = QmpClient.connect(socket(), LONG)) {
            client.execute("migrate", Map.of("uri", "x"), LONG);

            assertThat(client.awaitEvent(event -> event.path("event").asText().equals("STOP"), LONG, "the stop")
                            .path("event")
                            .asText())
                    .isEqualTo("STOP");
            assertThat(client.awaitEvent(event -> true, LONG, "the end")
                            .path("data")
                            .path("status")
                            .asText())
                    .isEqualTo("completed");
        }
    }

    @Test
    void shouldWaitNoLongerThanItMay() throws Exception {
        try (FakeQemu _ = new FakeQemu(socket()).on("query-status", FakeQemu.NO_ANSWER);
                QmpClient client = QmpClient.connect(socket(), LONG)) {
            assertThatThrownBy(() -> client.execute("query-status", Map.of(), SHORT))
                    .hasMessageContaining("has not sent an answer to query-status within 200 ms");
            assertThatThrownBy(() -> client.awaitEvent(event -> true, SHORT, "any event"))
                    .hasMessageContaining("any event");
        }
    }

    @Test
    void shouldSayThatQemuIsGone() throws Exception {
        try (FakeQemu _ = new FakeQemu(socket()).on("quit", FakeQemu.HANG_UP);
                QmpClient client = QmpClient.connect(socket(), LONG)) {
            assertThatThrownBy(() -> client.execute("quit", Map.of(), LONG))
                    .hasMessageContaining("QEMU is gone before an answer to quit");
            assertThatThrownBy(() -> client.execute("query-status", Map.of(), LONG))
                    .isInstanceOf(QmpException.class)
                    .hasMessageContaining("gone");
        }
    }

    @Test
    void shouldNotTakeAnythingElseForQemu() throws Exception {
        assertThatThrownBy(() -> QmpClient.connect(socket(), SHORT)).hasMessageContaining("no QEMU at");
        for (String greeting : List.of("SSH-2.0-OpenSSH", "{\"hello\": 1}")) {
            Path socket = folder.resolve("other-" + greeting.length());
            try (FakeQemu _ = new FakeQemu(socket, greeting)) {
                assertThatThrownBy(() -> QmpClient.connect(socket, SHORT)).isInstanceOf(QmpException.class);
            }
        }
    }

    private Path socket() {
        return folder.resolve("qmp");
    }
}
