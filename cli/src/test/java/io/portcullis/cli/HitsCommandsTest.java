package io.portcullis.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Hits of rules, and rules that nobody needs. */
class HitsCommandsTest extends CliTestCase {
    private static final String HITS = """
        {"tenant": "acme", "revision": 8, "countedSince": "2026-01-01T00:00:00Z", "complete": false,
         "silentHosts": ["host-2"], "truncated": false, "rules": [
           {"policy": "web", "rule": "http", "category": "APPLICATION", "action": "ALLOW", "active": true, "hits": 412, "lastHit": "2026-03-01T10:00:00Z"},
           {"policy": "web", "rule": "ssh", "category": "APPLICATION", "action": "DROP", "active": false, "hits": 0},
           {"rule": "default", "action": "DROP", "active": true, "hits": 9, "lastHit": "2026-03-01T11:00:00Z"}]}
        """;

    @Test
    void shouldShowHitsOfRules() {
        cluster.on("GET /v1/tenants/acme/hits?limit=200000", 200, HITS)
                .on("GET /v1/tenants/acme/hits?policy=web&limit=200000", 200, HITS);
        assertThat(run("get", "hits")).isEqualTo(ExitCode.OK);
        assertThat(out.toString()).isEqualTo("""
            acme at revision 8, counted since 2026-01-01T00:00:00Z
            RULE      CATEGORY     ACTION  ACTIVE  HITS  LAST-HIT
            web/http  application  ALLOW   yes     412   2026-03-01T10:00:00Z
            web/ssh   application  DROP    no      0     -
            default   -            DROP    yes     9     2026-03-01T11:00:00Z
            """);
        assertThat(err.toString()).isEqualTo("these hosts do not answer and may have counted more: host-2\n");
        assertThat(run("get", "hits", "web", "-o", "json")).isEqualTo(ExitCode.OK);
        assertThat(cluster.requests.getLast().line()).contains("policy=web");
        assertThat(run("describe", "hits")).isEqualTo(ExitCode.OK);
        assertThat(run("get", "hits", "--revision", "3")).isEqualTo(ExitCode.USAGE);
    }

    @Test
    void shouldAskForRulesWithoutAHit() {
        cluster.on("GET /v1/tenants/acme/analysis?limit=100000&unusedSince=30d", 200, """
            {"tenant": "acme", "revision": 8, "rules": 2, "unfinished": 0, "counts": {"unused": 1}, "truncated": false,
             "usage": {"unusedSince": "2026-02-01T00:00:00Z", "countedSince": "2026-02-10T00:00:00Z", "complete": true, "silentHosts": [], "undecided": 3},
             "findings": [{"kind": "unused", "subject": "Rule/web/ssh", "message": "no hit since 2026-02-01T00:00:00Z", "hint": "delete it", "causes": []}]}
            """);
        assertThat(run("analyze", "--unused-since", "30d", "--fail-on", "unused"))
                .isEqualTo(ExitCode.FAILED);
        assertThat(out.toString())
                .contains("unused: Rule/web/ssh")
                .endsWith("rules without a known hit since 2026-02-01T00:00:00Z that are not listed: 3; everything is"
                        + " counted since 2026-02-10T00:00:00Z only: ask with --unused-since 2026-02-10T00:00:00Z\n");
    }
}
