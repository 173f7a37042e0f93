package io.portcullis.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.portcullis.admin.http.Answer;
import io.portcullis.admin.http.ProblemKind;
import io.portcullis.admin.http.RefusedException;
import io.portcullis.api.ChangeView;
import io.portcullis.api.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuditLogTest {
    private static final RefusedException REFUSAL =
            new RefusedException(ProblemKind.STALE_REVISION, "tenant acme is at revision 8, not 7");

    @TempDir
    Path folder;

    private Instant now = Instant.parse("2026-01-01T00:00:00Z");

    private final Clock clock = new Clock() {
        @Override
        public Instant instant() {
            return now;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    };

    private AuditLog log() {
        return new AuditLog(new AuditFile(folder.resolve("audit.log")), clock);
    }

    @Test
    void shouldWriteWhoWhenWhatDifferenceAndResult() throws IOException {
        Answer answer = Answer.ok(new ChangeView("acme", 8, List.of("Group/web")), 8)
                .withDiff("--- Group/web\n+++ Group/web\n");

        log().done("ann", "PUT /v1/tenants/acme/groups/web", answer);

        assertThat(Files.readString(folder.resolve("audit.log")))
                .isEqualTo("{\"at\":\"2026-01-01T00:00:00Z\",\"by\":\"ann\","
                        + "\"request\":\"PUT /v1/tenants/acme/groups/web\",\"result\":\"done\",\"status\":200,"
                        + "\"revision\":8,\"changed\":[\"Group/web\"],"
                        + "\"diff\":\"--- Group/web\\n+++ Group/web\\n\"}\n");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("audit.log"))))
                .isEqualTo("rw-------");
    }

    @Test
    void shouldWriteRefusalsWithTheirReasonAndSayWhatMayHaveHappened() throws IOException {
        AuditLog log = log();
        log.refused("ann", "POST /x", REFUSAL);
        log.refused("ann", "POST /x", new RefusedException(ProblemKind.TIMEOUT, "no answer came in time"));

        log.refused("ann", "POST /x", new RefusedException(ProblemKind.BUSY, "too many"));

        assertThat(lines())
                .extracting(line -> line.get("result").asText())
                .containsExactly("refused", "unknown", "refused");
        assertThat(lines().getFirst().get("code").asText()).isEqualTo("stale-revision");
        assertThat(lines().getFirst().get("detail").asText()).contains("revision 8");
    }

    @Test
    void shouldBoundRefusedLinesCountTheOthersAndHideNothingThatWasDone() throws IOException {
        AuditLog log = log();
        for (int request = 0; request < 1_000; request++) {
            log.refused("ann", "POST /" + "x".repeat(5_000), REFUSAL);
        }
        log.done("ann", "POST /y", Answer.noContent());
        log.refused(null, "POST /z", REFUSAL);
        int burst = 2 * AuditLog.REFUSED_PER_SECOND;
        assertThat(lines()).hasSize(burst + 2);
        assertThat(Files.size(folder.resolve("audit.log"))).isLessThan(1_000L * (burst + 2));

        now = now.plusSeconds(1);
        log.refused("ann", "POST /x", REFUSAL);

        assertThat(lines().getLast().get("unwritten").asInt()).isEqualTo(1_000 - burst);
        assertThat(lines().get(burst + 1).get("by").asText()).isEmpty();
    }

    @Test
    void shouldSetFullFilesAsideAndKeepSomeOfThem() throws IOException {
        Path file = folder.resolve("new/audit.log");
        AuditFile audit = new AuditFile(file, 10, 2);

        for (String line : List.of("first", "second", "third", "fourth")) {
            audit.append(line);
        }

        assertThat(file).hasContent("fourth");
        assertThat(file.resolveSibling("audit.log.1")).hasContent("third");
        assertThat(file.resolveSibling("audit.log.2")).hasContent("second");
        assertThat(file.resolveSibling("audit.log.3")).doesNotExist();
    }

    @Test
    void shouldGoOnWhenTheFileCannotBeWritten() throws IOException {
        Files.createDirectory(folder.resolve("audit.log"));

        log().done("ann", "POST /y", Answer.noContent());

        assertThat(folder.resolve("audit.log")).isEmptyDirectory();
    }

    private List<JsonNode> lines() throws IOException {
        List<JsonNode> lines = new ArrayList<>();
        for (String line : Files.readAllLines(folder.resolve("audit.log"))) {
            lines.add(Json.mapper().readTree(line));
        }
        return lines;
    }
}
