package io.portcullis.cluster.multinode;

import io.portcullis.api.PortcullisClient;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A node as an operator runs it: {@code portcullis node} in a JVM of its own, on the memory backend, alone in its cluster. */
final class HostProcess implements AutoCloseable {
    static final String HOST = "host-1";

    /** A bound for a machine that is very busy. */
    static final Duration LIMIT = Duration.ofSeconds(60);

    private final List<String> command;
    private final URI admin;
    private final Path dataDirectory;
    private Process process;

    private HostProcess(List<String> command, URI admin, Path dataDirectory) throws IOException {
        this.command = command;
        this.admin = admin;
        this.dataDirectory = dataDirectory;
        this.process = start();
    }

    static HostProcess start(String uplink, Path dataDirectory, String... settings) throws IOException {
        int adminPort = MultiNodeRunner.freePort();
        List<String> command = MultiNodeRunner.java();
        command.add(io.portcullis.cluster.Main.class.getName());
        command.addAll(List.of("--host", HOST, "--backend", "memory", "--uplink", uplink));
        command.addAll(List.of("--data-dir", dataDirectory.toString()));
        command.addAll(List.of("--cluster-port", String.valueOf(MultiNodeRunner.freePort())));
        command.addAll(List.of("--tunnel-port", String.valueOf(MultiNodeRunner.freePort())));
        command.addAll(List.of("--admin-port", String.valueOf(adminPort)));
        for (String setting : settings) {
            command.addAll(List.of("-D", setting));
        }
        return new HostProcess(command, URI.create("http://127.0.0.1:" + adminPort), dataDirectory);
    }

    private Process start() throws IOException {
        Process started = new ProcessBuilder(command).redirectErrorStream(true).start();
        MultiNodeRunner.echo(started, 1);
        return started;
    }

    /** SIGKILL, and the same command again. */
    void killAndStart() throws IOException, InterruptedException {
        process.destroyForcibly().waitFor();
        process = start();
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
        return dataDirectory.resolve("hosts").resolve(HOST).resolve("checkpoints");
    }

    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }
}
