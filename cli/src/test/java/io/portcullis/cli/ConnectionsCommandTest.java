package io.portcullis.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ConnectionsCommandTest extends CliTestCase {
    private static final String CONNECTION = """
        {"protocol": "tcp", "originator": "10.0.0.1:40112", "responder": "10.0.0.2:22", "state": "ESTABLISHED", "direction": "OUT",
         "rule": "shop/ssh", "ruleId": 5, "revision": 42, "admittedBy": "shop/old", "admittedRevision": 40, "ageMillis": 75000,
         "idleMillis": 2000, "packets": 30, "bytes": 4096%s}
        """;
    private static final String PROVENANCE = """
        , "provenance": [
          {"when": "ADMITTED", "revision": 40, "rule": {"category": "APPLICATION", "policy": "shop", "rule": "old", "action": "ALLOW"},
           "passes": [{"category": "ENVIRONMENT", "policy": "zones", "rule": "web", "action": "PASS"}],
           "reasons": [{"condition": "SOURCES", "text": "10.0.0.1 (web-1/eth0) is in group ops", "because": ["tag a:b: yes"]}]},
          {"when": "JUDGED_AGAIN", "revision": 42, "passes": [], "reasons": [], "note": "no rule matched: the tenant's default"}]
        """;
    private static final String URL = "GET /v1/tenants/acme/vms/web-1/vnics/eth0/connections?limit=50";

    private static String connections(String provenance) {
        return """
            {"vnic": "acme/web-1/eth0", "host": "host-1", "truncated": false, "connections": [%s]}
            """.formatted(CONNECTION.formatted(provenance));
    }

    @BeforeEach
    void answer() {
        cluster.on("GET /v1/tenants/acme/vms/web-1/vnics/eth0", 200, """
            {"id": "acme/web-1/eth0", "name": "eth0", "mac": "02:00:00:00:00:01", "addresses": ["10.0.0.1"], "segment": "front",
             "port": "memory:web-1"}
            """);
        cluster.on(URL, 200, connections(""));
        cluster.on(URL + "&why=true", 200, connections(PROVENANCE));
    }

    @Test
    void shouldShowWhichRuleOfWhichRevisionAllowsAConnection() {
        assertThat(run("get", "connections", "acme/web-1/eth0")).isEqualTo(ExitCode.OK);

        assertThat(out.toString())
                .contains("RULE", "REVISION", "shop/ssh", "42")
                .doesNotContain("shop/old");
        out.getBuffer().setLength(0);
        run("get", "connections", "acme/web-1/eth0", "-o", "wide");
        assertThat(out.toString()).contains("ADMITTED-BY", "shop/old", "40");
    }

    @Test
    void shouldSayWhyOnDemand() {
        assertThat(run("get", "connections", "acme/web-1/eth0", "--why")).isEqualTo(ExitCode.OK);

        assertThat(out.toString().replace(System.lineSeparator(), "\n")).endsWith("""
            tcp 10.0.0.1:40112 → 10.0.0.2:22
              admitted at revision 40 by APPLICATION shop/old
                after PASS by zones/web
                10.0.0.1 (web-1/eth0) is in group ops
                  tag a:b: yes
              judged again at revision 42: no rule matched: the tenant's default
            """);
    }
}
