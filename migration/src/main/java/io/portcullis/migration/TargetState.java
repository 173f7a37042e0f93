package io.portcullis.migration;

import io.portcullis.datapath.runtime.ActivationReport;
import io.portcullis.datapath.track.TableSnapshot;
import io.portcullis.migration.model.Refusal;
import io.portcullis.migration.model.VnicTransfer;
import io.portcullis.persistence.StateChunk;
import io.portcullis.policy.VnicId;
import io.portcullis.vnic.RefusalCode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** What the destination of one migration has collected, for all vNICs of the VM; used by its session only. */
final class TargetState {
    private final List<VnicId> vnics;
    private final List<VnicTarget> targets = new ArrayList<>();
    private final Map<VnicId, NavigableMap<Integer, byte[]>> chunks = new HashMap<>();
    private final Map<VnicId, TargetCommand.VnicHandover> handovers = new LinkedHashMap<>();
    private final Map<VnicId, ImportReport> imports = new HashMap<>();
    private final Map<VnicId, ActivationReport> activations = new HashMap<>();
    private final Set<VnicId> activating = new HashSet<>();
    private final List<String> problems = new ArrayList<>();

    TargetState(List<VnicId> vnics) {
        this.vnics = vnics;
        vnics.forEach(vnic -> chunks.put(vnic, new TreeMap<>()));
    }

    /** Returns whether the data path is ready for every vNIC now. */
    boolean expect(VnicTarget target) {
        targets.add(target);
        return targets.size() == vnics.size();
    }

    List<VnicTarget> targets() {
        return List.copyOf(targets);
    }

    /** Keeps a chunk; one that came before changes nothing. Returns whether it is of this VM. */
    boolean take(StateChunk chunk) {
        NavigableMap<Integer, byte[]> ofVnic = chunks.get(chunk.vnic());
        if (ofVnic == null || chunk.sequence() < 0) {
            return false;
        }
        ofVnic.putIfAbsent(chunk.sequence(), chunk.bytes());
        return true;
    }

    /** Why the hand-over does not fit what was prepared; null if it does. */
    @Nullable
    Refusal handOver(TargetCommand.Handover handover, long epoch) {
        Set<VnicId> named = new HashSet<>();
        handover.vnics().forEach(vnic -> named.add(vnic.vnic()));
        if (handover.epoch() != epoch || !named.equals(Set.copyOf(vnics))) {
            return new Refusal(
                    RefusalCode.INVALID,
                    "hand-over of " + named + " with epoch " + handover.epoch() + " does not fit " + vnics
                            + " with epoch " + epoch);
        }
        handover.vnics().forEach(vnic -> handovers.put(vnic.vnic(), vnic));
        return null;
    }

    /** Whether the hand-over is there, and every chunk that it names. */
    boolean isComplete() {
        return !handovers.isEmpty()
                && handovers.values().stream().allMatch(handover -> {
                    NavigableMap<Integer, byte[]> ofVnic = chunksOf(handover.vnic());
                    return handover.chunks() == 0
                            ? ofVnic.isEmpty()
                            : ofVnic.size() == handover.chunks() && ofVnic.lastKey() == handover.chunks() - 1;
                });
    }

    void forEachTable(BiConsumer<VnicId, TableSnapshot> action) {
        handovers.forEach((vnic, handover) -> action.accept(
                vnic, new TableSnapshot(List.copyOf(chunksOf(vnic).values()), handover.entries(), handover.digest())));
    }

    /** Why what was imported is not what was sent; null if it is. */
    @Nullable
    Refusal imported(VnicId vnic, ImportReport report) {
        TargetCommand.VnicHandover sent = handover(vnic);
        imports.put(vnic, report);
        chunksOf(vnic).clear();
        return report.entries() == sent.entries() && report.digest() == sent.digest()
                ? null
                : new Refusal(
                        RefusalCode.INVALID,
                        vnic + ": " + sent.entries() + " connections with digest " + Long.toHexString(sent.digest())
                                + " were sent, " + report.entries() + " with " + Long.toHexString(report.digest())
                                + " are here");
    }

    boolean allImported() {
        return imports.size() == vnics.size();
    }

    TargetCommand.VnicHandover handover(VnicId vnic) {
        return Objects.requireNonNull(handovers.get(vnic), "a hand-over for every vNIC was checked");
    }

    void activating(List<VnicId> now) {
        activating.addAll(now);
    }

    /**
     * Notes how the attempt to activate a vNIC ended.
     *
     * @param report null if it did not activate
     */
    void activated(VnicId vnic, @Nullable ActivationReport report) {
        activating.remove(vnic);
        if (report != null) {
            activations.put(vnic, report);
        }
    }

    int activationsOpen() {
        return activating.size();
    }

    List<VnicId> notActivated() {
        return vnics.stream().filter(vnic -> !activations.containsKey(vnic)).toList();
    }

    /** Some vNICs enforce, so that the VM is here; what is to be said of the others. */
    void rollForward(Set<VnicId> enforcing, Refusal why) {
        for (VnicId vnic : notActivated()) {
            problems.add(
                    enforcing.contains(vnic)
                            ? vnic + " enforces, but did not report its frames"
                            : vnic + " does not enforce yet: " + why.message());
        }
    }

    List<String> problems() {
        return List.copyOf(problems);
    }

    /** What moved; complete once every vNIC was imported. */
    List<VnicTransfer> transfers() {
        return vnics.stream().map(this::transfer).toList();
    }

    private VnicTransfer transfer(VnicId vnic) {
        TargetCommand.VnicHandover sent = handover(vnic);
        ImportReport here = Objects.requireNonNull(imports.get(vnic), "every vNIC was imported");
        ActivationReport activation = activations.getOrDefault(vnic, new ActivationReport(0, 0, 0, 0));
        return new VnicTransfer(
                vnic,
                sent.entries(),
                here.entries(),
                sent.bytes(),
                sent.digest(),
                here.digest(),
                sent.policyRevision(),
                activation.heldFrames(),
                sent.forwardedFrames(),
                activation.droppedHeldFrames(),
                sent.freezeNanos(),
                activation.pauseNanos());
    }

    /** An answer to a hand-over of this shape, without a meaning. */
    static List<VnicTransfer> like(List<TargetCommand.VnicHandover> handover) {
        return handover.stream()
                .map(vnic -> new VnicTransfer(vnic.vnic(), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
                .toList();
    }

    private NavigableMap<Integer, byte[]> chunksOf(VnicId vnic) {
        return Objects.requireNonNull(chunks.get(vnic), "chunks are kept for every vNIC");
    }
}
