package io.portcullis.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The quota of a tenant, shown and set. */
class QuotaCommandTest extends CliTestCase {
    private static final String QUOTA = """
        {"tenant": "acme", "revision": 7, "limits": {"vms": 10, "rules": 500},
         "used": {"vms": 2, "vnics": 3, "segments": 1, "groups": 4, "services": 0, "policies": 2, "rules": 501, "members": 12}}
        """;
    private static final String CHANGE = "{\"tenant\": \"acme\", \"revision\": 8, \"changed\": [\"Quota/acme\"]}";

    @Test
    void shouldShowWhatTheTenantHasAndMayHave() {
        cluster.on("GET /v1/tenants/acme/quota", 200, QUOTA);

        assertThat(run("get", "quota")).isEqualTo(ExitCode.OK);

        assertThat(out.toString()).isEqualTo("""
            WHAT      USED  LIMIT
            vms       2     10
            vnics     3     -
            segments  1     -
            groups    4     -
            services  0     -
            policies  2     -
            rules     501   500
            members   12    -
            """);
        out.getBuffer().setLength(0);
        assertThat(run("describe", "quota", "acme")).isEqualTo(ExitCode.OK);
        assertThat(out.toString()).contains("limits:\n  vms: 10\n");
    }

    @Test
    void shouldChangeTheLimitsThatAreNamed() {
        cluster.on("GET /v1/tenants/acme/quota", 200, QUOTA).on("PUT /v1/tenants/acme/quota", 200, CHANGE);

        assertThat(run("quota", "--tenant", "acme", "vnics=20", "rules-")).isEqualTo(ExitCode.OK);

        assertThat(out.toString()).isEqualTo("revision 8 of acme: Quota/acme\n");
        assertThat(cluster.requests.getLast().body().replaceAll("\\s", ""))
                .isEqualTo("{\"limits\":{\"vms\":10,\"vnics\":20}}");
    }

    @Test
    void shouldRefuseWhatIsNoLimit() {
        cluster.on("GET /v1/tenants/acme/quota", 200, QUOTA);

        assertThat(run("quota", "vms=many")).isEqualTo(ExitCode.USAGE);
        assertThat(run("quota", "rule=7")).isEqualTo(ExitCode.USAGE);
        assertThat(run("quota", "vnic-")).isEqualTo(ExitCode.USAGE);
        assertThat(run("quota")).isEqualTo(ExitCode.USAGE);

        assertThat(err.toString())
                .contains("'vms=many' is no limit")
                .contains("did you mean rules?")
                .contains("did you mean vnics?");
        assertThat(cluster.requests).noneMatch(request -> request.line().startsWith("PUT"));
    }

    @Test
    void shouldSayWhoMaySetIt() {
        cluster.on("GET /v1/tenants/acme/quota", 200, QUOTA)
                .on(
                        "PUT /v1/tenants/acme/quota",
                        403,
                        StubCluster.problem(
                                403,
                                "forbidden",
                                "this needs a token for the whole cluster, not for tenant acme",
                                "ask an admin",
                                ""));

        assertThat(run("quota", "vms=1000")).isEqualTo(ExitCode.FAILED);

        assertThat(err.toString()).contains("not for tenant acme").contains("ask an admin");
    }
}
