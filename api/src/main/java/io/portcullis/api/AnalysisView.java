package io.portcullis.api;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is wrong with a tenant's policy though it is valid.
 *
 * @param revision of the tenant that was analyzed, alone or with documents that were only tried
 * @param rules of enabled policies
 * @param unfinished rules for which a limit of the analysis ended the search
 * @param usage what is known of the use of rules; null unless rules without a hit since some time were asked for
 * @param counts how many findings there are of each kind that was asked for, listed or not
 * @param truncated whether there are more findings than were listed
 */
public record AnalysisView(
        String tenant,
        long revision,
        int rules,
        int unfinished,
        @Nullable Usage usage,
        Map<String, Integer> counts,
        boolean truncated,
        List<FindingView> findings) {
    /**
     * What rules without a hit were looked for by.
     *
     * @param unusedSince the time that was asked for
     * @param countedSince from when on everything was counted; null if from the beginning
     * @param complete whether nobody's counts are missing
     * @param silentHosts hosts that may have counted more, as they do not answer
     * @param undecided rules that have no known hit since then and are not among the findings, because not everything was counted since
     */
    public record Usage(
            String unusedSince,
            @Nullable String countedSince,
            boolean complete,
            List<String> silentHosts,
            int undecided) {}
}
