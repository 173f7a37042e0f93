package io.portcullis.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.junit.jupiter.api.Test;

/** The provider's policies, by the commands that tenants' have. */
class ProviderCommandsTest extends CliTestCase {
    private static final String CHANGED =
            "{\"tenant\": \"provider\", \"revision\": 3, \"changed\": [\"Policy/guard\"]}";
    private static final String PENDING = """
        {"tenant": "provider", "revision": 3, "current": 3, "realized": false, "vnics": [], "tenants":
          {"count": 2, "pending": 1, "items": [
            {"tenant": "globex", "adopted": 2, "revision": 9, "realized": false, "pendingSince": "2026-01-01T00:00:00Z",
             "laggingHosts": ["host-2"], "problem": null},
            {"tenant": "acme", "adopted": 3, "revision": 8, "realized": true, "laggingHosts": []}]}}
        """;

    @Test
    void shouldShowWhichTenantsAreBehind() {
        cluster.on("GET /v1/tenants/provider/realization", 200, PENDING);

        assertThat(run("get", "realization", "--tenant", "provider")).isEqualTo(ExitCode.OK);

        assertThat(out.toString())
                .startsWith("revision 3 of provider: realized by 1 of 2 tenants; pending: globex\n")
                .containsPattern("globex +2 +9 +no +2026-01-01T00:00:00Z +host-2")
                .containsPattern("acme +3 +8 +yes");
    }

    @Test
    void shouldWaitForAllTenantsAndSayWhoIsLate() {
        input = "kind: Policy\n";
        cluster.on("POST /v1/tenants/provider/documents", 200, CHANGED)
                .on("GET /v1/tenants/provider/realization?revision=3", 200, PENDING);

        assertThat(run("apply", "-f", "-", "-t", "provider", "--wait", "--timeout", "100ms"))
                .isEqualTo(ExitCode.FAILED);

        assertThat(err.toString())
                .contains("revision 3 is realized by 1 of 2 tenants; pending: globex")
                .contains("globex has revision 2 of the provider, pending since 2026-01-01T00:00:00Z, lagging host-2");
    }

    @Test
    void shouldNotTakeTheProviderForTheOnlyTenant() {
        String tenants = TENANTS.replace(
                "[", "[" + TENANTS.substring(11, TENANTS.indexOf("]")).replace("acme", "provider") + ", ");
        cluster.close();
        cluster = stub(tenants);
        cluster.on("GET /v1/tenants/acme/segments", 200, "{\"items\": []}");

        assertThat(run("get", "segments")).isEqualTo(ExitCode.OK);
    }

    private StubCluster stub(String tenants) {
        try {
            StubCluster both = new StubCluster().on("GET /v1/tenants", 200, tenants);
            environment.put("PORTCULLIS_URL", both.url());
            return both;
        } catch (IOException unusable) {
            throw new UncheckedIOException(unusable);
        }
    }

    @Test
    void shouldSayThatTheProviderDecided() {
        cluster.on("POST /v1/tenants/acme/evaluate", 200, """
            {"tenant": "acme", "revision": 7, "service": "tcp/80", "verdict": "DROP", "paths": [
              {"from": {"address": "192.0.2.1"}, "to": {"vnic": "acme/web-1/eth0", "address": "10.0.0.1"}, "withinSegment": true,
               "verdict": "DROP", "destination": {"vnic": "acme/web-1/eth0", "direction": "IN", "verdict": "DROP", "cause": "PROVIDER",
               "passes": [], "reasons": [], "nearMisses": []}}]}
            """);

        assertThat(run("evaluate", "--from", "192.0.2.1", "--to", "web-1", "--proto", "tcp", "--port", "80"))
                .isEqualTo(ExitCode.OK);

        assertThat(out.toString()).contains("destination: DROP by the provider's policy");
    }
}
