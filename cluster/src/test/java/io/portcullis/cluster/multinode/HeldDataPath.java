package io.portcullis.cluster.multinode;

import io.portcullis.datapath.engine.FlowQuery;
import io.portcullis.datapath.engine.ShadowReport;
import io.portcullis.datapath.runtime.ActivationReport;
import io.portcullis.datapath.runtime.CopiedPiece;
import io.portcullis.datapath.runtime.CutoverTarget;
import io.portcullis.datapath.runtime.DataPath;
import io.portcullis.datapath.runtime.DataPathException;
import io.portcullis.datapath.runtime.ExportedBatch;
import io.portcullis.datapath.runtime.FlowReport;
import io.portcullis.datapath.runtime.FlowReview;
import io.portcullis.datapath.runtime.HitLedger;
import io.portcullis.datapath.runtime.SealedVnic;
import io.portcullis.datapath.runtime.SelfActivation;
import io.portcullis.datapath.runtime.VnicAttachment;
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
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** The data path of a host, whose answers wait at the gates of a test. */
final class HeldDataPath implements DataPath {
    private final DataPath dataPath;
    private final MigrationGates gates;

    HeldDataPath(DataPath dataPath, MigrationGates gates) {
        this.dataPath = dataPath;
        this.gates = gates;
    }

    private <T> CompletionStage<T> through(HoldPoint point, VnicId vnic, CompletionStage<T> answer) {
        return answer.thenCompose(result -> gates.pass(point, vnic.vm()).thenApply(_ -> result));
    }

    @Override
    public CompletionStage<SealedVnic> cutOver(VnicId vnic, long epoch, CutoverTarget target) {
        return through(HoldPoint.SEALED, vnic, dataPath.cutOver(vnic, epoch, target));
    }

    @Override
    public CompletionStage<ActivationReport> activate(VnicId vnic, long epoch, long forwardedFrames) {
        return through(HoldPoint.ACTIVATED, vnic, dataPath.activate(vnic, epoch, forwardedFrames));
    }

    @Override
    public CompletionStage<VnicStatus> attach(VnicAttachment attachment) {
        return dataPath.attach(attachment);
    }

    @Override
    public CompletionStage<VnicStatus> installRules(VnicId vnic, long epoch, long revision, RuleTable rules) {
        return dataPath.installRules(vnic, epoch, revision, rules);
    }

    @Override
    public CompletionStage<VnicStatus> installShadow(
            VnicId vnic, long epoch, long revision, @Nullable RuleTable rules) {
        return dataPath.installShadow(vnic, epoch, revision, rules);
    }

    @Override
    public CompletionStage<HitLedger> collectHits() {
        return dataPath.collectHits();
    }

    @Override
    public CompletionStage<List<ShadowReport>> shadows(TenantId tenant) {
        return dataPath.shadows(tenant);
    }

    @Override
    public CompletionStage<ExportedBatch> exportNext(VnicId vnic, long epoch, boolean isFirst, int chunkVersion) {
        return through(HoldPoint.COPYING, vnic, dataPath.exportNext(vnic, epoch, isFirst, chunkVersion));
    }

    @Override
    public CompletionStage<VnicStatus> endExport(VnicId vnic, long epoch) {
        return dataPath.endExport(vnic, epoch);
    }

    @Override
    public CompletionStage<TableSum> importNext(VnicId vnic, long epoch, int sequence, byte[] chunk) {
        return dataPath.importNext(vnic, epoch, sequence, chunk);
    }

    @Override
    public CompletionStage<SelfActivation> arm(VnicId vnic, long epoch, String group, int size) {
        return CompletableFuture.failedFuture(new DataPathException(
                DataPathException.Reason.WRONG_MODE, "what is cut off in these tests are the actors, who decide here"));
    }

    @Override
    public CompletionStage<Boolean> disarm(VnicId vnic, long epoch) {
        return dataPath.disarm(vnic, epoch);
    }

    @Override
    public CompletionStage<VnicStatus> importTable(VnicId vnic, long epoch, int firstSequence, TableSnapshot rest) {
        return through(HoldPoint.HANDED_OVER, vnic, dataPath.importTable(vnic, epoch, firstSequence, rest));
    }

    @Override
    public CompletionStage<VnicStatus> restoreTable(VnicId vnic, long epoch, SavedTable saved) {
        return dataPath.restoreTable(vnic, epoch, saved);
    }

    @Override
    public CompletionStage<VnicStatus> learnAddresses(
            VnicId vnic, List<DiscoveredAddress> known, boolean forgetOthers) {
        return dataPath.learnAddresses(vnic, known, forgetOthers);
    }

    @Override
    public CompletionStage<VnicStatus> resume(VnicId vnic, long epoch) {
        return dataPath.resume(vnic, epoch);
    }

    @Override
    public CompletionStage<CutoverTarget> expectCutover(VnicId vnic, long epoch) {
        return dataPath.expectCutover(vnic, epoch);
    }

    @Override
    public CompletionStage<VnicStatus> reclaim(VnicId vnic, long newEpoch) {
        return dataPath.reclaim(vnic, newEpoch);
    }

    @Override
    public CompletionStage<VnicStatus> askBack(VnicId vnic, long newEpoch) {
        return dataPath.askBack(vnic, newEpoch);
    }

    @Override
    public CompletionStage<Void> release(VnicId vnic, long epoch) {
        return dataPath.release(vnic, epoch);
    }

    @Override
    public CompletionStage<CopiedPiece> copyNext(VnicId vnic, long copy, boolean isFirst) {
        return dataPath.copyNext(vnic, copy, isFirst);
    }

    @Override
    public CompletionStage<Void> keepCopy(VnicId vnic, long copy) {
        return dataPath.keepCopy(vnic, copy);
    }

    @Override
    public CompletionStage<VnicStatus> status(VnicId vnic) {
        return dataPath.status(vnic);
    }

    @Override
    public CompletionStage<List<VnicStatus>> statuses() {
        return dataPath.statuses();
    }

    @Override
    public CompletionStage<VnicNews> changedSince(long mark) {
        return dataPath.changedSince(mark);
    }

    @Override
    public CompletionStage<List<ConnectionInfo>> connections(VnicId vnic, int limit) {
        return dataPath.connections(vnic, limit);
    }

    @Override
    public CompletionStage<FlowReport> trace(VnicId vnic, FlowQuery query) {
        return dataPath.trace(vnic, query);
    }

    @Override
    public CompletionStage<FlowReview> review(VnicId vnic, RuleTable candidate, int maxExamples) {
        return dataPath.review(vnic, candidate, maxExamples);
    }

    @Override
    public Map<String, Long> counters() {
        return dataPath.counters();
    }

    @Override
    public void close() {
        dataPath.close();
    }
}
