package io.portcullis.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What a hypervisor's script says, and is told. */
class HypervisorCommandsTest extends CliTestCase {
    private static final String VIEW =
            "{\"vm\": \"acme/web-1\", \"status\": \"%s\", \"host\": \"%s\", \"warning\": %s}";

    private static String move(String word) {
        return "POST /v1/tenants/acme/vms/web-1/move/" + word;
    }

    @Test
    void shouldAskUntilTheVmMayBeStopped() {
        cluster.on(move("prepare"), 200, VIEW.formatted("PENDING", "host-1", "\"in phase PRECOPYING\""))
                .on(move("prepare"), 200, VIEW.formatted("READY", "host-1", "null"));

        assertThat(run("migrations", "prepare", "web-1", "--to", "host-2")).isEqualTo(ExitCode.OK);

        assertThat(out.toString()).isEqualTo("acme/web-1 may be stopped; host-1 enforces\n");
        assertThat(cluster.requests)
                .anySatisfy(request -> assertThat(request.body()).contains("\"to\" : \"host-2\""));
    }

    @Test
    void shouldFailWithAWarningWhenTheBudgetIsUsedUp() {
        cluster.on(move("stopped"), 200, VIEW.formatted("PENDING", "host-1", "\"nothing passes\""));

        assertThat(run("migrations", "stopped", "web-1", "--budget", "0.1")).isEqualTo(ExitCode.FAILED);

        assertThat(out.toString()).contains("not yet; host-1 enforces").contains("warning: nothing passes");
    }

    @Test
    void shouldSayWhereTheVmRuns() {
        cluster.on(move("resumed"), 200, VIEW.formatted("SETTLED", "host-2", "null"))
                .on(move("aborted"), 409, StubCluster.problem(409, "wrong-state", "none", "prepare first", ""));

        assertThat(run("migration", "resumed", "web-1", "--on", "host-2")).isEqualTo(ExitCode.OK);
        assertThat(run("migration", "aborted", "acme/web-1")).isEqualTo(ExitCode.FAILED);

        assertThat(out.toString()).isEqualTo("acme/web-1: host-2 enforces\n");
        assertThat(err.toString()).contains("prepare first");
        assertThat(cluster.requests)
                .anySatisfy(request -> assertThat(request.body()).contains("\"host\" : \"host-2\""));
    }
}
