package io.portcullis.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PreviewCommandTest extends CliTestCase {
    private static final String NONE = "{\"count\": 0, \"names\": []}";
    private static final String PREVIEW = """
        {"tenant": "acme", "revision": 7, "changed": ["Policy/shop"], "vnics": 3, "attached": 2, "unanswered": 1,
         "connections": 9, "cut": 2, "reset": 1, "kept": 0, "byOtherRule": 4, "tablesTruncated": false, "truncated": false,
         "tables": [{"vnics": ["acme/web-1/eth0"], "vnicCount": 3, "rulesBefore": 4, "rulesAfter": 3,
           "added": {"count": 3, "names": ["shop/new (ALLOW)", "shop/no (DROP)"]}, "removed": {"count": 1, "names": ["shop/old (ALLOW)"]},
           "changed": %s, "reordered": true, "settings": false}],
         "items": [
          {"vnic": "acme/web-1/eth0", "host": "host-1", "connections": 9, "cut": 2, "reset": 1, "kept": 0, "byOtherRule": 4, "examples": [
            {"outcome": "CUT", "action": "DROP", "rule": "default", "liveFlows": "RECHECK", "connection":
              {"protocol": "tcp", "originator": "10.0.0.1:40112", "responder": "10.0.0.2:22", "state": "ESTABLISHED", "direction": "OUT",
               "rule": "shop/old", "ruleId": 5, "revision": 4, "ageMillis": 75000, "idleMillis": 2000, "packets": 30, "bytes": 4096}}]},
          {"vnic": "acme/web-2/eth0", "host": "host-2", "connections": 0, "cut": 0, "reset": 0, "kept": 0, "byOtherRule": 0,
           "examples": [], "problem": "host host-2 is not up"}]}
        """.formatted(NONE);

    @TempDir
    private Path folder;

    private String file;

    @BeforeEach
    void write() throws Exception {
        file = Files.writeString(folder.resolve("shop.yaml"), "kind: Policy\n").toString();
    }

    @Test
    void shouldSayWhatDocumentsWouldDo() {
        cluster.on("POST /v1/tenants/acme/preview", 200, PREVIEW);

        assertThat(run("preview", "-f", file)).isEqualTo(ExitCode.OK);

        assertThat(cluster.requests.getLast().body()).isEqualTo("kind: Policy\n");
        assertThat(out.toString()).isEqualToNormalizingNewlines("""
            Policy/shop would change; 3 vNICs would get other rules, 2 attached (revision 7 of acme)
            9 live connections would be judged again: 2 cut, 1 reset, 0 kept though not allowed any more, 4 allowed by another rule
            ! 1 vNIC did not answer; their connections are not counted
            rules of acme/web-1/eth0, … (4 → 3):
              + shop/new (ALLOW)
              + shop/no (DROP)
              + and 1 more
              - shop/old (ALLOW)
              in another order
            acme/web-1/eth0 on host-1: of 9 connections 2 cut, 1 reset, 0 kept
              CUT tcp 10.0.0.1:40112 → 10.0.0.2:22 ESTABLISHED, allowed by shop/old, then DROP by default
              and 2 more
            acme/web-2/eth0 on host-2: no answer: host host-2 is not up
            """);
    }

    @Test
    void shouldSayWhichConnectionsStatelessRulesWouldTakeOver() {
        cluster.on(
                "POST /v1/tenants/acme/preview",
                200,
                PREVIEW.replaceFirst("\"byOtherRule\": 4", "\"released\": 3, \"oneWay\": 1, \"byOtherRule\": 4")
                        .replace(
                                "\"kept\": 0, \"byOtherRule\": 4, \"examples\"",
                                "\"kept\": 0, \"oneWay\": 1, \"examples\""));

        assertThat(run("preview", "-f", file, "--fail-if-cut")).isEqualTo(ExitCode.FAILED);

        assertThat(out.toString())
                .contains("3 would go on packet by packet under stateless rules, 1 in one direction only, as no rule"
                        + " allows the answers")
                .contains("of 9 connections 2 cut, 1 reset, 0 kept, 1 in one direction only")
                .contains("and 3 more");
    }

    @Test
    void shouldFailOnDemandIfConnectionsWouldEnd() {
        cluster.on("POST /v1/tenants/acme/preview", 200, PREVIEW);
        assertThat(run("preview", "-f", file, "--fail-if-cut")).isEqualTo(ExitCode.FAILED);
    }

    @Test
    void shouldSayThatNothingWouldChange() {
        cluster.on("POST /v1/tenants/acme/preview", 200, """
            {"tenant": "acme", "revision": 7, "changed": [], "vnics": 0, "attached": 0, "unanswered": 0, "connections": 0, "cut": 0,
             "reset": 0, "kept": 0, "byOtherRule": 0, "tables": [], "tablesTruncated": false, "items": [], "truncated": false}
            """);

        assertThat(run("preview", "-f", file, "--fail-if-cut")).isEqualTo(ExitCode.OK);
        assertThat(out.toString().strip()).isEqualTo("nothing would change (revision 7 of acme)");
    }
}
