package io.portcullis.migration.model;

import io.portcullis.datapath.runtime.VnicStatus;
import io.portcullis.policy.VmId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What can happen to the migration agent of a host: orders of placements, answers of the host, ends of sessions. */
public sealed interface AgentInput {
    /** May come twice, or late. */
    record Ordered(VmId vm, PlacementOrder order) implements AgentInput {}

    /**
     * The host did what it was told.
     *
     * @param refusal why it did not, or null
     * @param restored what a VM that was taken over began with; null for any other
     */
    record WorkDone(
            VmId vm,
            HostWork work,
            @Nullable Refusal refusal,
            @Nullable Restored restored) implements AgentInput {
        /** Of a VM that was not taken over. */
        public WorkDone(VmId vm, HostWork work, @Nullable Refusal refusal) {
            this(vm, work, refusal, null);
        }
    }

    /**
     * The vNICs of a migration that has no session here were looked at.
     *
     * @param vnics how many the VM has
     * @param epoch that this side of the migration has
     * @param found those that are attached; null if that is not known
     */
    record LookedAt(
            VmId vm,
            int vnics,
            SessionName session,
            long epoch,
            @Nullable List<VnicStatus> found) implements AgentInput {}

    /** What was to come before the session began was called off: it never will. */
    record NeverTakesPart(SessionName session) implements AgentInput {}

    /**
     * The session has ended without a last report: a bug has stopped it. What it had ordered may still be under way at the host.
     *
     * @param epoch that this side of the migration has
     */
    record SessionDied(VmId vm, SessionName session, long epoch) implements AgentInput {}

    /** {@code last} is what is answered for the session from now on. */
    record SessionEnded(SessionName session, PlacementInput last) implements AgentInput {}
}
