package io.portcullis.loadtest.lab;

import io.portcullis.api.HostView;
import io.portcullis.api.PortcullisClient;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One host: a JVM of its own with the cluster node in it. One thread starts and stops it; others may look at it meanwhile. */
public final class NodeProcess {
    private static final Duration STOP_LIMIT = Duration.ofSeconds(20);

    private final String host;
    private final List<String> command;
    private final URI admin;
    private final Path tokenFile;
    private final Path log;
    private volatile @Nullable Process process;

    private NodeProcess(String host, List<String> command, URI admin, Path tokenFile, Path log) {
        this.host = host;
        this.command = command;
        this.admin = admin;
        this.tokenFile = tokenFile;
        this.log = log;
    }

    /**
     * Ports of one host: cluster, admin and tunnel lie side by side from {@code firstPort} on.
     *
     * @param settings {@code path=value}, in which <code>{host}</code> stands for the host's name
     */
    static NodeProcess of(
            String host, int firstPort, String seeds, Lab lab, Path folder, NodeJvm jvm, List<String> settings)
            throws IOException {
        List<String> command = new ArrayList<>(lab.launcher(host));
        command.add(System.getenv()
                .getOrDefault(
                        "PORTCULLIS_JAVA",
                        Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        command.addAll(jvm.options());
        settings.forEach(setting -> command.add("-D" + setting.replace("{host}", host)));
        command.addAll(List.of("-cp", classPath(), "io.portcullis.cluster.Main"));
        command.addAll(List.of("--host", host));
        command.addAll(List.of("--data-dir", folder.resolve("data").toString()));
        command.addAll(List.of("--cluster-port", Integer.toString(firstPort)));
        command.addAll(List.of("--admin-port", Integer.toString(firstPort + 1)));
        command.addAll(List.of("--tunnel-port", Integer.toString(firstPort + 2)));
        command.addAll(List.of("--seeds", seeds));
        command.addAll(List.of("--backend", lab.backend()));
        command.addAll(List.of("--uplink", lab.uplink(host)));
        command.addAll(
                List.of("--end-with", Long.toString(ProcessHandle.current().pid())));
        return new NodeProcess(
                host,
                command,
                URI.create("http://127.0.0.1:" + (firstPort + 1)),
                folder.resolve("data").resolve("admin.token"),
                folder.resolve(host + ".log"));
    }

    String host() {
        return host;
    }

    public URI admin() {
        return admin;
    }

    public Path tokenFile() {
        return tokenFile;
    }

    Path log() {
        return log;
    }

    public void start() throws IOException {
        process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
    }

    /** Waits until the node says that it is ready; says what the log said if it ended instead. */
    public void awaitReady(Duration limit) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        while (System.nanoTime() < deadline) {
            if (!isAlive()) {
                throw new IOException(host + " ended at its start:\n" + lastLines());
            }
            if (Files.exists(tokenFile)) {
                try (PortcullisClient client = client()) {
                    if (client.isReady()) {
                        return;
                    }
                }
            }
            TimeUnit.MILLISECONDS.sleep(100);
        }
        throw new IOException(host + " was not ready within " + limit.toSeconds() + " s:\n" + lastLines());
    }

    /** Waits until this node knows that the hosts are up: membership spreads by gossip. */
    void awaitSeesUp(List<String> hosts, Duration limit) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        try (PortcullisClient client = client()) {
            while (!client.hosts().stream()
                    .filter(view -> "UP".equals(view.status()))
                    .map(HostView::name)
                    .toList()
                    .containsAll(hosts)) {
                if (System.nanoTime() > deadline) {
                    throw new IOException(host + " does not see " + hosts + " as up");
                }
                TimeUnit.MILLISECONDS.sleep(100);
            }
        }
    }

    public PortcullisClient client() throws IOException {
        return PortcullisClient.withTokenFile(admin, tokenFile);
    }

    /** CPU time of the process since its start, of all its threads. */
    public long cpuMillis() {
        return process == null
                ? 0
                : process.info().totalCpuDuration().map(Duration::toMillis).orElse(0L);
    }

    /** Of the running process. */
    public long pid() {
        if (process == null) {
            throw new IllegalStateException(host + " was not started");
        }
        return process.pid();
    }

    public boolean isAlive() {
        return process != null && process.isAlive();
    }

    /** SIGKILL. */
    public void kill() throws InterruptedException {
        if (process != null) {
            process.destroyForcibly();
            process.waitFor();
        }
    }

    /** SIGTERM, and waits for the end; kills what does not end. */
    public void stop() throws InterruptedException {
        requestStop();
        if (process != null && !process.waitFor(STOP_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
            kill();
        }
    }

    /** Waits until it has ended by itself; what its threads do is in its log if it does not. */
    public void awaitEnd(Duration limit) throws IOException, InterruptedException {
        if (process != null && !process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
            String last = lastLines();
            new ProcessBuilder("kill", "-QUIT", Long.toString(process.pid()))
                    .start()
                    .waitFor();
            throw new IOException(host + " has not ended within " + limit.toSeconds() + " s:\n" + last);
        }
    }

    /** SIGTERM. */
    void requestStop() {
        if (process != null) {
            process.destroy();
        }
    }

    /** Waits for the end after {@link #requestStop}; kills what does not end. */
    void awaitStop() {
        try {
            stop();
        } catch (InterruptedException e) {
            destroy();
            Thread.currentThread().interrupt();
        }
    }

    private void destroy() {
        if (process != null) {
            process.destroyForcibly();
        }
    }

    private String lastLines() throws IOException {
        List<String> lines = Files.readAllLines(log);
        return String.join("\n", lines.subList(Math.max(0, lines.size() - 15), lines.size()));
    }

    private static String classPath() {
        String lib = System.getenv("PORTCULLIS_LIB");
        return lib == null ? System.getProperty("java.class.path") : lib + "/*";
    }
}
