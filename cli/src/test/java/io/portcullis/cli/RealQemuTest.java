package io.portcullis.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.portcullis.cli.mover.QmpClient;
import io.portcullis.cli.mover.QmpException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A VM moves between two real QEMUs, in software emulation, with nothing in it but its BIOS; the cluster is a stub. */
@Tag("qemu")
class RealQemuTest extends CliTestCase {
    private static final String QEMU = "qemu-system-x86_64";
    private static final Duration PATIENCE = Duration.ofSeconds(120);
    private static final String ANSWER = "{\"vm\": \"acme/web-1\", \"status\": \"%s\", \"host\": \"%s\"}";

    private final List<Process> machines = new ArrayList<>();

    @BeforeEach
    void needQemu() {
        boolean found = Arrays.stream(System.getenv("PATH").split(":", -1))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, QEMU)));
        if (!found) {
            System.out.println("RealQemuTest: skipped, there is no " + QEMU + " (apt-get install qemu-system-x86)");
        }
        assumeTrue(found, () -> "there is no " + QEMU);
        cluster.on(move("prepare"), 200, ANSWER.formatted("READY", "host-1"))
                .on(move("stopped"), 200, ANSWER.formatted("HANDED_OVER", "host-2"))
                .on(move("resumed"), 200, ANSWER.formatted("SETTLED", "host-2"))
                .on(move("aborted"), 200, ANSWER.formatted("SETTLED", "host-1"));
    }

    @AfterEach
    void stopMachines() throws Exception {
        for (Process machine : machines) {
            machine.destroyForcibly();
            machine.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        }
    }

    private static String move(String word) {
        return "POST /v1/tenants/acme/vms/web-1/move/" + word;
    }

    private void startMachine(String name, String... more) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                QEMU,
                "-nodefaults",
                "-no-user-config",
                "-display",
                "none",
                "-machine",
                "q35,accel=tcg",
                "-m",
                "64",
                "-qmp",
                "unix:" + folder.resolve(name) + ",server=on,wait=off"));
        command.addAll(List.of(more));
        machines.add(new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve(name + ".log").toFile())
                .start());
        await(name).atMost(PATIENCE).until(() -> Files.exists(folder.resolve(name)));
    }

    private int runMove(String uri, String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "migrations",
                "qemu",
                "web-1",
                "--to",
                "host-2",
                "--qmp",
                folder.resolve("from").toString(),
                "--uri",
                uri));
        arguments.addAll(List.of(more));
        return run(arguments.toArray(String[]::new));
    }

    private String status(String name) throws QmpException {
        try (QmpClient monitor = QmpClient.connect(folder.resolve(name), PATIENCE)) {
            return monitor.execute("query-status", Map.of(), PATIENCE)
                    .path("status")
                    .asText();
        }
    }

    private List<String> said() {
        return cluster.requests.stream()
                .map(StubCluster.Request::line)
                .filter(line -> line.startsWith("POST"))
                .toList();
    }

    @Test
    void shouldMoveAVmAndHaveItsFirewallsFollow() throws Exception {
        String incoming = "unix:" + folder.resolve("incoming");
        startMachine("from");
        startMachine("to", "-incoming", incoming, "-S");

        assertThat(runMove(incoming, "--destination-qmp", folder.resolve("to").toString()))
                .as(err.toString())
                .isEqualTo(ExitCode.OK);

        assertThat(said()).containsExactly(move("prepare"), move("stopped"), move("resumed"));
        assertThat(status("from")).isEqualTo("postmigrate");
        await("it runs").atMost(PATIENCE).until(() -> status("to").equals("running"));
        assertThat(err.toString()).contains("the VM stands still", "the VM goes on at host-2");
    }

    @Test
    void shouldLeaveTheVmWhereItIsWhenTheDestinationIsNotThere() throws Exception {
        startMachine("from");

        assertThat(runMove("unix:" + folder.resolve("nobody"))).isEqualTo(ExitCode.FAILED);

        assertThat(said()).containsExactly(move("prepare"), move("aborted"));
        assertThat(status("from")).isEqualTo("running");
    }
}
