package io.portcullis.loadtest.scenario;

import java.util.List;

/**
 * The hosts of a scenario.
 *
 * @param names each a process of its own
 * @param settings of each host beyond the defaults, {@code path=value}
 */
public record HostsPlan(List<String> names, int heapMebibytes, boolean speaksTls, List<String> settings) {
    public HostsPlan {
        names = List.copyOf(names);
        settings = List.copyOf(settings);
    }
}
