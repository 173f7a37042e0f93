package io.portcullis.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class EvaluateCommandTest extends CliTestCase {
    private static final String EVALUATION = """
        {"tenant": "acme", "revision": 7, "service": "tcp/22", "verdict": "DROP", "paths": [
          {"from": {"vnic": "acme/web-1/eth0", "address": "10.0.0.1", "segment": "front"}, "to": {"address": "192.0.2.9"},
           "withinSegment": false, "verdict": "DROP",
           "source": {"vnic": "acme/web-1/eth0", "direction": "OUT", "verdict": "DROP", "cause": "DEFAULT",
             "passes": [{"category": "ENVIRONMENT", "policy": "zones", "rule": "web", "action": "PASS"}], "reasons": [],
             "nearMisses": [{"rule": {"category": "APPLICATION", "policy": "shop", "rule": "ssh", "action": "ALLOW"},
               "failed": [{"condition": "SOURCES", "text": "10.0.0.1 (web-1/eth0) is not among ops", "because": ["tag a:b: no"]}]}]}},
          {"from": {"vnic": "acme/web-1/eth0", "address": "fd00::1", "segment": "front"},
           "to": {"vnic": "acme/db-1/eth0", "address": "fd00::2", "segment": "front"},
           "withinSegment": true, "verdict": "DROP",
           "destination": {"vnic": "acme/db-1/eth0", "direction": "IN", "verdict": "DROP", "cause": "RULE",
             "rule": {"category": "EMERGENCY", "policy": "quarantine", "rule": "from", "action": "DROP"}, "passes": [],
             "reasons": [{"condition": "SOURCES", "text": "fd00::1 (web-1/eth0) is in group bad", "because": ["tag q:y: yes"]}],
             "nearMisses": []}}]}
        """;

    @Test
    void shouldSayWhatThePolicyThinksOfAConnection() {
        cluster.on("POST /v1/tenants/acme/evaluate", 200, EVALUATION);

        assertThat(run(
                        "evaluate",
                        "--from",
                        "web-1",
                        "--to",
                        "db-1",
                        "--proto",
                        "tcp",
                        "--port",
                        "22",
                        "--flags",
                        "syn,ece"))
                .isEqualTo(ExitCode.OK);

        assertThat(cluster.requests.getLast().body())
                .contains("\"port\" : 22")
                .contains("\"flags\" : [ \"syn\", \"ece\" ]");
        assertThat(out.toString()).isEqualToNormalizingNewlines("""
            tcp/22 from web-1 to db-1: DROP (revision 7 of acme)
            web-1/eth0 10.0.0.1 → 192.0.2.9: DROP (through a router)
              source: DROP by the tenant's default, no rule matched, after PASS by ENVIRONMENT zones/web
                not APPLICATION shop/ssh (ALLOW):
                  10.0.0.1 (web-1/eth0) is not among ops
              destination: no firewall of the tenant
            web-1/eth0 fd00::1 → db-1/eth0 fd00::2: DROP
              source: no firewall of the tenant
              destination: DROP by EMERGENCY quarantine/from
                fd00::1 (web-1/eth0) is in group bad
                  tag q:y: yes
            """);
        out.getBuffer().setLength(0);
        run("evaluate", "--from", "web-1", "--to", "db-1", "--proto", "tcp", "--port", "22", "-o", "wide");
        assertThat(out.toString()).contains("        tag a:b: no");
    }

    @Test
    void shouldSayWhatBecomesOfAnAnswerThatNobodyExpects() {
        cluster.on("POST /v1/tenants/acme/evaluate", 200, """
            {"tenant": "acme", "revision": 7, "service": "udp/123", "verdict": "DROP", "paths": [
              {"from": {"vnic": "acme/a/eth0", "address": "10.0.0.1"}, "to": {"vnic": "acme/b/eth0", "address": "10.0.0.2"},
               "withinSegment": true, "verdict": "DROP",
               "source": {"vnic": "acme/a/eth0", "direction": "OUT", "verdict": "ALLOW", "cause": "RULE", "stateless": true,
                 "rule": {"category": "INFRASTRUCTURE", "policy": "raw", "rule": "ntp", "action": "ALLOW"},
                 "answer": {"verdict": "DROP", "cause": "DEFAULT"}, "passes": [], "reasons": [], "nearMisses": []},
               "destination": {"vnic": "acme/b/eth0", "direction": "IN", "verdict": "DROP", "cause": "NO_CONNECTION",
                 "passes": [], "reasons": [], "nearMisses": []}}]}
            """);

        run("evaluate", "--from", "a", "--to", "b", "--proto", "udp", "--port", "123");

        assertThat(out.toString()).isEqualToNormalizingNewlines("""
            udp/123 from a to b: DROP (revision 7 of acme)
            a/eth0 10.0.0.1 → b/eth0 10.0.0.2: DROP
              source: ALLOW by INFRASTRUCTURE raw/ntp (stateless)
                its answer: DROP by the tenant's default, no rule matched
              destination: DROP by tracking: it opens no connection, and no stateless rule matches it
            """);
    }

    @Test
    void shouldFailUnlessTheVerdictIsTheExpectedOne() {
        cluster.on("POST /v1/tenants/acme/evaluate", 200, EVALUATION);

        assertThat(run("evaluate", "--from", "a", "--to", "b", "--proto", "icmp", "--expect", "drop"))
                .isEqualTo(ExitCode.OK);
        assertThat(run("evaluate", "--from", "a", "--to", "b", "--proto", "icmp", "--expect", "allow", "-o", "json"))
                .isEqualTo(ExitCode.FAILED);
        assertThat(err.toString()).contains("the verdict is DROP, expected was allow");
        assertThat(run("evaluate", "--from", "a", "--to", "b")).isEqualTo(ExitCode.USAGE);
    }

    @Test
    void shouldSayOnceWhatBothFirewallsSayAlike() {
        String side = """
            {"vnic": "acme/%s/eth0", "direction": "%s", "verdict": "ALLOW", "cause": "RULE",
             "rule": {"category": "APPLICATION", "policy": "shop", "rule": "db", "action": "ALLOW"}, "passes": [], "reasons": [],
             "nearMisses": [{"rule": {"category": "EMERGENCY", "policy": "q", "rule": "r", "action": "DROP"}, "failed": []}]}
            """;
        cluster.on("POST /v1/tenants/acme/evaluate", 200, """
            {"tenant": "acme", "revision": 7, "service": "tcp/80", "verdict": "ALLOW", "paths": [
              {"from": {"vnic": "acme/a/eth0", "address": "10.0.0.1"}, "to": {"vnic": "acme/b/eth0", "address": "10.0.0.2"},
               "withinSegment": true, "verdict": "ALLOW", "source": %s, "destination": %s}]}
            """.formatted(
                        side.formatted("a", "OUT"), side.formatted("b", "IN")));

        run("evaluate", "--from", "a", "--to", "b", "--proto", "tcp", "--port", "80");

        assertThat(out.toString()).isEqualToNormalizingNewlines("""
            tcp/80 from a to b: ALLOW (revision 7 of acme)
            a/eth0 10.0.0.1 → b/eth0 10.0.0.2: ALLOW
              source: ALLOW by APPLICATION shop/db
              destination: the same
            """);
        run("evaluate", "--from", "a", "--to", "b", "--proto", "tcp", "--port", "80", "-o", "wide");
        assertThat(out.toString()).contains("not EMERGENCY q/r (DROP)");
    }
}
