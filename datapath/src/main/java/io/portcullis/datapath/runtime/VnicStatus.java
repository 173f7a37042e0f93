package io.portcullis.datapath.runtime;

import io.portcullis.policy.DiscoveredAddress;
import io.portcullis.policy.VnicId;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A vNIC as the data path sees it now.
 *
 * @param rulesHash hash of the rule table in force, empty if there is none yet (then nothing passes)
 * @param policyRevision revision that is realized, 0 for none
 * @param shadowRevision of the shadow ({@link DataPath#installShadow}), or of its end; 0 for none ever
 * @param shadowHash hash of the shadow, empty if there is none
 * @param counters by name, for example {@code allowed.out}, {@code dropped.in.policy}, {@code dropped.out.spoof}
 * @param discovered addresses that the VM was found to have beside those declared; null if the vNIC discovers none
 */
public record VnicStatus(
        VnicId vnic,
        long epoch,
        VnicMode mode,
        String rulesHash,
        long policyRevision,
        int connections,
        long shadowRevision,
        String shadowHash,
        Map<String, Long> counters,
        @Nullable List<DiscoveredAddress> discovered) {
    public VnicStatus {
        counters = Map.copyOf(counters);
        // from nodes that know nothing of shadows
        shadowHash = shadowHash == null ? "" : shadowHash;
        discovered = discovered == null ? null : List.copyOf(discovered);
    }

    /** Without a shadow, of a vNIC that discovers nothing. */
    public VnicStatus(
            VnicId vnic,
            long epoch,
            VnicMode mode,
            String rulesHash,
            long policyRevision,
            int connections,
            Map<String, Long> counters) {
        this(vnic, epoch, mode, rulesHash, policyRevision, connections, 0, "", counters, null);
    }
}
