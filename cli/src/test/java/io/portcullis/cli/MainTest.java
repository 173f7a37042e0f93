package io.portcullis.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MainTest extends CliTestCase {
    private static final String VM = """
        {"id": "acme/web-1", "tenant": "acme", "name": "web-1", "os": "debian-13", "tags": ["app:web", "stage:prod"],
         "findings": [], "groups": ["web"], "revision": 7,
         "placement": {"host": "host-1", "epoch": 3, "phase": "PLACED"},
         "vnics": [{"id": "acme/web-1/eth0", "name": "eth0", "mac": "02:00:00:00:00:01", "addresses": ["10.0.0.1"],
           "segment": "front", "vlan": 101, "port": "tap:web-1/eth0",
           "status": {"host": "host-1", "epoch": 3, "mode": "ENFORCING", "rulesHash": "ab", "policyRevision": 7,
             "connections": 4, "counters": {}}}]}
        """;
    private static final String DETACHED = """
        {"id": "acme/db-1", "tenant": "acme", "name": "db-1", "tags": [], "findings": [], "groups": [], "revision": 7,
         "placement": {"epoch": 0, "phase": "DETACHED"}, "vnics": []}
        """;
    private static final String RUNNING = """
        {"id": "m-1", "vm": "acme/web-1", "from": "host-1", "to": "host-2", "state": "RUNNING", "phase": "%s",
         "requestedBy": "operator", "started": "2026-01-01T00:00:00Z"}
        """;
    private static final String ENDED = """
        {"id": "m-1", "vm": "acme/web-1", "from": "host-1", "to": "host-2", "state": "%s", "phase": "PLACED",
         "requestedBy": "operator", "started": "2026-01-01T00:00:00Z", "ended": "2026-01-01T00:00:01Z",
         "reason": "host-2 did not answer",
         "receipt": {"outcome": "%s", "lossless": true, "epochBefore": 1, "epochAfter": 2, "policyRevision": 7,
           "entriesSent": 4, "entriesReceived": 4, "bytes": 256, "framesHeld": 3, "framesForwarded": 2,
           "framesDropped": 0, "freezeNanos": 900000, "pauseNanos": 1250000, "phases": [], "vnics": [], "problems": []}}
        """;

    @Test
    void shouldPrintVmsAsATable() {
        cluster.on("GET /v1/tenants/acme/vms", 200, "{\"items\": [" + VM + "," + DETACHED + "]}");

        assertThat(run("get", "vms")).isEqualTo(ExitCode.OK);

        assertThat(out.toString()).isEqualTo("""
            NAME   HOST    PHASE     EPOCH  TAGS                ADDRESSES
            web-1  host-1  PLACED    3      app:web,stage:prod  10.0.0.1
            db-1   -       DETACHED  0      -                   -
            """);
        assertThat(cluster.requests.getLast().authorization()).isEqualTo("Bearer secret-token");
    }

    @Test
    void shouldShowThatAHostIsLostAndThatAVmWasTakenOver() {
        String lost = VM.replace("\"PLACED\"}", "\"PLACED\", \"hostStatus\": \"DOWN\"}");
        cluster.on("GET /v1/tenants/acme/vms", 200, "{\"items\": [" + lost + "]}")
                .on(
                        "POST /v1/tenants/acme/vms/web-1/attach",
                        200,
                        VM.replace("\"PLACED\"}", "\"PLACED\", \"hostStatus\": \"UP\", \"takenFrom\": \"host-2\"}"));

        assertThat(run("get", "vms")).isEqualTo(ExitCode.OK);
        assertThat(out.toString()).contains("web-1  host-1  PLACED,DOWN  3");
        out.getBuffer().setLength(0);

        assertThat(run("attach", "web-1", "host-1")).isEqualTo(ExitCode.OK);
        assertThat(out.toString())
                .isEqualTo("acme/web-1 is on host-1, epoch 3; taken over from host-2, which was lost: its connections"
                        + " are not known here\n");
    }

    @Test
    void shouldSayAsOfWhenWhatThePlacementItselfCannotSay() {
        String reported =
                VM.replace("\"PLACED\"}", "\"PLACED\", \"hostStatus\": \"UP\", \"asOf\": \"2027-01-02T03:04:05Z\"}");
        cluster.on("GET /v1/tenants/acme/vms", 200, "{\"items\": [" + reported + "]}");

        assertThat(run("get", "vms")).isEqualTo(ExitCode.OK);

        assertThat(out.toString()).contains("web-1  host-1  PLACED,AS-OF-2027-01-02T03:04:05Z  3");
    }

    @Test
    void shouldSayWhatAVmBeganWithWhoseHostWasLost() {
        String taken = VM.replace(
                "\"PLACED\"}",
                "\"PLACED\", \"hostStatus\": \"UP\", \"takenFrom\": \"host-2\", \"restored\": {\"from\": \"replica\","
                        + " \"host\": \"host-3\", \"connections\": 12, \"ageMillis\": 7340}}");
        cluster.on("POST /v1/tenants/acme/vms/web-1/attach", 200, taken);

        assertThat(run("attach", "web-1", "host-1", "--replica")).isEqualTo(ExitCode.OK);
        assertThat(out.toString())
                .isEqualTo(
                        "acme/web-1 is on host-1, epoch 3; taken over from host-2, which was lost: 12 connections are"
                                + " from its replica on host-3, 7340 ms old\n");
        assertThat(cluster.requests.getLast().body()).contains("\"replica\" : true");
    }

    @Test
    void shouldPrintWideJsonAndYaml() {
        cluster.on("GET /v1/tenants/acme/vms", 200, "{\"items\": [" + VM + "]}");

        assertThat(run("get", "vm", "-o", "wide")).isEqualTo(ExitCode.OK);
        assertThat(out.toString()).contains("GROUPS").contains("tap:web-1/eth0");
        out.getBuffer().setLength(0);
        assertThat(run("get", "vms", "-o", "json")).isEqualTo(ExitCode.OK);
        assertThat(out.toString()).startsWith("[").contains("\"id\" : \"acme/web-1\"");
        out.getBuffer().setLength(0);
        assertThat(run("get", "vms", "-o", "yaml")).isEqualTo(ExitCode.OK);
        assertThat(out.toString()).startsWith("---\nid: acme/web-1\n");
    }

    @Test
    void shouldShowWhoKeepsReplicas() {
        String kept = VM.replace(
                "\"PLACED\"}", "\"PLACED\", \"replica\": {\"host\": \"host-3\", \"whole\": true, \"ageMillis\": 250}}");
        String begun = VM.replace("\"PLACED\"}", "\"PLACED\", \"replica\": {\"host\": \"host-2\", \"whole\": false}}");
        String none = VM.replace("\"PLACED\"}", "\"PLACED\", \"replica\": {\"problem\": \"no other host is up\"}}");
        cluster.on("GET /v1/tenants/acme/vms", 200, "{\"items\": [" + kept + "," + begun + "," + none + "]}");

        assertThat(run("get", "vms", "-o", "wide")).isEqualTo(ExitCode.OK);
        assertThat(out.toString()).contains("REPLICA", "host-3,250ms", "host-2,incomplete", "none");
    }

    @Test
    void shouldShowAVmWithItsVnics() {
        cluster.on("GET /v1/tenants/acme/vms/web-1", 200, VM);

        assertThat(run("get", "vm", "acme/web-1")).isEqualTo(ExitCode.OK);

        assertThat(out.toString()).contains("web-1  host-1").contains("eth0  ENFORCING  7         4");
        assertThat(cluster.requests).hasSize(1);
    }

    @Test
    void shouldListWhoIsExcluded() {
        cluster.on("GET /v1/tenants/acme/exclusions", 200, """
            {"items": [{"kind": "Exclusion", "metadata": {"name": "operators"},
              "spec": {"groups": ["management"], "vms": ["console"], "description": "a way in"}}]}
            """);

        assertThat(run("get", "exclusions")).isEqualTo(ExitCode.OK);

        assertThat(out.toString()).contains("operators  management  console  a way in");
    }

    @Test
    void shouldSayWhenThereIsNothing() {
        cluster.on("GET /v1/hosts", 200, "{\"items\": []}");

        assertThat(run("get", "hosts")).isEqualTo(ExitCode.OK);

        assertThat(out.toString()).isEqualTo("none\n");
    }

    @Test
    void shouldAskForATenantWhereThereAreSeveral() {
        cluster.close();
        try (StubCluster two = newCluster()) {
            two.on(
                    "GET /v1/tenants",
                    200,
                    TENANTS.replace(
                            "}]",
                            "}, " + TENANTS.substring(11, TENANTS.indexOf("]")).replace("acme", "zenith") + "]"));
            environment.put("PORTCULLIS_URL", two.url());

            assertThat(run("get", "vms")).isEqualTo(ExitCode.USAGE);

            assertThat(err.toString()).contains("acme, zenith").contains("--tenant");
        }
    }

    private static StubCluster newCluster() {
        try {
            return new StubCluster();
        } catch (java.io.IOException broken) {
            throw new IllegalStateException(broken);
        }
    }

    @Test
    void shouldPrintEveryMistakeOfADocumentWithPathAndHint() throws Exception {
        Path file = folder.resolve("web.yaml");
        Files.writeString(file, "kind: Policy\n");
        cluster.on(
                "POST /v1/tenants/acme/documents",
                400,
                StubCluster.problem(
                        400,
                        "invalid-document",
                        "x",
                        "",
                        "{\"path\": \"spec.rules[0].services\", \"message\": \"is required\", \"hint\": \"add"
                                + " services\", \"line\": 8, \"column\": 7}"));

        assertThat(run("apply", "-f", file.toString())).isEqualTo(ExitCode.FAILED);

        assertThat(err.toString()).isEqualTo("""
            error: the document has mistakes; nothing was changed
              line 8, column 7: spec.rules[0].services: is required
                hint: add services
            """);
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void shouldApplyStandardInputToANewTenantAndWait() {
        input = "kind: Segment\n";
        cluster.on("GET /v1/tenants/new", 404, StubCluster.problem(404, "unknown", "no", "", ""))
                .on("PUT /v1/tenants/new", 200, TENANTS.substring(11, TENANTS.indexOf("]")))
                .on(
                        "POST /v1/tenants/new/documents",
                        200,
                        "{\"tenant\": \"new\", \"revision\": 2, \"changed\": [\"Segment/front\"]}")
                .on("GET /v1/tenants/new/realization?revision=2", 200, realization(false))
                .on("GET /v1/tenants/new/realization?revision=2", 200, realization(true));

        assertThat(run("apply", "-f", "-", "-t", "new", "--create-tenant", "--wait"))
                .isEqualTo(ExitCode.OK);

        assertThat(out.toString()).isEqualTo("revision 2 of new, realized: Segment/front\n");
        assertThat(cluster.requests)
                .anySatisfy(request -> assertThat(request.body()).isEqualTo("kind: Segment\n"));
    }

    private static String realization(boolean realized) {
        return "{\"tenant\": \"new\", \"revision\": 2, \"current\": 2, \"realized\": " + realized + ", \"vnics\": []}";
    }

    @Test
    void shouldFollowAMigrationToItsEnd() {
        cluster.on("POST /v1/migrations", 202, RUNNING.formatted("RESERVING"))
                .on("GET /v1/migrations/m-1", 200, RUNNING.formatted("PREPARED"))
                .on("GET /v1/migrations/m-1?after=0", 200, RUNNING.formatted("CUTTING_OVER"))
                .on("GET /v1/migrations/m-1?after=0", 200, ENDED.formatted("COMMITTED", "COMMITTED"));

        assertThat(run("migrate", "web-1", "--to", "host-2")).isEqualTo(ExitCode.OK);

        assertThat(err.toString()).contains("PREPARED").contains("CUTTING_OVER");
        assertThat(out.toString())
                .isEqualTo("acme/web-1 host-1 → host-2: moved, pause 1.3 ms, 4 of 4 connections, frames held 3, "
                        + "forwarded 2, dropped 0\n");
        assertThat(cluster.requests)
                .anySatisfy(request -> assertThat(request.body())
                        .contains("\"vm\" : \"acme/web-1\"")
                        .contains("\"to\" : \"host-2\""));
    }

    @Test
    void shouldFailWhenAMigrationWasRolledBack() {
        cluster.on("POST /v1/migrations", 202, RUNNING.formatted("RESERVING"))
                .on("GET /v1/migrations/m-1", 200, ENDED.formatted("ROLLED_BACK", "ROLLED_BACK"));

        assertThat(run("migrate", "web-1", "--to", "host-2")).isEqualTo(ExitCode.FAILED);

        assertThat(out.toString()).contains("ROLLED_BACK, host-2 did not answer");
    }

    @Test
    void shouldOnlyBeginAMigrationWhenToldSo() {
        cluster.on("POST /v1/migrations", 202, RUNNING.formatted("RESERVING"));

        assertThat(run("migrate", "web-1", "--to", "host-2", "--no-wait")).isEqualTo(ExitCode.OK);

        assertThat(out.toString()).isEqualTo("m-1\n");
    }

    @Test
    void shouldPrintRefusalsWithTheirHints() {
        cluster.on(
                "POST /v1/tenants/acme/vms/web-1/attach",
                404,
                StubCluster.problem(404, "unknown", "there is no host 'hst-1'", "did you mean host-1?", ""));

        assertThat(run("attach", "web-1", "hst-1")).isEqualTo(ExitCode.FAILED);

        assertThat(err.toString()).isEqualTo("error: there is no host 'hst-1'\n  hint: did you mean host-1?\n");
    }

    @Test
    void shouldAddAndRemoveTagsInOneRequest() {
        cluster.on(
                "POST /v1/tenants/acme/vms/web-1/tags",
                200,
                "{\"tenant\": \"acme\", \"revision\": 8, \"changed\": [\"Vm/web-1\"]}");

        assertThat(run("tag", "web-1", "stage:prod", "stage:test-")).isEqualTo(ExitCode.OK);

        assertThat(cluster.requests.getLast().body())
                .contains("\"add\" : [ \"stage:prod\" ]")
                .contains("\"remove\" : [ \"stage:test\" ]");
    }

    @Test
    void shouldSayWhichAddressDoesNotAnswer() throws Exception {
        int free;
        try (ServerSocket socket = new ServerSocket(0)) {
            free = socket.getLocalPort();
        }

        assertThat(run("get", "hosts", "--url", "http://127.0.0.1:" + free)).isEqualTo(ExitCode.NOT_REACHABLE);

        assertThat(err.toString()).contains("127.0.0.1:" + free).contains("PORTCULLIS_URL");
    }

    @Test
    void shouldSayWhereTheTokenBelongs() {
        assertThat(run("get", "hosts", "--token-file", folder.resolve("none").toString()))
                .isEqualTo(ExitCode.USAGE);
        assertThat(err.toString()).contains("PORTCULLIS_TOKEN_FILE");
        cluster.on(
                "GET /v1/hosts", 401, StubCluster.problem(401, "unauthorized", "the token is not valid here", "", ""));

        assertThat(run("get", "hosts")).isEqualTo(ExitCode.FAILED);
        assertThat(err.toString()).contains("the token is not valid here").contains("--token-file");
    }

    @Test
    void shouldAnswerWrongUsageWithStatusTwo() {
        assertThat(run("get", "vmz")).isEqualTo(ExitCode.USAGE);
        assertThat(err.toString()).contains("did you mean vms?");
        assertThat(run("frobnicate")).isEqualTo(ExitCode.USAGE);
        assertThat(run("migrate", "web-1")).isEqualTo(ExitCode.USAGE);
        assertThat(run("get", "rules")).isEqualTo(ExitCode.USAGE);
        assertThat(run("get", "hosts", "--url", "::")).isEqualTo(ExitCode.USAGE);
        assertThat(run("describe", "vm")).isEqualTo(ExitCode.USAGE);
        assertThat(run("delete", "host", "host-1")).isEqualTo(ExitCode.USAGE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "get",
                "describe",
                "apply",
                "diff",
                "export",
                "history",
                "rollback",
                "analyze",
                "delete",
                "attach",
                "detach",
                "tag",
                "finding",
                "migrate",
                "migrations",
                "cancel",
                "drain",
                "evacuate",
                "leave",
                "rebalance",
                "pause",
                "resume"
            })
    void shouldTeachEveryCommandByExample(String command) {
        assertThat(run(command, "--help")).isEqualTo(ExitCode.OK);
        assertThat(out.toString()).contains("Example").contains("portcullis " + command);
    }

    @Test
    void shouldShowHelpWithoutACommand() {
        assertThat(run()).isEqualTo(ExitCode.OK);
        assertThat(out.toString()).contains("PORTCULLIS_URL").contains("migrate");
    }

    @Test
    void shouldFollowADrain() {
        String view = """
            {"host": "host-1", "state": "%s", "by": "operator", "leave": false, "total": 2, "moved": %d, "moving": [],
             "waiting": 0, "failed": {}}
            """;
        cluster.on("POST /v1/hosts/host-1/drain", 202, view.formatted("DRAINING", 0))
                .on("GET /v1/hosts/host-1/drain", 200, view.formatted("DRAINING", 1))
                .on("GET /v1/hosts/host-1/drain", 200, view.formatted("DRAINED", 2));

        assertThat(run("drain", "host-1", "--wait")).isEqualTo(ExitCode.OK);

        assertThat(out.toString()).isEqualTo("host host-1 is empty: 2 of 2 VMs moved\n");
        assertThat(err.toString()).contains("1 of 2 VMs moved");
    }

    @Test
    void shouldDescribeAsYaml() {
        cluster.on("GET /v1/migrations/m-1", 200, ENDED.formatted("COMMITTED", "COMMITTED"));

        assertThat(run("describe", "migration", "m-1")).isEqualTo(ExitCode.OK);

        assertThat(out.toString()).contains("pauseNanos: 1250000");
    }

    @Test
    void shouldPrintANewTokenAloneSoThatItCanGoToAFile() {
        cluster.on("POST /v1/tokens", 201, """
            {"name": "ci", "role": "editor", "tenant": "acme", "created": "2026-01-01T00:00:00Z", "createdBy": "operator",
             "expires": "2999-01-01T00:00:00Z", "secret": "pct_abc"}
            """);

        int code = run("token", "create", "ci", "--role", "editor", "--tenant", "acme", "--expires", "90d");

        assertThat(code).isZero();
        assertThat(out.toString()).isEqualToIgnoringNewLines("pct_abc");
        assertThat(err.toString()).contains("tenant acme").contains("not shown again");
        assertThat(cluster.requests.getLast().body()).containsPattern("\"expires\" : \"20\\d\\d-.*Z\"");
    }
}
