package io.portcullis.datapath.runtime;

import io.portcullis.datapath.engine.FlowExample;
import io.portcullis.datapath.engine.LiveFlowReview;
import io.portcullis.policy.VnicId;
import java.util.List;

/**
 * What a rule table that is not in force would do to the live connections of a vNIC.
 *
 * @param rulesHash of the table that is in force
 * @param policyRevision at which the vNIC got that
 * @param connections all, each judged anew with its next packet
 * @param byOtherRule of these, those that another rule would allow than the one that did last
 * @param kept those that are not allowed any more but go on, as a rule with live-flow mode KEEP wants
 * @param cut those that would end without a word
 * @param reset those that would end with a TCP reset to both ends
 * @param released those that a stateless rule would allow: they would not be tracked any more, and go on packet by packet
 * @param oneWay likewise, but no rule would let their answers pass
 * @param examples some of those that are not allowed any more, ending ones first
 */
public record FlowReview(
        VnicId vnic,
        long epoch,
        VnicMode mode,
        String rulesHash,
        long policyRevision,
        int connections,
        int byOtherRule,
        int kept,
        int cut,
        int reset,
        int released,
        int oneWay,
        List<FlowExample> examples) {
    public FlowReview {
        examples = List.copyOf(examples);
    }

    static FlowReview of(Vnic vnic, LiveFlowReview review) {
        return new FlowReview(
                vnic.id(),
                vnic.epoch(),
                vnic.mode(),
                vnic.engine.rulesHash(),
                vnic.engine.revision(),
                review.connections(),
                review.byOtherRule(),
                review.kept(),
                review.cut(),
                review.reset(),
                review.released(),
                review.oneWay(),
                review.examples());
    }
}
