package io.portcullis.cluster.multinode;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.Address;
import org.apache.pekko.remote.testconductor.RoleName;

/** The process of a role, as the first role sees it: started, told by its standard input what to do, killed, started again. One thread. */
final class HostJvm {
    private static final Duration LIMIT = Duration.ofSeconds(90);

    /** Begins a line of the process that is meant for the conductor. */
    static final String ANSWER = "@answer ";
    /** Begins a line that says which gate was reached, and of which VM. */
    static final String REACHED = "@reached ";

    private final RoleName role;
    private final int index;
    private final int port;
    private final Set<String> reached = ConcurrentHashMap.newKeySet();
    private Process process;
    private BlockingQueue<String> answers;

    private HostJvm(RoleName role, int index, int port, Process process) {
        this.role = role;
        this.index = index;
        this.port = port;
        take(process);
    }

    /**
     * Starts role number {@code index} of the scenario, and returns at once.
     *
     * @param seed member of the cluster that it joins; itself to start the cluster
     */
    static HostJvm start(RoleName role, int index, int port, Address seed) throws IOException {
        return new HostJvm(role, index, port, process(index, port, seed));
    }

    private static Process process(int index, int port, Address seed) throws IOException {
        List<String> flags = new ArrayList<>(FaultMatrixScenario.hostFlags(seed));
        flags.add("-Dportcullis.cluster.port=" + port);
        flags.add("-D" + MultiNodeScenario.PARTICIPANTS_KEY + "=1");
        return MultiNodeRunner.start(
                FaultMatrixScenario.class,
                Integer.getInteger("multinode.max-nodes"),
                index,
                Integer.getInteger("multinode.server-port"),
                MultiNodeScenario.directory(),
                flags);
    }

    private void take(Process started) {
        process = started;
        answers = new LinkedBlockingQueue<>();
        BlockingQueue<String> queue = answers;
        Thread.ofPlatform().daemon().start(() -> read(started, queue));
    }

    private void read(Process started, BlockingQueue<String> queue) {
        try (BufferedReader reader = started.inputReader()) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                if (line.startsWith(ANSWER)) {
                    queue.add(line.substring(ANSWER.length()));
                } else if (line.startsWith(REACHED)) {
                    reached.add(line.substring(REACHED.length()));
                } else {
                    System.out.println("[" + role.name() + "] " + line);
                }
            }
        } catch (IOException closed) {
            // It was killed, which closes its output under the reader. An exception here would fail the wait for what
            // comes of that.
        }
    }

    RoleName role() {
        return role;
    }

    Address address() {
        return address(port);
    }

    static Address address(int port) {
        return new Address("pekko", MultiNodeScenario.SYSTEM_NAME, "127.0.0.1", port);
    }

    /** Returns when the host serves; to be called once after each start. */
    void awaitStarted() throws InterruptedException {
        assertThat(answer()).as("the first words of %s", role.name()).isEqualTo("started");
    }

    /** Has the process do something and returns its answer. */
    String ask(String command) throws IOException, InterruptedException {
        BufferedWriter writer = process.outputWriter();
        writer.write(command);
        writer.newLine();
        writer.flush();
        return answer();
    }

    private String answer() throws InterruptedException {
        String answer = answers.poll(LIMIT.toNanos(), TimeUnit.NANOSECONDS);
        assertThat(answer)
                .as("an answer of %s (alive: %s)", role.name(), process.isAlive())
                .isNotNull();
        return String.valueOf(answer);
    }

    boolean hasReached(HoldPoint point, String vm) {
        return reached.contains(point + " " + vm);
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** SIGKILL; returns when it is gone. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    void awaitEnd() throws InterruptedException {
        assertThat(process.waitFor(LIMIT.toNanos(), TimeUnit.NANOSECONDS))
                .as("%s ended", role.name())
                .isTrue();
    }

    /** Again, at the same address, after it ended. */
    void startAgain(Address seed) throws IOException {
        take(process(index, port, seed));
    }
}
