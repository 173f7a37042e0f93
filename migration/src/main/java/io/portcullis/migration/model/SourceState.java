package io.portcullis.migration.model;

import io.portcullis.policy.VnicId;
import io.portcullis.vnic.RefusalCode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the source of a migration remembers.
 *
 * @param cutting vNICs that have not answered the order to cut over
 * @param sealed those that have sealed, in the order of their answers
 * @param outgoing what is on its way to the destination; null but in TRANSFERRING
 * @param refusal why the VM stays, if it does
 * @param moved what the destination said that it has; empty before
 * @param problems what the destination said besides
 * @param release the order to release, null before it came
 * @param waitsForHost whether the host was told to reclaim or release and has not answered
 */
public record SourceState(
        SourceTask task,
        SourceStep step,
        Set<VnicId> cutting,
        List<VnicHandover> sealed,
        @Nullable Outgoing outgoing,
        @Nullable Refusal refusal,
        List<VnicTransfer> moved,
        List<String> problems,
        SourceInput.@Nullable Release release,
        boolean waitsForHost) {
    public SourceState {
        cutting = Set.copyOf(cutting);
        sealed = List.copyOf(sealed);
        moved = List.copyOf(moved);
        problems = List.copyOf(problems);
    }

    /** Before {@link SourceInput.Started}. */
    public static SourceState of(SourceTask task) {
        return new SourceState(
                task, SourceStep.LOOKING, Set.of(), List.of(), null, null, List.of(), List.of(), null, false);
    }

    /** Why the VM stays here. */
    Refusal why() {
        return refusal == null ? new Refusal(RefusalCode.TIMEOUT, "the source was told to take the VM back") : refusal;
    }

    SourceState at(SourceStep next) {
        return new SourceState(task, next, cutting, sealed, outgoing, refusal, moved, problems, release, waitsForHost);
    }

    SourceState because(@Nullable Refusal why) {
        return new SourceState(task, step, cutting, sealed, outgoing, why, moved, problems, release, waitsForHost);
    }

    SourceState cuttingAll() {
        return new SourceState(
                task,
                SourceStep.CUTTING,
                Set.copyOf(task.vnics()),
                sealed,
                outgoing,
                refusal,
                moved,
                problems,
                release,
                waitsForHost);
    }

    /** A vNIC has answered the order to cut over; {@code handover} is null if it has not sealed. */
    SourceState cut(VnicId vnic, @Nullable VnicHandover handover) {
        Set<VnicId> open = new HashSet<>(cutting);
        open.remove(vnic);
        List<VnicHandover> all = new ArrayList<>(sealed);
        if (handover != null) {
            all.add(handover);
        }
        return new SourceState(task, step, open, all, outgoing, refusal, moved, problems, release, waitsForHost);
    }

    SourceState sending(Outgoing changed) {
        return new SourceState(
                task,
                SourceStep.TRANSFERRING,
                cutting,
                sealed,
                changed,
                refusal,
                moved,
                problems,
                release,
                waitsForHost);
    }

    SourceState activated(SourceInput.HandoverAccepted accepted) {
        return new SourceState(
                task,
                SourceStep.ACTIVATED,
                cutting,
                sealed,
                null,
                refusal,
                accepted.vnics(),
                accepted.problems(),
                release,
                waitsForHost);
    }

    /** Nothing was handed over, or what was is refused. */
    SourceState reclaiming() {
        return new SourceState(
                task, SourceStep.RECLAIMING, cutting, sealed, null, refusal, moved, problems, release, true);
    }

    SourceState releasing(SourceInput.Release order) {
        return new SourceState(
                task, SourceStep.RELEASING, cutting, sealed, null, refusal, moved, problems, order, true);
    }

    SourceState waiting(boolean forHost) {
        return new SourceState(task, step, cutting, sealed, outgoing, refusal, moved, problems, release, forHost);
    }
}
