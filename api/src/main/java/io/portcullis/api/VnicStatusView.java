package io.portcullis.api;

import java.util.Map;

/**
 * A vNIC as its host's data path sees it now.
 *
 * @param mode for example {@code ENFORCING}
 * @param rulesHash of the rule table in force; empty if there is none (then nothing passes)
 * @param policyRevision that is enforced; 0 for none
 * @param counters by name, frames
 */
public record VnicStatusView(
        String host,
        long epoch,
        String mode,
        String rulesHash,
        long policyRevision,
        int connections,
        Map<String, Long> counters) {}
