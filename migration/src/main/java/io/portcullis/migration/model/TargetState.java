package io.portcullis.migration.model;

import io.portcullis.datapath.runtime.ActivationReport;
import io.portcullis.datapath.runtime.SelfActivation;
import io.portcullis.policy.VnicId;
import io.portcullis.vnic.RefusalCode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the destination of a migration remembers.
 *
 * @param policyRevision lowest that a vNIC had when the VM was admitted, 0 if one had no rules
 * @param expecting vNICs whose data path is ready for the cut
 * @param incoming what has come from the source
 * @param arming how far the vNICs are that enforce by themselves; null before they may
 * @param activating vNICs that have not answered the order to enforce
 * @param activations what those found that did
 * @param attempts how often vNICs were told to enforce
 * @param problems what is to be said in the receipt besides
 * @param refusal why it gives up, or why a vNIC did not enforce
 * @param promised whether it was said, or may be, that it never will activate
 * @param waitsForHost whether the host was told to forget the VM and has not answered
 */
public record TargetState(
        TargetTask task,
        TargetStep step,
        long policyRevision,
        Set<VnicId> expecting,
        Incoming incoming,
        @Nullable Arming arming,
        Set<VnicId> activating,
        Map<VnicId, ActivationReport> activations,
        int attempts,
        List<String> problems,
        @Nullable Refusal refusal,
        boolean promised,
        boolean waitsForHost) {
    private static final ActivationReport UNKNOWN = new ActivationReport(0, 0, 0, 0);

    public TargetState {
        expecting = Set.copyOf(expecting);
        activating = Set.copyOf(activating);
        activations = Map.copyOf(activations);
        problems = List.copyOf(problems);
    }

    /** Before {@link TargetInput.Started}. */
    public static TargetState of(TargetTask task) {
        return new TargetState(
                task,
                TargetStep.ADMITTING,
                0,
                Set.of(),
                Incoming.nothing(task.vnics()),
                null,
                Set.of(),
                Map.of(),
                0,
                List.of(),
                null,
                false,
                false);
    }

    /** Why it gives up. */
    Refusal why() {
        return refusal == null ? new Refusal(RefusalCode.INVALID, "no reason given") : refusal;
    }

    List<VnicId> notActivated() {
        return task.vnics().stream()
                .filter(vnic -> !activations.containsKey(vnic))
                .toList();
    }

    /** What moved; only once every vNIC was imported. */
    List<VnicTransfer> transfers() {
        return task.vnics().stream().map(this::transfer).toList();
    }

    private VnicTransfer transfer(VnicId vnic) {
        VnicHandover sent = incoming.handover(vnic);
        ImportReport here = incoming.importOf(vnic);
        ActivationReport activation = activations.getOrDefault(vnic, UNKNOWN);
        return new VnicTransfer(
                vnic,
                sent.entries(),
                here.entries(),
                sent.bytes()
                        + sent.rounds().stream().mapToLong(CopyRound::bytes).sum(),
                sent.digest(),
                here.digest(),
                sent.policyRevision(),
                activation.heldFrames(),
                sent.forwardedFrames(),
                activation.droppedHeldFrames(),
                sent.freezeNanos(),
                activation.pauseNanos(),
                sent.rounds());
    }

    TargetState at(TargetStep next) {
        return with(next, expecting, incoming, activating, activations, attempts, problems, promised, waitsForHost);
    }

    TargetState admitted(long revision) {
        return new TargetState(
                task,
                TargetStep.EXPECTING,
                revision,
                expecting,
                incoming,
                arming,
                activating,
                activations,
                attempts,
                problems,
                refusal,
                promised,
                waitsForHost);
    }

    TargetState expecting(VnicId vnic) {
        Set<VnicId> all = new HashSet<>(expecting);
        all.add(vnic);
        return with(step, all, incoming, activating, activations, attempts, problems, promised, waitsForHost);
    }

    TargetState receiving(Incoming changed) {
        return with(step, expecting, changed, activating, activations, attempts, problems, promised, waitsForHost);
    }

    TargetState arming(TargetStep next, Arming changed) {
        return new TargetState(
                task,
                next,
                policyRevision,
                expecting,
                incoming,
                changed,
                activating,
                activations,
                attempts,
                problems,
                refusal,
                promised,
                waitsForHost);
    }

    /** Whether every vNIC has said that it enforces by itself. */
    boolean allSelfActivated() {
        return arming != null && arming.done().size() == task.vnics().size();
    }

    /** A vNIC enforces by itself. */
    TargetState selfActivated(VnicId vnic, SelfActivation activation) {
        Arming known = arming == null ? Arming.BEGUN : arming;
        return arming(step, known.with(vnic, activation))
                .receiving(incoming.imported(vnic, new ImportReport(activation.entries(), activation.digest())))
                .activated(vnic, activation.report());
    }

    /** With what is known without the source's word, or without a vNIC's, where that has not come. */
    TargetState withHandovers() {
        Incoming whole = incoming.handovers().isEmpty()
                ? incoming.handedOver(task.vnics().stream().map(this::known).toList())
                : incoming;
        for (VnicId vnic : task.vnics()) {
            if (!whole.imports().containsKey(vnic)) {
                // one that enforces has found what it was told
                VnicHandover told = whole.handover(vnic);
                whole = whole.imported(vnic, new ImportReport(told.entries(), told.digest()));
            }
        }
        return receiving(whole);
    }

    private VnicHandover known(VnicId vnic) {
        Arming armed = arming == null ? Arming.BEGUN : arming;
        List<CopyRound> rounds = armed.announced().getOrDefault(vnic, List.of());
        SelfActivation known = armed.done().get(vnic);
        return known == null
                ? VnicHandover.announced(vnic, rounds)
                : new VnicHandover(
                        vnic,
                        0,
                        0,
                        known.entries(),
                        known.restBytes(),
                        known.digest(),
                        known.policyRevision(),
                        known.forwardedFrames(),
                        known.freezeNanos(),
                        rounds);
    }

    /** Once more some vNICs are told to enforce. */
    TargetState activating(List<VnicId> vnics) {
        return with(
                TargetStep.ACTIVATING,
                expecting,
                incoming,
                Set.copyOf(vnics),
                activations,
                attempts + 1,
                problems,
                promised,
                waitsForHost);
    }

    /** A vNIC has answered the order to enforce; {@code report} is null if it does not. */
    TargetState activated(VnicId vnic, @Nullable ActivationReport report) {
        Set<VnicId> open = new HashSet<>(activating);
        open.remove(vnic);
        Map<VnicId, ActivationReport> all = new HashMap<>(activations);
        if (report != null) {
            all.put(vnic, report);
        }
        return with(step, expecting, incoming, open, all, attempts, problems, promised, waitsForHost);
    }

    /** Some vNICs enforce, so that the VM is here; what is to be said of the others. */
    TargetState rollingForward(Set<VnicId> enforcing) {
        List<String> all = new ArrayList<>(problems);
        for (VnicId vnic : notActivated()) {
            all.add(
                    enforcing.contains(vnic)
                            ? vnic + " enforces, but did not report its frames"
                            : vnic + " does not enforce yet: " + why().message());
        }
        return with(step, expecting, incoming, activating, activations, attempts, all, promised, waitsForHost);
    }

    TargetState because(Refusal why) {
        return new TargetState(
                task,
                step,
                policyRevision,
                expecting,
                incoming,
                arming,
                activating,
                activations,
                attempts,
                problems,
                why,
                promised,
                waitsForHost);
    }

    TargetState promising() {
        return with(step, expecting, incoming, activating, activations, attempts, problems, true, waitsForHost);
    }

    TargetState waiting(boolean forHost) {
        return with(step, expecting, incoming, activating, activations, attempts, problems, promised, forHost);
    }

    private TargetState with(
            TargetStep nextStep,
            Set<VnicId> ready,
            Incoming received,
            Set<VnicId> open,
            Map<VnicId, ActivationReport> done,
            int tries,
            List<String> said,
            boolean hasPromised,
            boolean waits) {
        return new TargetState(
                task,
                nextStep,
                policyRevision,
                ready,
                received,
                arming,
                open,
                done,
                tries,
                said,
                refusal,
                hasPromised,
                waits);
    }
}
