package io.portcullis.api;

import java.util.List;
import java.util.Map;

/**
 * What is wrong with a tenant's policy though it is valid.
 *
 * @param revision of the tenant that was analyzed, alone or with documents that were only tried
 * @param rules of enabled policies
 * @param unfinished rules for which a limit of the analysis ended the search
 * @param counts how many findings there are of each kind that was asked for, listed or not
 * @param truncated whether there are more findings than were listed
 */
public record AnalysisView(
        String tenant,
        long revision,
        int rules,
        int unfinished,
        Map<String, Integer> counts,
        boolean truncated,
        List<FindingView> findings) {}
