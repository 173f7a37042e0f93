package io.portcullis.datapath.runtime;

import io.portcullis.datapath.engine.FlowVerdict;
import io.portcullis.datapath.track.ConnectionInfo;
import io.portcullis.policy.VnicId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the firewall of one vNIC says about a flow, as it is now.
 *
 * @param rulesHash hash of the rule table in force, empty if there is none yet (then nothing passes)
 * @param policyRevision at which the vNIC got that table, 0 for none
 * @param verdict what that table says about the flow's first packet; null without a table
 * @param matching connections of the flow
 * @param connections some of these, in no order
 */
public record FlowReport(
        VnicId vnic,
        long epoch,
        VnicMode mode,
        String rulesHash,
        long policyRevision,
        @Nullable FlowVerdict verdict,
        int matching,
        List<ConnectionInfo> connections) {
    public FlowReport {
        connections = List.copyOf(connections);
    }

    static FlowReport of(Vnic vnic, @Nullable FlowVerdict verdict, int matching, List<ConnectionInfo> connections) {
        return new FlowReport(
                vnic.id(),
                vnic.epoch(),
                vnic.mode(),
                vnic.engine.rulesHash(),
                vnic.engine.revision(),
                verdict,
                matching,
                connections);
    }
}
