package io.portcullis.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.cli.mover.FakeQemu;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A VM of QEMU is moved with its firewalls: what the cluster hears, and when the VM goes on. */
class QemuCommandTest extends CliTestCase {
    private static final String ANSWER = "{\"vm\": \"acme/web-1\", \"status\": \"%s\", \"host\": \"%s\"}";

    private FakeQemu qemu;

    @BeforeEach
    void startQemu() throws Exception {
        qemu = new FakeQemu(folder.resolve("qmp"));
        qemu.on("migrate", FakeQemu.returns("{}"), FakeQemu.status("pre-switchover"))
                .on("migrate-continue", FakeQemu.returns("{}"), FakeQemu.status("completed"))
                .on("migrate_cancel", FakeQemu.returns("{}"), FakeQemu.status("cancelled"))
                .on("query-migrate", FakeQemu.returns("{\"status\": \"pre-switchover\"}"))
                .on("query-status", FakeQemu.returns("{\"running\": false}"));
        cluster.on(move("prepare"), 200, ANSWER.formatted("READY", "host-1"))
                .on(move("stopped"), 200, ANSWER.formatted("HANDED_OVER", "host-2"))
                .on(move("resumed"), 200, ANSWER.formatted("SETTLED", "host-2"))
                .on(move("aborted"), 200, ANSWER.formatted("SETTLED", "host-1"));
    }

    @AfterEach
    void stopQemu() throws Exception {
        qemu.close();
    }

    private static String move(String word) {
        return "POST /v1/tenants/acme/vms/web-1/move/" + word;
    }

    private int runMove(String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "migrations",
                "qemu",
                "web-1",
                "--to",
                "host-2",
                "--uri",
                "tcp:h:1",
                "--qmp",
                folder.resolve("qmp").toString()));
        arguments.addAll(List.of(more));
        return run(arguments.toArray(String[]::new));
    }

    private List<String> said() {
        return cluster.requests.stream()
                .map(StubCluster.Request::line)
                .filter(line -> line.startsWith("POST"))
                .toList();
    }

    @Test
    void shouldHandOverWhileTheVmStandsStill() {
        assertThat(runMove()).isEqualTo(ExitCode.OK);

        assertThat(said()).containsExactly(move("prepare"), move("stopped"), move("resumed"));
        assertThat(qemu.commands).containsSubsequence("migrate", "migrate-continue");
        assertThat(out.toString()).isEqualTo("acme/web-1: host-2 enforces\n");
        assertThat(err.toString())
                .containsSubsequence("prepare: READY", "stands still", "stopped: HANDED_OVER", "goes on");
    }

    @Test
    void shouldNotBeginWhatTheClusterRefuses() {
        cluster.close();
        assertThat(runMove("--prepare", "0")).isNotEqualTo(ExitCode.OK);
        assertThat(qemu.commands).doesNotContain("migrate");
    }

    @Test
    void shouldLetTheVmGoOnWhateverBecomesOfTheHandOver() throws Exception {
        cluster.close();
        cluster = new StubCluster()
                .on("GET /v1/tenants", 200, TENANTS)
                .on(move("prepare"), 200, ANSWER.formatted("READY", "host-1"))
                .on(move("stopped"), 409, StubCluster.problem(409, "wrong-state", "m-1 was given up", "", ""))
                .on(move("resumed"), 200, ANSWER.formatted("SETTLED", "host-2"));
        environment.put("PORTCULLIS_URL", cluster.url());

        assertThat(runMove()).isEqualTo(ExitCode.OK);

        assertThat(err.toString()).contains("warning: ", "m-1 was given up");
        assertThat(qemu.commands).contains("migrate-continue");
    }

    @Test
    void shouldBringTheVmAndItsFirewallsBackWhenQemuGivesUp() {
        qemu.on("migrate-continue", FakeQemu.error("Migration not in expected state"));

        assertThat(runMove()).isEqualTo(ExitCode.FAILED);

        assertThat(said()).containsExactly(move("prepare"), move("stopped"), move("aborted"));
        assertThat(qemu.commands).containsSubsequence("migrate-continue", "migrate_cancel", "cont");
        assertThat(err.toString()).contains("goes on where it was", "error: migrate-continue is refused");
    }
}
