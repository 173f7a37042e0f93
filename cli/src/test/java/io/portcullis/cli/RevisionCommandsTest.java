package io.portcullis.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Commands about what a tenant was, would be, and how far it is. */
class RevisionCommandsTest extends CliTestCase {
    private static final String DRY_RUN = "{\"tenant\": \"acme\", \"revision\": 7, \"changed\": [\"Group/web\"],"
            + " \"diff\": \"--- Group/web\\n+++ Group/web\\n@@ -1 +1 @@\\n-a\\n+b\\n\"}";
    private static final String SAME = "{\"tenant\": \"acme\", \"revision\": 7, \"changed\": [], \"diff\": \"\"}";
    private static final String CHANGE = "{\"tenant\": \"acme\", \"revision\": 8, \"changed\": [\"Group/web\"]}";
    private static final String DIFF = """
        --- Group/web
        +++ Group/web
        @@ -1 +1 @@
        -a
        +b
        """;

    @Test
    void shouldDiffWithTheStatusOfDiff() {
        input = "kind: Group\n";
        cluster.on("POST /v1/tenants/acme/documents/dry-run", 200, DRY_RUN)
                .on("POST /v1/tenants/acme/documents/dry-run", 200, SAME)
                .on(
                        "POST /v1/tenants/acme/documents/dry-run",
                        400,
                        StubCluster.problem(400, "invalid-document", "x", "", ""));

        assertThat(run("diff", "-f", "-")).isEqualTo(1);
        assertThat(out.toString()).isEqualTo(DIFF);
        assertThat(run("diff", "-f", "-")).isZero();
        assertThat(out.toString()).isEqualTo(DIFF);
        assertThat(run("diff", "-f", "-")).isGreaterThan(1);
        assertThat(run("diff", "-f", folder.resolve("none").toString())).isGreaterThan(1);
        assertThat(run("diff", "-f", "-", "--url", "http://127.0.0.1:1")).isGreaterThan(1);
        assertThat(cluster.requests)
                .anySatisfy(request -> assertThat(request.body()).isEqualTo("kind: Group\n"));
    }

    @Test
    void shouldTryAnApply() {
        input = "kind: Group\n";
        cluster.on("POST /v1/tenants/acme/documents/dry-run", 200, DRY_RUN);

        assertThat(run("apply", "-f", "-", "--dry-run")).isEqualTo(ExitCode.OK);

        assertThat(out.toString())
                .isEqualTo(DIFF + "would change Group/web; acme is at revision 7, nothing was changed\n");
        assertThat(run("apply", "-f", "-", "--dry-run", "--create-tenant")).isEqualTo(ExitCode.USAGE);
    }

    @Test
    void shouldNameTheFileOfEachMistake() throws Exception {
        Path first = Files.writeString(folder.resolve("a.yaml"), "one\ntwo\n");
        Path second = Files.writeString(folder.resolve("b.yaml"), "three\nfour\n");
        cluster.on(
                "POST /v1/tenants/acme/documents/dry-run",
                400,
                StubCluster.problem(
                        400,
                        "invalid-document",
                        "x",
                        "",
                        "{\"path\": \"spec\", \"message\": \"is wrong\", \"line\": 6, \"column\": 1}"));

        assertThat(run("diff", "-f", first.toString(), "-f", second.toString())).isGreaterThan(1);

        assertThat(err.toString()).contains("line 2, column 1: (" + second + ") spec: is wrong");
    }

    @Test
    void shouldExportWhatTheClusterSends() {
        cluster.on("GET /v1/tenants/acme/documents", 200, "---\nkind: Tenant\n")
                .on("GET /v1/tenants/acme/documents?revision=3&kind=Vm&name=web-1", 200, "---\nkind: Vm\n");

        assertThat(run("export")).isEqualTo(ExitCode.OK);
        assertThat(run("export", "vm", "web-1", "--revision", "3")).isEqualTo(ExitCode.OK);

        assertThat(out.toString()).isEqualTo("---\nkind: Tenant\n---\nkind: Vm\n");
        assertThat(err.toString()).isEmpty();
        assertThat(run("export", "hosts")).isEqualTo(ExitCode.USAGE);
    }

    @Test
    void shouldShowHistoryAndOneRevision() {
        String revision = "{\"revision\": 7, \"at\": \"2026-01-01T00:00:00Z\", \"by\": \"ann\", \"note\": \"%s\","
                + " \"summary\": \"Group/web changed\"%s}";
        cluster.on(
                        "GET /v1/tenants/acme/history?limit=1",
                        200,
                        "{\"tenant\": \"acme\", \"current\": 7, \"oldest\": 1, \"items\": ["
                                + revision.formatted("", "") + "]}")
                .on(
                        "GET /v1/tenants/acme/history/7",
                        200,
                        revision.formatted("rollback to revision 3", ", \"diff\": \"--- Group/web\\n\""));

        assertThat(run("history", "--limit", "1")).isEqualTo(ExitCode.OK);
        assertThat(out.toString()).isEqualTo("""
            REVISION  WHEN                  BY   WHAT               NOTE
            7         2026-01-01T00:00:00Z  ann  Group/web changed  -
            """);
        assertThat(err.toString()).isEqualTo("there are older ones: --before 7\n");
        out.getBuffer().setLength(0);
        assertThat(run("history", "7")).isEqualTo(ExitCode.OK);
        assertThat(out.toString()).isEqualTo("""
            revision 7  2026-01-01T00:00:00Z  ann  (rollback to revision 3)
            Group/web changed
            --- Group/web
            """);
    }

    @Test
    void shouldRollBackOrShowWhatThatWouldDo() {
        cluster.on("POST /v1/tenants/acme/rollback/dry-run", 200, DRY_RUN)
                .on("POST /v1/tenants/acme/rollback", 200, CHANGE);

        assertThat(run("rollback", "--to", "3", "--dry-run")).isEqualTo(ExitCode.OK);
        assertThat(out.toString()).startsWith(DIFF + "would change");
        out.getBuffer().setLength(0);
        assertThat(run("rollback", "--to", "3", "--inventory")).isEqualTo(ExitCode.OK);

        assertThat(out.toString()).isEqualTo("revision 8 of acme: Group/web\n");
        assertThat(cluster.requests.getLast().body()).contains("\"to\" : 3").contains("\"inventory\" : true");
    }

    @Test
    void shouldShowOlderDocumentsAndSayWhatHasNone() {
        cluster.on("GET /v1/tenants/acme/groups?revision=3", 200, "{\"items\": []}");

        assertThat(run("get", "groups", "--revision", "3")).isEqualTo(ExitCode.OK);

        assertThat(run("get", "vms", "--revision", "3")).isEqualTo(ExitCode.USAGE);
        assertThat(err.toString()).contains("portcullis export vms --revision N");
        assertThat(run("describe", "host", "host-1", "--revision", "3")).isEqualTo(ExitCode.USAGE);
    }

    private static String realization(boolean done) {
        return """
            {"tenant": "acme", "revision": 8, "current": 8, "realized": %s, "vnics": [
              {"vnic": "acme/db-1/eth0", "host": "host-1", "revision": 8, "realized": true},
              {"vnic": "acme/web-1/eth0", "host": "host-2", "revision": 5, "realized": %s,
               "pendingSince": "2026-01-01T00:00:00Z"}]}
            """.formatted(done, done);
    }

    @ParameterizedTest
    @ValueSource(strings = {"--wait", "--wait=realized"})
    void shouldWaitWithProgressUntilEveryVnicEnforcesTheChange(String wait) {
        cluster.on("POST /v1/tenants/acme/vms/web-1/tags", 200, CHANGE)
                .on("GET /v1/tenants/acme/realization?revision=8", 200, realization(false))
                .on("GET /v1/tenants/acme/realization?revision=8", 200, realization(true));

        assertThat(run("tag", "web-1", wait, "quarantine:yes")).isEqualTo(ExitCode.OK);

        assertThat(out.toString()).isEqualTo("revision 8 of acme, realized: Group/web\n");
        assertThat(err.toString())
                .isEqualTo("revision 8: realized by 1 of 2 vNICs; pending: host-2 (1, since 2026-01-01T00:00:00Z)\n");
    }

    @Test
    void shouldFailAfterTheTimeoutAndSayWhoLags() {
        cluster.on("POST /v1/tenants/acme/rollback", 200, CHANGE)
                .on("GET /v1/tenants/acme/realization?revision=8", 200, realization(false));

        assertThat(run("rollback", "--to", "3", "--wait=realized", "--timeout", "1ms"))
                .isEqualTo(ExitCode.FAILED);

        assertThat(out.toString()).isEqualTo("revision 8 of acme: Group/web\n");
        assertThat(err.toString())
                .contains("error: after 1 ms revision 8 is realized by 1 of 2 vNICs; pending: host-2")
                .contains("acme/web-1/eth0 on host-2 has the rules of revision 5, pending since 2026-01-01T00:00:00Z");
    }

    @Test
    void shouldShowWhoLagsAndSinceWhen() {
        cluster.on("GET /v1/tenants/acme/realization", 200, realization(false));

        assertThat(run("get", "realization")).isEqualTo(ExitCode.OK);

        assertThat(out.toString()).isEqualTo("""
            revision 8 of acme: realized by 1 of 2 vNICs; pending: host-2 (1, since 2026-01-01T00:00:00Z)
            VNIC             HOST    REVISION  REALIZED  PENDING-SINCE
            acme/db-1/eth0   host-1  8         yes       -
            acme/web-1/eth0  host-2  5         no        2026-01-01T00:00:00Z
            """);
        assertThat(run("tag", "web-1", "a:b", "--wait", "--timeout", "soon")).isEqualTo(ExitCode.USAGE);
    }
}
