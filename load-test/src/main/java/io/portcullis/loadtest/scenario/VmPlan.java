package io.portcullis.loadtest.scenario;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * VMs of one kind, each with one vNIC.
 *
 * @param name of the only one; of several it is followed by {@code -1}, {@code -2} and so on
 * @param host on which they begin
 * @param twinHost where each has a twin that gets the same traffic under the same policy and never moves; null for none
 * @param tags {@code scope:value}
 */
public record VmPlan(
        String name, int count, String host, @Nullable String twinHost, List<String> tags) {
    public VmPlan {
        tags = List.copyOf(tags);
    }

    /** Names of the VMs. */
    public List<String> instances() {
        return count == 1
                ? List.of(name)
                : java.util.stream.IntStream.rangeClosed(1, count)
                        .mapToObj(number -> name + "-" + number)
                        .toList();
    }

    /** Name of the twin of a VM. */
    public static String twinOf(String instance) {
        return instance + "-twin";
    }
}
