package io.portcullis.loadtest.lab;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * How the JVMs of hosts run. Priorities of threads count there if they do in this process. The words of {@value #OPTIONS_VARIABLE} of this process's environment come behind all others.
 *
 * @param heapMebibytes of each, at most
 * @param claimed whether it is taken from the machine at the start, as {@code ./portcullis node} does; else as it is needed
 * @param more further options; of two that contradict each other the later holds
 */
public record NodeJvm(int heapMebibytes, boolean claimed, List<String> more) {
    static final String OPTIONS_VARIABLE = "PORTCULLIS_HOST_JAVA_OPTS";

    private static final List<String> PRIORITIES = List.of("-XX:ThreadPriorityPolicy=", "-XX:CompilerThreadPriority=");

    public NodeJvm {
        more = List.copyOf(more);
    }

    /** For trials, which are on small machines, too. */
    public static NodeJvm small(int heapMebibytes) {
        return new NodeJvm(heapMebibytes, false, List.of());
    }

    List<String> options() {
        List<String> options = new ArrayList<>(List.of("-XX:+UseSerialGC", "-Xmx" + heapMebibytes + "m"));
        if (claimed) {
            options.addAll(List.of("-Xms" + heapMebibytes + "m", "-XX:+AlwaysPreTouch"));
        }
        options.addAll(List.of(
                "--sun-misc-unsafe-memory-access=allow",
                "--enable-native-access=ALL-UNNAMED",
                "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED"));
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(option -> PRIORITIES.stream().anyMatch(option::startsWith))
                .forEach(options::add);
        options.addAll(more);
        Arrays.stream(System.getenv().getOrDefault(OPTIONS_VARIABLE, "").split(" "))
                .filter(word -> !word.isBlank())
                .forEach(options::add);
        return options;
    }
}
