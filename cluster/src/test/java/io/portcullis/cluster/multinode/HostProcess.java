package io.portcullis.cluster.multinode;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.api.PortcullisClient;
import io.portcullis.persistence.testkit.FreePorts;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A node as an operator runs it: {@code portcullis node} in a JVM of its own, on the memory backend. */
final class HostProcess implements AutoCloseable {
    static final String HOST = "host-1";

    /** A bound for a machine that is very busy. */
    static final Duration LIMIT = Duration.ofSeconds(60);

    private final String host;
    private final List<String> command;
    private final URI admin;
    private final Path dataDirectory;
    private Process process;

    private HostProcess(String host, List<String> command, URI admin, Path dataDirectory) throws IOException {
        this.host = host;
        this.command = command;
        this.admin = admin;
        this.dataDirectory = dataDirectory;
        this.process = start();
    }

    /** Alone in its cluster. */
    static HostProcess start(String uplink, Path dataDirectory, String... settings) throws IOException {
        return start(HOST, FreePorts.next(), uplink, dataDirectory, settings);
    }

    static HostProcess start(String host, int clusterPort, String uplink, Path dataDirectory, String... settings)
            throws IOException {
        int adminPort = FreePorts.next();
        List<String> command = MultiNodeRunner.java();
        command.add(io.portcullis.cluster.Main.class.getName());
        command.addAll(List.of("--host", host, "--backend", "memory", "--uplink", uplink));
        command.addAll(List.of("--data-dir", dataDirectory.toString()));
        command.addAll(List.of("--cluster-port", String.valueOf(clusterPort)));
        command.addAll(List.of("--tunnel-port", String.valueOf(FreePorts.next())));
        command.addAll(List.of("--admin-port", String.valueOf(adminPort)));
        addSettings(command, Pace.settings());
        addSettings(command, settings);
        return new HostProcess(host, command, URI.create("http://127.0.0.1:" + adminPort), dataDirectory);
    }

    private Process start() throws IOException {
        Process started = new ProcessBuilder(command).redirectErrorStream(true).start();
        MultiNodeRunner.echo(started, 1);
        return started;
    }

    /** SIGKILL, and the same command again. */
    void killAndStart() throws IOException, InterruptedException {
        kill();
        startAgain();
    }

    /** SIGKILL. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** SIGTERM. */
    void terminate() {
        process.destroy();
    }

    /** Returns the exit status when the process has ended. */
    int awaitEnd() throws InterruptedException {
        assertThat(process.waitFor(LIMIT.toMillis(), TimeUnit.MILLISECONDS))
                .as("%s ends", host)
                .isTrue();
        return process.exitValue();
    }

    /** The same command again, with more settings. */
    void startAgain(String... settings) throws IOException {
        addSettings(command, settings);
        process = start();
    }

    /** Each a setting, or an option of the command with its value. */
    private static void addSettings(List<String> command, String... settings) {
        for (String setting : settings) {
            command.addAll(setting.startsWith("--") ? List.of(setting) : List.of("-D", setting));
        }
    }

    /** Returns when the node says that it is ready. */
    PortcullisClient awaitReady() throws Exception {
        Path token = dataDirectory.resolve("admin.token");
        MultiNodeScenario.until("the token", LIMIT, () -> Files.exists(token));
        PortcullisClient client = PortcullisClient.withTokenFile(admin, token);
        MultiNodeScenario.until("the node is ready", LIMIT, client::isReady);
        return client;
    }

    Path checkpoints() {
        return dataDirectory.resolve("hosts").resolve(host).resolve("checkpoints");
    }

    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }
}
