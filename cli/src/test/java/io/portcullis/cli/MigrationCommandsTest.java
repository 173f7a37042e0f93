package io.portcullis.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Migrations that are tried, followed, shown and reversed. */
class MigrationCommandsTest extends CliTestCase {
    private static final String VIEW = """
        {"id": "m-1", "vm": "acme/web-1", "from": "host-1", "to": "host-2", "state": "%s", "phase": "%s",
         "requestedBy": "operator", "started": "2026-01-01T00:00:00Z"%s, "phases": [%s]}
        """;
    private static final String RESERVING = "{\"phase\": \"RESERVING\", \"at\": \"2026-01-01T00:00:00Z\"}";
    private static final String PREPARED = "{\"phase\": \"PREPARED\", \"at\": \"2026-01-01T00:00:00.030Z\"}";
    private static final String PLACED = "{\"phase\": \"PLACED\", \"at\": \"2026-01-01T00:00:00.250Z\"}";

    private static String view(String state, String phase, String... phases) {
        return VIEW.formatted(
                state,
                phase,
                state.equals("RUNNING") ? "" : ", \"ended\": \"2026-01-01T00:00:01Z\"",
                String.join(", ", phases));
    }

    @Test
    void shouldPrintEachPhaseWithItsTimeUntilTheEnd() {
        cluster.on("GET /v1/migrations/m-1", 200, view("RUNNING", "RESERVING", RESERVING))
                .on("GET /v1/migrations/m-1?after=1", 200, view("RUNNING", "PREPARED", RESERVING, PREPARED))
                .on("GET /v1/migrations/m-1?after=2", 200, view("COMMITTED", "PLACED", RESERVING, PREPARED, PLACED));

        assertThat(run("migrations", "watch", "m-1")).isEqualTo(ExitCode.OK);

        assertThat(err.toString()).isEqualTo("""
                   0 ms  RESERVING
                  30 ms  PREPARED
                 250 ms  PLACED
            """);
    }

    @Test
    void shouldFailWhenTheWatchedMigrationWasRolledBack() {
        cluster.on("GET /v1/migrations/m-1", 200, view("ROLLED_BACK", "PLACED", RESERVING, PLACED));

        assertThat(run("migration", "watch", "m-1")).isEqualTo(ExitCode.FAILED);
    }

    @Test
    void shouldListAndDescribe() {
        cluster.on(
                        "GET /v1/migrations?limit=50&vm=acme%2Fweb-1",
                        200, "{\"items\": [" + view("RUNNING", "PREPARED", RESERVING, PREPARED) + "]}")
                .on("GET /v1/migrations/m-1", 200, view("RUNNING", "PREPARED", RESERVING, PREPARED));

        assertThat(run("migrations", "list", "web-1")).isEqualTo(ExitCode.OK);
        assertThat(run("migrations", "describe", "m-1")).isEqualTo(ExitCode.OK);

        assertThat(out.toString()).contains("acme/web-1").contains("phase: PREPARED");
    }

    @Test
    void shouldReverseAMigrationAndSayWhyThatCannotBe() {
        cluster.on("POST /v1/migrations/m-1/reverse", 202, view("RUNNING", "RESERVING", RESERVING))
                .on(
                        "POST /v1/migrations/m-2/reverse",
                        409,
                        StubCluster.problem(
                                409, "wrong-state", "migration m-2 is CANCELLED", "the VM is where it was", ""));

        assertThat(run("migrations", "reverse", "m-1", "--no-wait")).isEqualTo(ExitCode.OK);
        assertThat(run("migrations", "reverse", "m-2")).isEqualTo(ExitCode.FAILED);

        assertThat(out.toString()).isEqualTo("m-1\n");
        assertThat(err.toString()).contains("CANCELLED").contains("the VM is where it was");
    }

    @Test
    void shouldSayWhatAMigrationWouldBeLikeAndBeginNone() {
        cluster.on("POST /v1/migrations/dry-run", 200, """
            {"vm": "acme/web-1", "from": "host-1", "to": "host-2", "vnics": 1, "connections": 42, "expectedPauseNanos": 1250000,
             "samples": 7, "connectionsPerSecond": 2000000, "revisionInForce": 6, "revision": 7,
             "source": {"name": "host-1", "vms": 3, "vnics": 4, "maxVnics": 1000, "connections": 99},
             "destination": {"name": "host-2", "vms": 0, "vnics": 0, "maxVnics": 1000, "connections": 0},
             "notes": ["a vNIC enforces revision 6 now"]}
            """);

        assertThat(run("migrate", "web-1", "--to", "host-2", "--dry-run")).isEqualTo(ExitCode.OK);

        assertThat(out.toString())
                .contains("host-1", "1000")
                .contains("would be accepted; 1 vNIC, 42 connections, pause about 1.3 ms (median of 7 before)")
                .contains("more than 2000000 connections")
                .contains("  a vNIC enforces revision 6 now");
        assertThat(run("migrate", "web-1", "--to", "host-2", "--dry-run", "--bandwidth", "50MB/s"))
                .isEqualTo(ExitCode.OK);
        assertThat(cluster.requests.getLast().body()).containsIgnoringWhitespaces("\"bytesPerSecond\":50000000");
        assertThat(run("migrate", "web-1", "--to", "host-2", "--bandwidth", "50MB/s"))
                .isEqualTo(ExitCode.USAGE);
        assertThat(cluster.requests).noneMatch(request -> request.line().equals("POST /v1/migrations"));
    }

    @Test
    void shouldTakeWaitAsTheDefault() {
        cluster.on("POST /v1/migrations", 202, view("RUNNING", "RESERVING", RESERVING))
                .on("GET /v1/migrations/m-1", 200, view("COMMITTED", "PLACED", RESERVING, PLACED));

        assertThat(run("migrate", "web-1", "--to", "host-2", "--wait")).isEqualTo(ExitCode.OK);

        assertThat(err.toString()).contains("250 ms  PLACED");
    }
}
