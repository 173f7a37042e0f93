package io.portcullis.migration.model;

import io.portcullis.policy.HostId;
import io.portcullis.policy.VnicId;
import java.util.List;

/** What the source of a migration wants done. Those to the own host are answered by an input, and may be given again. */
public sealed interface SourceOrder {
    /** Looks at the own vNICs: {@link SourceInput.LookedAt}. */
    record Look() implements SourceOrder {}

    /** Sends the destination what has the shape of the hand-over. */
    record Rehearse() implements SourceOrder {}

    /** Hands the vNIC's frames over and seals it: {@link SourceInput.CutOver}. */
    record CutOver(VnicId vnic) implements SourceOrder {}

    /** Tells the destination who sends the state. */
    record OpenTransfer() implements SourceOrder {}

    record SendChunk(ChunkName chunk) implements SourceOrder {}

    /** Tells the destination that all state has been sent. */
    record HandOver(List<VnicHandover> vnics) implements SourceOrder {}

    /** Has all vNICs enforce under the reclaim epoch: {@link SourceInput.Reclaimed}. */
    record Reclaim() implements SourceOrder {}

    /** Tells the destination that the source enforces again. */
    record TellTargetThatSourceEnforces() implements SourceOrder {}

    /** Has the host forget the VM: {@link SourceInput.Released}. */
    record Release(HostId movedTo, long targetEpoch) implements SourceOrder {}

    /** Tells the VM's placement. */
    record Report(PlacementInput report) implements SourceOrder {}

    /** Asks the VM's placement what is to become of the sealed VM. */
    record AskPlacement() implements SourceOrder {}

    /** It is over; {@code last} is what is said to whoever asks later. No further input has an effect. */
    record End(PlacementInput last) implements SourceOrder {}
}
