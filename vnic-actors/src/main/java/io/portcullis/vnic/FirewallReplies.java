package io.portcullis.vnic;

import io.portcullis.datapath.runtime.VnicStatus;
import org.jspecify.annotations.Nullable;

/** What a host's agent reads from the answers of its firewalls. */
final class FirewallReplies {
    private FirewallReplies() {}

    /** The status that the answer carries; null if it carries none. */
    static @Nullable VnicStatus status(FirewallReply reply) {
        return switch (reply) {
            case FirewallReply.Status status -> status.status();
            case FirewallReply.Activated activated -> activated.status();
            case FirewallReply.Connections _,
                    FirewallReply.InPieces _,
                    FirewallReply.FlowTraced _,
                    FirewallReply.FlowsReviewed _,
                    FirewallReply.CutoverReady _,
                    FirewallReply.Exported _,
                    FirewallReply.ChunkTaken _,
                    FirewallReply.SelfActivated _,
                    FirewallReply.Disarmed _,
                    FirewallReply.Sealed _,
                    FirewallReply.Released _,
                    FirewallReply.Moved _,
                    Refused _ -> null;
        };
    }

    /** Whether nothing of the vNIC is left. */
    static boolean isGone(FirewallReply reply) {
        return reply instanceof FirewallReply.Released || reply instanceof FirewallReply.Moved;
    }

    /** An answer that is no success, as a refusal. */
    static Refused refused(FirewallReply reply) {
        return switch (reply) {
            case Refused refused -> refused;
            case FirewallReply.Moved moved ->
                new Refused(
                        RefusalCode.STALE_EPOCH,
                        moved.vnic() + " is on " + moved.host() + " under epoch " + moved.epoch());
            default -> new Refused(RefusalCode.WRONG_STATE, "unexpected answer: " + reply);
        };
    }
}
