package io.portcullis.simulation;

import io.portcullis.datapath.engine.FlowQuery;
import io.portcullis.datapath.engine.ShadowReport;
import io.portcullis.datapath.runtime.ActivationReport;
import io.portcullis.datapath.runtime.CopiedPiece;
import io.portcullis.datapath.runtime.CutoverTarget;
import io.portcullis.datapath.runtime.DataPath;
import io.portcullis.datapath.runtime.DataPathException;
import io.portcullis.datapath.runtime.DataPathException.Reason;
import io.portcullis.datapath.runtime.ExportedBatch;
import io.portcullis.datapath.runtime.FlowReport;
import io.portcullis.datapath.runtime.FlowReview;
import io.portcullis.datapath.runtime.HitLedger;
import io.portcullis.datapath.runtime.SealedVnic;
import io.portcullis.datapath.runtime.SelfActivation;
import io.portcullis.datapath.runtime.VnicAttachment;
import io.portcullis.datapath.runtime.VnicMode;
import io.portcullis.datapath.runtime.VnicNews;
import io.portcullis.datapath.runtime.VnicStatus;
import io.portcullis.datapath.track.ConnectionInfo;
import io.portcullis.datapath.track.SavedTable;
import io.portcullis.datapath.track.TableSnapshot;
import io.portcullis.datapath.track.TableSum;
import io.portcullis.policy.DiscoveredAddress;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.table.RuleTable;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A data path without frames: modes, epochs and rules as {@link DataPath} says, and no connections. It answers at once. What only frames or a migration need is refused
 * with {@link Reason#WRONG_MODE}. One thread.
 */
final class SimDataPath implements DataPath {
    private static final class Vnic {
        private final VnicAttachment attachment;
        private long epoch;
        private VnicMode mode = VnicMode.PASSIVE;
        private long revision;
        private @Nullable RuleTable rules;
        private long shadowRevision;
        private @Nullable RuleTable shadow;
        private long changedAt;

        Vnic(VnicAttachment attachment) {
            this.attachment = attachment;
            epoch = attachment.epoch();
        }

        VnicStatus status() {
            RuleTable its = rules;
            RuleTable itsShadow = shadow;
            return new VnicStatus(
                    attachment.vnic(),
                    epoch,
                    mode,
                    its == null ? "" : its.hash(),
                    revision,
                    0,
                    shadowRevision,
                    itsShadow == null ? "" : itsShadow.hash(),
                    Map.of(),
                    null);
        }
    }

    /** In the order in which something last happened to them. */
    private final Map<VnicId, Vnic> vnics = new LinkedHashMap<>(16, 0.75f, true);

    private final HitLedger hits;
    private long changes = VnicNews.BEGINNING;
    private long installs;

    SimDataPath(InstantSource clock) {
        hits = new HitLedger(clock);
    }

    /** How often rules were put in force. */
    long installs() {
        return installs;
    }

    // ---- vNICs

    @Override
    public CompletionStage<VnicStatus> attach(VnicAttachment attachment) {
        return answer(() -> {
            Vnic vnic = vnics.computeIfAbsent(attachment.vnic(), _ -> new Vnic(attachment));
            check(vnic, attachment.epoch());
            vnic.epoch = attachment.epoch();
            return changed(vnic);
        });
    }

    @Override
    public CompletionStage<VnicStatus> installRules(VnicId id, long epoch, long revision, RuleTable rules) {
        return answer(() -> {
            Vnic vnic = find(id, epoch);
            installs++;
            if (revision >= vnic.revision) {
                vnic.revision = revision;
                vnic.rules = rules;
            }
            return changed(vnic);
        });
    }

    @Override
    public CompletionStage<VnicStatus> installShadow(VnicId id, long epoch, long revision, @Nullable RuleTable rules) {
        return answer(() -> {
            Vnic vnic = find(id, epoch);
            if (revision >= vnic.shadowRevision) {
                vnic.shadowRevision = revision;
                vnic.shadow = rules;
            }
            return changed(vnic);
        });
    }

    @Override
    public CompletionStage<ActivationReport> activate(VnicId id, long epoch, long forwardedFrames) {
        return answer(() -> {
            Vnic vnic = find(id, epoch);
            vnic.epoch = epoch;
            vnic.mode = VnicMode.ENFORCING;
            changed(vnic);
            return new ActivationReport(0, forwardedFrames, 0, 1);
        });
    }

    @Override
    public CompletionStage<VnicStatus> resume(VnicId id, long epoch) {
        return activate(id, epoch, 0).thenCompose(_ -> status(id));
    }

    @Override
    public CompletionStage<VnicStatus> learnAddresses(VnicId id, List<DiscoveredAddress> known, boolean forgetOthers) {
        return status(id);
    }

    @Override
    public CompletionStage<Void> release(VnicId id, long epoch) {
        return answer(() -> {
            find(id, epoch);
            vnics.remove(id);
            changes++;
            return null;
        });
    }

    @Override
    public CompletionStage<VnicStatus> status(VnicId id) {
        return answer(() -> find(id).status());
    }

    @Override
    public CompletionStage<List<VnicStatus>> statuses() {
        return CompletableFuture.completedFuture(
                vnics.values().stream().map(Vnic::status).toList());
    }

    @Override
    public CompletionStage<VnicNews> changedSince(long mark) {
        List<VnicStatus> changed = mark == changes
                ? List.of()
                : vnics.values().stream()
                        .filter(vnic -> vnic.changedAt > mark)
                        .map(Vnic::status)
                        .toList();
        return CompletableFuture.completedFuture(new VnicNews(changes, changed, vnics.size()));
    }

    private VnicStatus changed(Vnic vnic) {
        vnic.changedAt = ++changes;
        return vnic.status();
    }

    private Vnic find(VnicId id) {
        Vnic vnic = vnics.get(id);
        if (vnic == null) {
            throw new DataPathException(Reason.UNKNOWN_VNIC, id + " is not attached here");
        }
        return vnic;
    }

    private Vnic find(VnicId id, long epoch) {
        Vnic vnic = find(id);
        check(vnic, epoch);
        return vnic;
    }

    private static void check(Vnic vnic, long epoch) {
        if (epoch < vnic.epoch) {
            throw new DataPathException(Reason.STALE_EPOCH, "epoch " + epoch + " is over, here is " + vnic.epoch);
        }
    }

    private static <T> CompletionStage<T> answer(Supplier<T> effect) {
        try {
            return CompletableFuture.completedFuture(effect.get());
        } catch (DataPathException refused) {
            return CompletableFuture.failedFuture(refused);
        }
    }

    // ---- the host

    @Override
    public CompletionStage<List<ShadowReport>> shadows(TenantId tenant) {
        return CompletableFuture.completedFuture(List.of());
    }

    @Override
    public CompletionStage<HitLedger> collectHits() {
        return CompletableFuture.completedFuture(hits);
    }

    @Override
    public Map<String, Long> counters() {
        return new HashMap<>();
    }

    @Override
    public void close() {}

    // ---- what there is none of

    private static <T> CompletionStage<T> none() {
        return CompletableFuture.failedFuture(
                new DataPathException(Reason.WRONG_MODE, "a simulated data path has no frames and no connections"));
    }

    @Override
    public CompletionStage<ExportedBatch> exportNext(VnicId id, long epoch, boolean isFirst, int chunkVersion) {
        return none();
    }

    @Override
    public CompletionStage<VnicStatus> endExport(VnicId id, long epoch) {
        return none();
    }

    @Override
    public CompletionStage<TableSum> importNext(VnicId id, long epoch, int sequence, byte[] chunk) {
        return none();
    }

    @Override
    public CompletionStage<VnicStatus> importTable(VnicId id, long epoch, int firstSequence, TableSnapshot rest) {
        return none();
    }

    @Override
    public CompletionStage<VnicStatus> restoreTable(VnicId id, long epoch, SavedTable saved) {
        return none();
    }

    @Override
    public CompletionStage<CutoverTarget> expectCutover(VnicId id, long epoch) {
        return none();
    }

    @Override
    public CompletionStage<SelfActivation> arm(VnicId id, long epoch, String group, int size) {
        return none();
    }

    @Override
    public CompletionStage<Boolean> disarm(VnicId id, long epoch) {
        return none();
    }

    @Override
    public CompletionStage<SealedVnic> cutOver(VnicId id, long epoch, CutoverTarget target) {
        return none();
    }

    @Override
    public CompletionStage<VnicStatus> reclaim(VnicId id, long newEpoch) {
        return none();
    }

    @Override
    public CompletionStage<VnicStatus> askBack(VnicId id, long newEpoch) {
        return none();
    }

    @Override
    public CompletionStage<CopiedPiece> copyNext(VnicId id, long copy, boolean isFirst) {
        return none();
    }

    @Override
    public CompletionStage<Void> keepCopy(VnicId id, long copy) {
        return none();
    }

    @Override
    public CompletionStage<List<ConnectionInfo>> connections(VnicId id, int limit) {
        return CompletableFuture.completedFuture(List.of());
    }

    @Override
    public CompletionStage<FlowReport> trace(VnicId id, FlowQuery query) {
        return none();
    }

    @Override
    public CompletionStage<FlowReview> review(VnicId id, RuleTable candidate, int maxExamples) {
        return none();
    }
}
