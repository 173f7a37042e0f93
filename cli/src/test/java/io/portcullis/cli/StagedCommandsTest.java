package io.portcullis.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Commands that stage changes of policies, and publish or drop them. */
class StagedCommandsTest extends CliTestCase {
    private static final String CHANGE = "{\"tenant\": \"acme\", \"revision\": 8, \"changed\": [\"StagedPolicy/web\"]}";
    private static final String DRY_RUN = "{\"tenant\": \"acme\", \"revision\": 7, \"changed\": [\"Policy/web\"],"
            + " \"diff\": \"--- Policy/web\\n+++ /dev/null\\n\"}";

    @Test
    void shouldStageFilesAndRemovals() {
        input = "kind: Policy\n";
        cluster.on("POST /v1/tenants/acme/staged", 200, CHANGE)
                .on("POST /v1/tenants/acme/staged/dry-run", 200, DRY_RUN);

        assertThat(run("stage", "-f", "-")).isEqualTo(ExitCode.OK);
        assertThat(cluster.requests.getLast().body()).isEqualTo("kind: Policy\n");
        assertThat(out.toString()).isEqualTo("revision 8 of acme: StagedPolicy/web\n");
        assertThat(run("stage", "--remove", "web")).isEqualTo(ExitCode.OK);
        assertThat(cluster.requests.getLast().body())
                .contains("\"kind\" : \"StagedPolicy\"", "\"name\" : \"web\"", "\"removal\" : true");
        out.getBuffer().setLength(0);
        assertThat(run("stage", "--remove", "web", "--dry-run")).isEqualTo(ExitCode.OK);
        assertThat(out.toString()).startsWith("--- Policy/web").contains("nothing was changed");
        assertThat(run("stage")).isEqualTo(ExitCode.USAGE);
        assertThat(run("stage", "-f", "-", "--remove", "web")).isEqualTo(ExitCode.USAGE);
    }

    @Test
    void shouldPublishByNameOrEverything() {
        cluster.on("POST /v1/tenants/acme/staged/publish", 200, CHANGE)
                .on("POST /v1/tenants/acme/staged/publish/dry-run", 200, DRY_RUN);

        assertThat(run("publish")).isEqualTo(ExitCode.OK);
        assertThat(cluster.requests.getLast().body()).doesNotContain("names");
        assertThat(run("publish", "web", "db")).isEqualTo(ExitCode.OK);
        assertThat(cluster.requests.getLast().body()).contains("\"web\", \"db\"");
        assertThat(run("publish", "--dry-run")).isEqualTo(ExitCode.OK);
        assertThat(out.toString()).contains("would change Policy/web");
    }

    @Test
    void shouldDropOnlyWhatIsNamed() {
        cluster.on("POST /v1/tenants/acme/staged/drop", 200, CHANGE);

        assertThat(run("unstage")).isEqualTo(ExitCode.USAGE);
        assertThat(run("unstage", "web", "--all")).isEqualTo(ExitCode.USAGE);
        assertThat(run("unstage", "web")).isEqualTo(ExitCode.OK);
        assertThat(run("unstage", "--all")).isEqualTo(ExitCode.OK);

        assertThat(out.toString()).contains("StagedPolicy/web");
        assertThat(cluster.requests.getLast().body()).doesNotContain("names");
    }

    @Test
    void shouldShowWhatStagedPoliciesWouldHaveDone() {
        cluster.on("GET /v1/tenants/acme/staged", 200, """
            {"tenant": "acme", "revision": 8, "policies": [{"name": "ssh", "change": "ADD"}, {"name": "web", "change": "REMOVE"}],
             "vnics": 2, "judging": 1, "liveJudged": 9, "omittedRules": 0, "silentHosts": ["host-2"],
             "rules": [{"rule": "ssh/admins", "staged": true, "hits": 4, "wouldDeny": 0, "wouldAllow": 3, "wouldCut": 0},
                       {"rule": "default", "staged": false, "hits": 5, "wouldDeny": 2, "wouldAllow": 0, "wouldCut": 1}],
             "examples": [{"vnic": "acme/web-1/eth0", "difference": "WOULD_CUT", "direction": "IN", "protocol": "tcp",
                "source": "192.0.2.9:40000", "destination": "10.0.0.1:80", "ruleNow": "web/http", "ruleThen": "default",
                "ageMillis": 2000, "times": 7}]}
            """);

        assertThat(run("get", "staged")).isEqualTo(ExitCode.OK);

        assertThat(out.toString()).isEqualTo("""
            revision 8 of acme, staged: ssh (new), web (removed); 2 vNICs would enforce other rules, 1 of them still judge their live connections
            RULE        STAGED  HITS  WOULD-DENY  WOULD-ALLOW  WOULD-CUT
            ssh/admins  yes     4     0           3            0
            default     no      5     2           0            1

            VNIC             DIFFERENCE  DIRECTION  PROTOCOL  SOURCE           DESTINATION  NOW       THEN     TIMES
            acme/web-1/eth0  WOULD_CUT   IN         tcp       192.0.2.9:40000  10.0.0.1:80  web/http  default  7
            """);
        assertThat(err.toString()).isEqualTo("without what these hosts counted, which do not answer: host-2\n");
    }

    @Test
    void shouldListWhatIsStaged() {
        cluster.on("GET /v1/tenants/acme/staged-policies", 200, """
            {"items": [
              {"kind": "StagedPolicy", "metadata": {"name": "old"}, "spec": {"removal": true}},
              {"kind": "StagedPolicy", "metadata": {"name": "web"}, "spec": {"policy": {"category": "APPLICATION",
                "sequence": 100, "appliedTo": [], "enabled": true, "rules": []}}}]}
            """);

        assertThat(run("get", "stagedpolicies")).isEqualTo(ExitCode.OK);

        assertThat(out.toString()).isEqualTo("""
            NAME  WHEN-PUBLISHED  CATEGORY     SEQUENCE  ENABLED  APPLIED-TO  RULES
            old   removed         -            -         -        -           -
            web   as staged       APPLICATION  100       yes      all         0
            """);
    }
}
