package io.portcullis.api;

import java.util.List;

/**
 * Progress of a host's drain.
 *
 * @param state {@code NONE}, {@code RUNNING}, {@code DONE} or {@code FAILED}
 * @param draining whether the host takes no VM
 * @param leaving whether its node leaves the cluster at the end
 */
public record EvacuationView(
        String host,
        String state,
        boolean draining,
        boolean leaving,
        int total,
        int moved,
        int failed,
        List<String> remaining,
        List<String> problems) {}
