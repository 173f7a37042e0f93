package io.portcullis.migration.model;

import io.portcullis.persistence.StateChunk;
import io.portcullis.policy.VnicId;
import java.util.List;

/**
 * What the destination of a migration wants done. Those to the own host are answered by an input, and may be given again. What is for
 * the source is not said if it has not been heard of yet.
 */
public sealed interface TargetOrder {
    /** Attaches the VM, passive, with its rules: {@link TargetInput.Admitted}. */
    record Admit() implements TargetOrder {}

    /** Has the data path await the cut: {@link TargetInput.CutoverExpected}. */
    record ExpectCutover(VnicId vnic) implements TargetOrder {}

    /** Answers the rehearsal, with what has the shape of the later answer. */
    record AnswerRehearsal(List<VnicTransfer> like) implements TargetOrder {}

    /** Has the vNIC enforce by itself as soon as it can: {@link TargetInput.SelfActivated}. */
    record Arm(VnicId vnic) implements TargetOrder {}

    /** Takes that back: {@link TargetInput.Disarmed}. */
    record Disarm(VnicId vnic) implements TargetOrder {}

    /** Keeps the chunk for the import. */
    record KeepChunk(StateChunk chunk) implements TargetOrder {}

    record AcknowledgeChunk(ChunkName chunk) implements TargetOrder {}

    /** Makes a table of the chunks that were kept, and has the data path import it: {@link TargetInput.Imported}. */
    record Import(VnicHandover table) implements TargetOrder {}

    /** Has the vNIC enforce, with rules of {@code minimumRevision} or newer: {@link TargetInput.Activated}. */
    record Activate(VnicId vnic, long forwardedFrames, long minimumRevision) implements TargetOrder {}

    /** Looks which vNICs enforce: {@link TargetInput.LookedAt}. */
    record Look() implements TargetOrder {}

    /** Tells the source that the VM is enforced here. */
    record AcceptHandover(List<VnicTransfer> vnics, List<String> problems) implements TargetOrder {}

    /** Tells the source that the VM never will be enforced here under this epoch. */
    record RefuseHandover(Refusal refusal) implements TargetOrder {}

    /** Wants a {@link TargetInput.ClearNow} after the time that a source has to enforce again. */
    record ClearLater() implements TargetOrder {}

    /** Has the host forget the VM: {@link TargetInput.Cleared}. */
    record Clear() implements TargetOrder {}

    /** Tells the VM's placement. */
    record Report(PlacementInput report) implements TargetOrder {}

    /** Wants a {@link TargetInput.End} after the time in which late questions may come. */
    record EndLater() implements TargetOrder {}

    /** It is over; {@code last} is what is said to whoever asks later. No further input has an effect. */
    record End(PlacementInput last) implements TargetOrder {}
}
