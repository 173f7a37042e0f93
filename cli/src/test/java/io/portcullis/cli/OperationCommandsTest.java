package io.portcullis.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class OperationCommandsTest extends CliTestCase {
    private static final String OPERATION = """
        {"id": "op-7", "kind": "REBALANCE", "host": null, "to": [], "state": "%s", "parallel": 4, "priority": "NORMAL", "by": "operator",
         "started": "2026-01-01T00:00:00Z", "ended": null, "total": 2, "moved": %d, "moving": [], "waiting": 1, "failed": {%s},
         "etaMillis": 2500, "moves": [{"vm": "acme/web-1", "from": "host-1", "to": "host-2", "state": "MOVED", "migration": "m-1"}]}
        """;
    private static final String PLAN = """
        {"moves": [{"vm": "acme/web-1", "from": "host-1", "to": "host-2", "connections": 70, "packetsPerSecond": 9}],
         "hosts": [{"host": "host-1", "before": {"vms": 2, "vnics": 3, "connections": 90, "packetsPerSecond": 10},
                    "after": {"vms": 1, "vnics": 2, "connections": 20, "packetsPerSecond": 1}}],
         "operation": %s}
        """;

    @Test
    void shouldShowAPlanBeforeItIsCarriedOut() {
        cluster.on("POST /v1/rebalance", 200, PLAN.formatted("null"));

        assertThat(run("rebalance", "--dry-run")).isEqualTo(ExitCode.OK);

        assertThat(cluster.requests.getLast().body()).containsIgnoringWhitespaces("\"dryRun\":true");
        assertThat(out.toString()).isEqualTo("""
            HOST    VMS    VNICS  CONNECTIONS  PACKETS/S
            host-1  2 → 1  3 → 2  90 → 20      10 → 1

            VM          FROM    TO      CONNECTIONS  PACKETS/S
            acme/web-1  host-1  host-2  70           9

            nothing was moved
            """);
    }

    @Test
    void shouldSayWhyVmsWait() {
        String held = OPERATION
                .formatted("RUNNING", 1, "")
                .replace("\"etaMillis\"", "\"heldBack\": {\"PARALLEL\": 12, \"MEMORY\": 3}, \"etaMillis\"");
        cluster.on("POST /v1/operations/op-7/resume", 200, held)
                .on("GET /v1/operations", 200, "{\"items\": [" + held + "]}");

        assertThat(run("resume", "op-7")).isEqualTo(ExitCode.OK);
        assertThat(out.toString()).contains("1 waiting (MEMORY 3, PARALLEL 12)");
        assertThat(run("get", "operations", "-o", "wide")).isEqualTo(ExitCode.OK);
        assertThat(out.toString()).contains("HELD-BACK", "MEMORY=3", "PARALLEL=12");
    }

    @Test
    void shouldGiveAnOperationABandwidthAndChangeIt() {
        String limited = OPERATION
                .formatted("RUNNING", 1, "")
                .replace(
                        "\"etaMillis\"",
                        "\"bytesPerSecond\": 200000000, \"bytesPerSecondUsed\": 149600000, \"etaMillis\"");
        cluster.on("POST /v1/rebalance", 202, PLAN.formatted(limited))
                .on("POST /v1/operations/op-7/limits", 200, limited)
                .on("GET /v1/operations", 200, "{\"items\": [" + limited + "]}");

        assertThat(run("rebalance", "--bandwidth", "200MB/s")).isEqualTo(ExitCode.OK);
        assertThat(cluster.requests.getLast().body()).containsIgnoringWhitespaces("\"bytesPerSecond\":200000000");
        assertThat(run("limit", "op-7", "--bandwidth", "unlimited", "--parallel", "9"))
                .isEqualTo(ExitCode.OK);
        assertThat(cluster.requests.getLast().body())
                .containsIgnoringWhitespaces("\"bytesPerSecond\":0", "\"parallel\":9");
        assertThat(out.toString()).contains("1 waiting, 149.6 MB/s of at most 200 MB/s, some 2s left");
        out.getBuffer().setLength(0);
        assertThat(run("get", "operations", "-o", "wide")).isEqualTo(ExitCode.OK);
        assertThat(out.toString()).contains("BANDWIDTH", "USED", "200 MB/s", "149.6 MB/s");

        int asked = cluster.requests.size();
        assertThat(run("limit", "op-7")).isEqualTo(ExitCode.USAGE);
        assertThat(run("limit", "op-7", "--bandwidth", "200")).isEqualTo(ExitCode.USAGE);
        assertThat(err.toString()).contains("write 200MB/s");
        assertThat(cluster.requests).hasSize(asked);
    }

    @Test
    void shouldFollowARebalance() {
        cluster.on("POST /v1/rebalance", 202, PLAN.formatted(OPERATION.formatted("RUNNING", 0, "")))
                .on("GET /v1/operations/op-7", 200, OPERATION.formatted("RUNNING", 1, ""))
                .on(
                        "GET /v1/operations/op-7",
                        200,
                        OPERATION.formatted(
                                "INCOMPLETE", 1, "\"acme/db-1\": \"no other host takes VMs and has room\""));

        assertThat(run("rebalance", "--to", "host-2,host-3", "--parallel", "9", "--priority", "high", "--wait"))
                .isEqualTo(ExitCode.FAILED);

        assertThat(cluster.requests.get(0).body())
                .containsIgnoringWhitespaces("[\"host-2\",\"host-3\"]", "\"parallel\":9", "\"priority\":\"HIGH\"");
        assertThat(err.toString())
                .contains("op-7, rebalance: running, 1 of 2 VMs moved, 0 moving, 1 waiting, some 2s left");
        assertThat(out.toString()).endsWith("""
            op-7, rebalance: incomplete, 1 of 2 VMs moved, 0 moving, 1 waiting, some 2s left; not moved: acme/db-1 (no other host takes VMs and has room)
            """);
    }

    @Test
    void shouldPauseResumeCancelAndListOperations() {
        cluster.on("POST /v1/operations/op-7/pause", 200, OPERATION.formatted("PAUSED", 1, ""))
                .on("POST /v1/operations/op-7/resume", 200, OPERATION.formatted("RUNNING", 1, ""))
                .on("POST /v1/operations/op-7/cancel", 200, OPERATION.formatted("CANCELLED", 1, ""))
                .on("GET /v1/operations", 200, "{\"items\": [" + OPERATION.formatted("RUNNING", 1, "") + "]}")
                .on("GET /v1/operations/op-7", 200, OPERATION.formatted("RUNNING", 1, ""));

        assertThat(run("pause", "op-7")).isEqualTo(ExitCode.OK);
        assertThat(run("resume", "op-7")).isEqualTo(ExitCode.OK);
        assertThat(run("cancel", "op-7")).isEqualTo(ExitCode.OK);
        assertThat(out.toString()).contains("op-7, rebalance: paused", "running", "cancelled");
        out.getBuffer().setLength(0);

        assertThat(run("get", "operations")).isEqualTo(ExitCode.OK);
        assertThat(out.toString()).isEqualTo("""
            ID    KIND       HOST  STATE    MOVED  MOVING  WAITING  FAILED  ETA  STARTED
            op-7  REBALANCE  -     RUNNING  1/2    0       1        0       2s   2026-01-01T00:00:00Z
            """);
        out.getBuffer().setLength(0);
        assertThat(run("describe", "operation", "op-7")).isEqualTo(ExitCode.OK);
        assertThat(out.toString()).contains("vm: acme/web-1", "migration: m-1");
    }

    @Test
    void shouldEvacuateToNamedHosts() {
        String view = """
            {"host": "host-1", "state": "%s", "by": "operator", "leave": false, "total": 2, "moved": 2, "moving": [],
             "waiting": 0, "failed": {}, "operation": "op-8", "etaMillis": null}
            """;
        cluster.on("POST /v1/hosts/host-1/evacuate", 202, view.formatted("DRAINING"))
                .on("GET /v1/hosts/host-1/drain", 200, view.formatted("EVACUATED"));

        assertThat(run("evacuate", "host-1", "--to", "host-2", "--wait")).isEqualTo(ExitCode.OK);

        assertThat(out.toString()).isEqualTo("host host-1 was emptied and takes VMs: 2 of 2 VMs moved\n");
    }
}
