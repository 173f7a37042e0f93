package io.portcullis.cluster.multinode;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.persistence.testkit.FreePorts;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Runs a {@link MultiNodeScenario}: one JVM per role, the first of which conducts. What sbt's multi-jvm plug-in does, from
 * JUnit.
 */
final class MultiNodeRunner {
    private static final List<String> JVM_FLAGS = List.of(
            "-Xmx384m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "--sun-misc-unsafe-memory-access=allow",
            "--enable-native-access=ALL-UNNAMED",
            "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED");

    /** A bound for a machine that is very busy; scenarios take a fraction of it. */
    private static final Duration LIMIT = Duration.ofMinutes(4);

    private MultiNodeRunner() {}

    /**
     * Runs the scenario and expects every role to end well, within {@link #LIMIT}. If one fails, the others are killed.
     *
     * @param directory that all roles share
     */
    static void run(Class<? extends MultiNodeScenario> scenario, int roles, Path directory) throws Exception {
        run(scenario, roles, roles, directory, List.of(), LIMIT);
    }

    /**
     * As {@link #run}, but starts only the first ones of the roles.
     *
     * @param flags of the JVMs
     */
    static void run(
            Class<? extends MultiNodeScenario> scenario,
            int roles,
            int started,
            Path directory,
            List<String> flags,
            Duration limit)
            throws Exception {
        int conductorPort = FreePorts.next();
        List<Process> processes = new ArrayList<>();
        List<Thread> readers = new ArrayList<>();
        try {
            for (int index = 0; index < started; index++) {
                Process process = start(scenario, roles, index, conductorPort, directory, flags);
                processes.add(process);
                readers.add(echo(process, index));
            }
            processes.forEach(process -> process.onExit().thenAccept(ended -> {
                if (ended.exitValue() != 0) {
                    // The others would wait for it at a barrier.
                    processes.forEach(Process::destroyForcibly);
                }
            }));
            long deadline = System.nanoTime() + limit.toNanos();
            for (int index = 0; index < started; index++) {
                boolean ended = processes.get(index).waitFor(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
                assertThat(ended).as("JVM %d ended within %s", index, limit).isTrue();
                readers.get(index).join(TimeUnit.SECONDS.toMillis(5));
            }
            List<Integer> actual = processes.stream().map(Process::exitValue).toList();
            assertThat(actual)
                    .as("exit codes of the roles; %s", failures(directory, started))
                    .containsOnly(0);
        } finally {
            // Whoever still wrote would keep the directory from being deleted.
            processes.forEach(process -> process.destroyForcibly().onExit().join());
        }
    }

    /** What the roles say that they failed by; those that were killed for another's failure say nothing. */
    private static String failures(Path directory, int roles) throws IOException {
        StringBuilder failures = new StringBuilder();
        for (int index = 0; index < roles; index++) {
            Path failure = MultiNodeMain.failure(directory, index);
            if (Files.exists(failure)) {
                failures.append("role ").append(index).append(": ").append(Files.readString(failure));
            }
        }
        return failures.toString();
    }

    /**
     * Starts one role.
     *
     * @param conductorPort where the first role listens
     * @param flags of its JVM
     */
    static Process start(
            Class<? extends MultiNodeScenario> scenario,
            int roles,
            int index,
            int conductorPort,
            Path directory,
            List<String> flags)
            throws IOException {
        List<String> command = java();
        command.add("-Dmultinode.max-nodes=" + roles);
        command.add("-Dmultinode.host=127.0.0.1");
        command.add("-Dmultinode.server-host=127.0.0.1");
        command.add("-Dmultinode.server-port=" + conductorPort);
        command.add("-Dmultinode.index=" + index);
        command.add("-D" + MultiNodeScenario.DIRECTORY_KEY + "=" + directory);
        command.add("-Dmultinode.port=0");
        command.addAll(flags);
        command.add(MultiNodeMain.class.getName());
        command.add(scenario.getName());
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }

    /** The beginning of a command line: a JVM with this one's class path. */
    static List<String> java() {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(JVM_FLAGS);
        command.add("-cp");
        command.add(System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));
        return command;
    }

    /** Prints what the process prints, each line marked with its number. */
    static Thread echo(Process process, int index) {
        return Thread.ofPlatform().daemon().start(() -> {
            try (BufferedReader reader = process.inputReader()) {
                for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                    System.out.println("[node " + index + "] " + line);
                }
            } catch (IOException closed) {
                // It was killed, which closes its output under the reader. An exception here would fail whichever test
                // waits just then.
            }
        });
    }
}
