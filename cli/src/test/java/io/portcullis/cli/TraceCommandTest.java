package io.portcullis.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TraceCommandTest extends CliTestCase {
    private static final String CONNECTION = """
        {"protocol": "tcp", "originator": "10.0.0.1:40112", "responder": "10.0.0.2:22", "state": "ESTABLISHED", "direction": "OUT",
         "rule": "shop/ssh", "ruleId": 5, "revision": 40, "ageMillis": 75000, "idleMillis": 2000, "packets": 30, "bytes": 4096}
        """;
    private static final String TRACE = """
        {"tenant": "acme", "revision": 42, "service": "tcp/22", "verdict": "DROP", "paths": [
          {"from": {"vnic": "acme/web-1/eth0", "address": "10.0.0.1", "segment": "front"},
           "to": {"vnic": "acme/db-1/eth0", "address": "10.0.0.2", "segment": "front"},
           "withinSegment": true, "verdict": "DROP", "stoppedAt": "destination",
           "differences": ["source: realized revision 41, policy says 42"],
           "source": {"vnic": "acme/web-1/eth0", "direction": "OUT", "verdict": "ALLOW",
             "placement": {"host": "host-1", "epoch": 3, "phase": "CUTTING_OVER", "migration": "m-1"},
             "policyVerdict": "ALLOW", "wantedRevision": 42, "firewalls": [
               {"host": "host-1", "phase": "CUTTING_OVER", "epoch": 3, "revision": 41, "rulesHash": "ab", "lagging": true,
                "verdict": "ALLOW", "rule": "shop/ssh", "ruleId": 5, "matching": 4, "connections": [%s]},
               {"host": "host-2", "epoch": 0, "revision": 0, "lagging": false, "matching": 0, "connections": [],
                "problem": "host host-2 did not answer in time"}]},
           "destination": {"vnic": "acme/db-1/eth0", "direction": "IN", "verdict": "DROP", "why": "it has no rules yet and passes nothing",
             "placement": {"host": "host-2", "epoch": 1, "phase": "PLACED"}, "policyVerdict": "DROP", "wantedRevision": 42, "firewalls": [
               {"host": "host-2", "phase": "ENFORCING", "epoch": 1, "revision": 0, "rulesHash": "", "lagging": true,
                "matching": 0, "connections": []}]}},
          {"from": {"address": "192.0.2.1"}, "to": {"vnic": "acme/db-1/eth0", "address": "10.0.0.2", "segment": "front"},
           "withinSegment": false, "verdict": "DROP", "stoppedAt": "destination", "differences": [],
           "destination": {"vnic": "acme/db-1/eth0", "direction": "IN", "verdict": "DROP", "why": "the VM is attached to no host",
             "placement": {"epoch": 0, "phase": "DETACHED"}, "policyVerdict": "DROP", "wantedRevision": 42, "firewalls": []}}]}
        """.formatted(CONNECTION);

    @Test
    void shouldSayWhatTheFirewallsThinkOfAConnectionNow() {
        cluster.on("POST /v1/tenants/acme/trace", 200, TRACE);

        assertThat(run("trace", "--from", "web-1", "--to", "db-1", "--proto", "tcp", "--port", "22"))
                .isEqualTo(ExitCode.OK);

        assertThat(cluster.requests.getLast().body()).contains("\"port\" : 22");
        assertThat(out.toString()).isEqualToNormalizingNewlines("""
            tcp/22 from web-1 to db-1: DROP now (the policy of acme is at revision 42)
            web-1/eth0 10.0.0.1 → db-1/eth0 10.0.0.2: DROP at the destination
              source: CUTTING_OVER on host-1 under epoch 3, revision 41 (not the newest), ALLOW by shop/ssh
                10.0.0.1:40112 → 10.0.0.2:22 ESTABLISHED, 1m old, idle 2s, 30 packets, 4096 bytes, by shop/ssh of revision 40
                and 3 more connections
              source: no answer from host-2: host host-2 did not answer in time
              destination: DROP, it has no rules yet and passes nothing
              destination: ENFORCING on host-2 under epoch 1, no rules yet
                no such connection
              ! source: realized revision 41, policy says 42
            192.0.2.1 → db-1/eth0 10.0.0.2: DROP at the destination (through a router)
              source: no firewall of the tenant
              destination: DROP, the VM is attached to no host
            """);
    }

    @Test
    void shouldNotMissConnectionsWhereNoneAreKept() {
        cluster.on("POST /v1/tenants/acme/trace", 200, """
            {"tenant": "acme", "revision": 42, "service": "udp/123", "verdict": "ALLOW", "paths": [
              {"from": {"vnic": "acme/web-1/eth0", "address": "10.0.0.1"}, "to": {"address": "192.0.2.1"},
               "withinSegment": false, "verdict": "ALLOW", "differences": [],
               "source": {"vnic": "acme/web-1/eth0", "direction": "OUT", "verdict": "ALLOW",
                 "placement": {"host": "host-1", "epoch": 3, "phase": "PLACED"}, "policyVerdict": "ALLOW", "wantedRevision": 42,
                 "firewalls": [{"host": "host-1", "phase": "ENFORCING", "epoch": 3, "revision": 42, "rulesHash": "ab",
                   "lagging": false, "verdict": "ALLOW", "rule": "raw/ntp", "ruleId": 5, "stateless": true, "matching": 0,
                   "connections": []}]}}]}
            """);

        run("trace", "--from", "web-1", "--to", "192.0.2.1", "--proto", "udp", "--port", "123");

        assertThat(out.toString())
                .contains("ALLOW by raw/ntp (stateless)")
                .contains("    no connection, as the rule keeps none");
    }

    @Test
    void shouldFailUnlessTheVerdictIsTheExpectedOne() {
        cluster.on("POST /v1/tenants/acme/trace", 200, TRACE);

        assertThat(run("trace", "--from", "a", "--to", "b", "--proto", "icmp", "--expect", "drop"))
                .isEqualTo(ExitCode.OK);
        assertThat(run("trace", "--from", "a", "--to", "b", "--proto", "icmp", "--expect", "allow", "-o", "json"))
                .isEqualTo(ExitCode.FAILED);
        assertThat(err.toString()).contains("the verdict is DROP, expected was allow");
        assertThat(run("trace", "--from", "a", "--to", "b")).isEqualTo(ExitCode.USAGE);
    }
}
