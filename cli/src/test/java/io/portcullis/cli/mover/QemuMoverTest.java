package io.portcullis.cli.mover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A VM between two QEMUs, which are fakes: what they are told, and what is made of what they say. */
class QemuMoverTest {
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final QemuMover.Limits LIMITS = new QemuMover.Limits(LONG, LONG, LONG);
    private static final String RUNS = FakeQemu.returns("{\"running\": true}");
    private static final String PAUSED = FakeQemu.returns("{\"running\": false}");

    @TempDir
    Path folder;

    private FakeQemu source;
    private FakeQemu destination;

    @BeforeEach
    void start() throws Exception {
        source = new FakeQemu(folder.resolve("from"));
        destination = new FakeQemu(folder.resolve("to"));
        source.on("migrate", FakeQemu.returns("{}"), FakeQemu.status("active"), FakeQemu.status("pre-switchover"));
        source.on("migrate-continue", FakeQemu.returns("{}"), FakeQemu.status("device"), FakeQemu.status("completed"));
        source.on("query-status", PAUSED);
        destination.on("query-status", RUNS);
    }

    @AfterEach
    void stop() throws Exception {
        source.close();
        destination.close();
    }

    private QemuMover mover() throws MoverException {
        return QemuMover.connect(folder.resolve("from"), folder.resolve("to"), "tcp:host-2:4444", LIMITS);
    }

    @Test
    void shouldStopTheVmCopyTheRestWhenToldAndLeaveItRunning() throws Exception {
        try (QemuMover mover = mover()) {
            mover.copyAndStop();
            assertThat(source.commands).containsExactly("qmp_capabilities", "migrate-set-capabilities", "migrate");
            mover.goOn();
        }
        assertThat(source.commands.getLast()).isEqualTo("migrate-continue");
        assertThat(source.requests.getLast().path("arguments").path("state").asText())
                .isEqualTo("pre-switchover");
        assertThat(destination.commands).containsExactly("qmp_capabilities", "query-status");
    }

    @Test
    void shouldStartAVmThatWaitsAtItsDestination() throws Exception {
        destination.on("query-status", PAUSED);
        try (QemuMover mover = mover()) {
            mover.copyAndStop();
            mover.goOn();
        }
        assertThat(destination.commands).containsExactly("qmp_capabilities", "query-status", "cont");
    }

    @Test
    void shouldSayWhyQemuGaveUpAndLetTheVmGoOnWhereItIs() throws Exception {
        source.on("migrate", FakeQemu.returns("{}"), FakeQemu.status("failed"))
                .on("query-migrate", FakeQemu.returns("{\"status\": \"failed\", \"error-desc\": \"no route\"}"));
        try (QemuMover mover = mover()) {
            assertThatThrownBy(mover::copyAndStop)
                    .isInstanceOf(MoverException.class)
                    .hasMessageContaining("failed, no route");
            mover.comeBack();
        }
        assertThat(source.commands).doesNotContain("migrate_cancel").endsWith("query-status", "cont");
    }

    @Test
    void shouldCancelAMigrationThatDoesNotEnd() throws Exception {
        source.on("migrate", FakeQemu.returns("{}"), FakeQemu.status("active"))
                .on("query-migrate", FakeQemu.returns("{\"status\": \"active\"}"))
                .on(
                        "migrate_cancel",
                        FakeQemu.returns("{}"),
                        FakeQemu.status("cancelling"),
                        FakeQemu.status("cancelled"))
                .on("query-status", RUNS);
        QemuMover.Limits hasty = new QemuMover.Limits(LONG, Duration.ofMillis(200), LONG);
        try (QemuMover mover = QemuMover.connect(folder.resolve("from"), null, "tcp:host-2:4444", hasty)) {
            assertThatThrownBy(mover::copyAndStop).hasMessageContaining("that the VM stands still within 200 ms");
            mover.comeBack();
        }
        assertThat(source.commands).contains("migrate_cancel").doesNotContain("cont");
    }

    @Test
    void shouldNotBringAVmBackThatHasLeft() throws Exception {
        source.on("query-migrate", FakeQemu.returns("{\"status\": \"completed\"}"));
        try (QemuMover mover = mover()) {
            assertThatThrownBy(mover::comeBack).hasMessageContaining("has left its source");
        }
        assertThat(source.commands).doesNotContain("cont");
    }

    @Test
    void shouldSayThatQemuIsGone() throws Exception {
        source.on("migrate", FakeQemu.HANG_UP);
        try (QemuMover mover = mover()) {
            assertThatThrownBy(mover::copyAndStop)
                    .isInstanceOf(MoverException.class)
                    .hasMessageContaining("gone");
            assertThatThrownBy(mover::comeBack).isInstanceOf(MoverException.class);
        }
        assertThatThrownBy(() -> QemuMover.connect(folder.resolve("nobody"), null, "tcp:h:1", LIMITS))
                .isInstanceOf(MoverException.class)
                .hasMessageContaining("no QEMU at");
    }
}
