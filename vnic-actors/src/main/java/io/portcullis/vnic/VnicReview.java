package io.portcullis.vnic;

import io.portcullis.datapath.runtime.FlowReview;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VnicId;
import org.jspecify.annotations.Nullable;

/**
 * What a rule table would do to the live connections of one vNIC, or why nobody can say.
 *
 * @param review null if there is no answer
 * @param movedTo where the vNIC is, if not on the host that was asked
 * @param problem why there is no answer; null if there is one
 */
public record VnicReview(
        VnicId vnic,
        @Nullable FlowReview review,
        @Nullable HostId movedTo,
        @Nullable String problem) {
    static VnicReview of(VnicId vnic, FirewallReply reply) {
        return switch (reply) {
            case FirewallReply.FlowsReviewed reviewed -> new VnicReview(vnic, reviewed.review(), null, null);
            case FirewallReply.Moved moved ->
                new VnicReview(vnic, null, moved.host(), "it has just moved to " + moved.host());
            default -> unanswered(vnic, FirewallReplies.refused(reply).message());
        };
    }

    public static VnicReview unanswered(VnicId vnic, String problem) {
        return new VnicReview(vnic, null, null, problem);
    }
}
