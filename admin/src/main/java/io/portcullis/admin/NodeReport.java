package io.portcullis.admin;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the metrics of this node are made of.
 *
 * @param host name of the host on this node, empty if there is none
 * @param counters of the host's uplink, switch and vNICs together, frames, by name
 * @param migrations that ended, by outcome, as far as this node knows
 * @param vmsDown VMs of the whole cluster that are placed on hosts whose nodes are not in it; null if the directory does not answer
 */
public record NodeReport(
        String host,
        int vms,
        int vnics,
        long connections,
        Map<String, Long> counters,
        Map<String, Long> migrations,
        @Nullable Long vmsDown) {}
