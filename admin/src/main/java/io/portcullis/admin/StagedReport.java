package io.portcullis.admin;

import io.portcullis.vnic.StagedCounts;
import java.util.List;
import java.util.stream.Stream;

/**
 * What staged policies of a tenant would have done, summed over the hosts of the cluster.
 *
 * @param silentHosts hosts that did not answer
 */
public record StagedReport(StagedCounts counts, List<String> silentHosts) {
    public static final StagedReport NONE = new StagedReport(StagedCounts.NONE, List.of());

    public StagedReport {
        silentHosts = List.copyOf(silentHosts);
    }

    public StagedReport plus(StagedReport other) {
        return new StagedReport(
                counts.plus(other.counts),
                Stream.concat(silentHosts.stream(), other.silentHosts.stream()).toList());
    }
}
