package io.portcullis.vnic.testkit;

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
import java.net.InetSocketAddress;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A data path without frames: modes, epochs, rules and tables as the contract of {@link DataPath} says. Every call is recorded; a
 * test may let the next calls of a name fail, or hold them until it lets them go. Thread-safe.
 */
public final class FakeDataPath implements DataPath {
    /** What all tables on their way sum up to. */
    public static final TableSum SUM = new TableSum(1, 2);

    private static final class Vnic {
        private final VnicAttachment attachment;
        private long epoch;
        private VnicMode mode = VnicMode.PASSIVE;
        private long revision;
        private @Nullable RuleTable rules;
        private long shadowRevision;
        private @Nullable RuleTable shadow;
        private TableSnapshot table = new TableSnapshot(List.of(), 0, 0);
        private boolean isExported;
        private final NavigableMap<Integer, byte[]> came = new TreeMap<>();
        private final Map<Long, TableSnapshot> copies = new HashMap<>();
        private long frames;
        private List<DiscoveredAddress> discovered = List.of();

        Vnic(VnicAttachment attachment) {
            this.attachment = attachment;
            epoch = attachment.epoch();
        }
    }

    private final Map<VnicId, Vnic> vnics = new TreeMap<>(java.util.Comparator.comparing(VnicId::toString));
    private final Map<String, DataPathException> failures = new HashMap<>();
    private final Map<String, CompletableFuture<Void>> gates = new HashMap<>();
    private final List<String> calls = new ArrayList<>();
    private List<ShadowReport> shadowReports = List.of();
    private volatile HitLedger hits = new HitLedger(InstantSource.system());

    // ---- what a test does

    /** The next call of this name fails so. */
    public synchronized void failNext(String call, Reason reason) {
        failures.put(call, new DataPathException(reason, "told to fail"));
    }

    /** Calls of this name complete only once the returned future does. */
    public synchronized CompletableFuture<Void> hold(String call) {
        CompletableFuture<Void> gate = new CompletableFuture<>();
        gates.put(call, gate);
        return gate;
    }

    /** Every call so far: {@code attach acme/web-1/eth0 3}. */
    public synchronized List<String> calls() {
        return List.copyOf(calls);
    }

    /** The vNIC's connections become these, as if frames had passed. */
    public synchronized void setTable(VnicId vnic, TableSnapshot table) {
        Vnic found = find(vnic);
        found.table = table;
        found.frames++;
    }

    /** As if the VM had claimed exactly these. */
    public synchronized void setDiscovered(VnicId vnic, DiscoveredAddress... found) {
        find(vnic).discovered = List.of(found);
    }

    public synchronized List<DiscoveredAddress> discovered(VnicId vnic) {
        return find(vnic).discovered;
    }

    public synchronized @Nullable TableSnapshot table(VnicId vnic) {
        Vnic found = vnics.get(vnic);
        return found == null ? null : found.table;
    }

    public synchronized @Nullable RuleTable rules(VnicId vnic) {
        Vnic found = vnics.get(vnic);
        return found == null ? null : found.rules;
    }

    public synchronized @Nullable RuleTable shadow(VnicId vnic) {
        Vnic found = vnics.get(vnic);
        return found == null ? null : found.shadow;
    }

    /** What was counted under shadows, from now on. */
    public synchronized void setShadowReports(List<ShadowReport> reports) {
        shadowReports = List.copyOf(reports);
    }

    public synchronized @Nullable VnicMode mode(VnicId vnic) {
        Vnic found = vnics.get(vnic);
        return found == null ? null : found.mode;
    }

    /** As it was attached first. */
    public synchronized VnicAttachment attachment(VnicId vnic) {
        return find(vnic).attachment;
    }

    public synchronized long epoch(VnicId vnic) {
        return find(vnic).epoch;
    }

    /** As if the process had been killed: all is forgotten. */
    public synchronized void crash() {
        vnics.clear();
        hits = new HitLedger(InstantSource.system());
    }

    // ---- DataPath

    @Override
    public CompletionStage<VnicStatus> attach(VnicAttachment attachment) {
        return call("attach", attachment.vnic(), attachment.epoch(), () -> {
            Vnic vnic = vnics.computeIfAbsent(attachment.vnic(), _ -> new Vnic(attachment));
            check(vnic, attachment.epoch());
            vnic.epoch = attachment.epoch();
            return status(vnic);
        });
    }

    @Override
    public CompletionStage<VnicStatus> installRules(VnicId id, long epoch, long revision, RuleTable rules) {
        return call("installRules", id, revision, () -> {
            Vnic vnic = find(id, epoch);
            if (revision >= vnic.revision) {
                vnic.revision = revision;
                vnic.rules = rules;
            }
            return status(vnic);
        });
    }

    @Override
    public CompletionStage<VnicStatus> installShadow(VnicId id, long epoch, long revision, @Nullable RuleTable rules) {
        return call("installShadow", id, revision, () -> {
            Vnic vnic = find(id, epoch);
            if (revision >= vnic.shadowRevision) {
                vnic.shadowRevision = revision;
                vnic.shadow = rules;
            }
            return status(vnic);
        });
    }

    @Override
    public synchronized CompletionStage<List<ShadowReport>> shadows(TenantId tenant) {
        return CompletableFuture.completedFuture(List.copyOf(shadowReports));
    }

    /** What vNICs counted of rules; a test adds to it. */
    public HitLedger hits() {
        return hits;
    }

    @Override
    public CompletionStage<HitLedger> collectHits() {
        return CompletableFuture.completedFuture(hits);
    }

    @Override
    public CompletionStage<ExportedBatch> exportNext(VnicId id, long epoch, boolean isFirst, int chunkVersion) {
        return call("exportNext", id, epoch, () -> {
            Vnic vnic = find(id, epoch);
            require(vnic, VnicMode.ENFORCING);
            vnic.isExported = true;
            return new ExportedBatch(
                    isFirst ? vnic.table.chunks() : List.of(), vnic.table.entries(), 0, true, 0, SUM, 1_000);
        });
    }

    @Override
    public CompletionStage<VnicStatus> endExport(VnicId id, long epoch) {
        return call("endExport", id, epoch, () -> {
            Vnic vnic = find(id, epoch);
            vnic.isExported = false;
            return status(vnic);
        });
    }

    @Override
    public CompletionStage<TableSum> importNext(VnicId id, long epoch, int sequence, byte[] chunk) {
        return call("importNext", id, epoch, () -> {
            Vnic vnic = find(id, epoch);
            require(vnic, VnicMode.PASSIVE, VnicMode.HOLDING);
            vnic.came.put(sequence, chunk);
            return SUM;
        });
    }

    @Override
    public CompletionStage<VnicStatus> importTable(VnicId id, long epoch, int firstSequence, TableSnapshot rest) {
        return call("importTable", id, epoch, () -> {
            Vnic vnic = find(id, epoch);
            require(vnic, VnicMode.PASSIVE, VnicMode.HOLDING);
            List<byte[]> chunks =
                    new ArrayList<>(vnic.came.headMap(firstSequence, false).values());
            chunks.addAll(rest.chunks());
            vnic.table = new TableSnapshot(chunks, rest.entries(), rest.digest());
            return status(vnic);
        });
    }

    @Override
    public CompletionStage<VnicStatus> restoreTable(VnicId id, long epoch, SavedTable saved) {
        return call("restoreTable", id, epoch, () -> {
            Vnic vnic = find(id, epoch);
            require(vnic, VnicMode.PASSIVE, VnicMode.HOLDING);
            List<byte[]> last = saved.parts().isEmpty()
                    ? List.of()
                    : saved.parts().getLast().chunks();
            vnic.table = new TableSnapshot(last, saved.entries(), Samples.digest(last));
            return status(vnic);
        });
    }

    @Override
    public CompletionStage<VnicStatus> resume(VnicId id, long epoch) {
        return call("resume", id, epoch, () -> {
            Vnic vnic = find(id, epoch);
            require(vnic, VnicMode.PASSIVE);
            vnic.mode = VnicMode.ENFORCING;
            return status(vnic);
        });
    }

    @Override
    public CompletionStage<ActivationReport> activate(VnicId id, long epoch, long forwardedFrames) {
        return call("activate", id, epoch, () -> {
            Vnic vnic = find(id, epoch);
            require(vnic, VnicMode.PASSIVE, VnicMode.HOLDING, VnicMode.ENFORCING);
            vnic.epoch = epoch;
            vnic.mode = VnicMode.ENFORCING;
            return new ActivationReport(0, forwardedFrames, 0, 1);
        });
    }

    @Override
    public CompletionStage<CutoverTarget> expectCutover(VnicId id, long epoch) {
        return call("expectCutover", id, epoch, () -> {
            Vnic vnic = find(id, epoch);
            require(vnic, VnicMode.PASSIVE);
            return new CutoverTarget(new InetSocketAddress("127.0.0.1", 1), "token-of-" + id, 1, vnic.epoch);
        });
    }

    /** Never activates by itself. */
    @Override
    public CompletionStage<SelfActivation> arm(VnicId id, long epoch, String group, int size) {
        return call("arm", id, epoch, () -> {
            throw new DataPathException(Reason.WRONG_MODE, "not in this test");
        });
    }

    @Override
    public CompletionStage<Boolean> disarm(VnicId id, long epoch) {
        return call("disarm", id, epoch, () -> find(id, epoch).mode == VnicMode.ENFORCING);
    }

    @Override
    public CompletionStage<SealedVnic> cutOver(VnicId id, long epoch, CutoverTarget target) {
        return call("cutOver", id, epoch, () -> {
            Vnic vnic = find(id, epoch);
            require(vnic, VnicMode.ENFORCING);
            vnic.mode = VnicMode.SEALED;
            List<byte[]> rest = vnic.isExported ? List.of() : vnic.table.chunks();
            return new SealedVnic(
                    new TableSnapshot(rest, vnic.table.entries(), vnic.table.digest()),
                    vnic.isExported,
                    vnic.revision,
                    0,
                    1);
        });
    }

    @Override
    public CompletionStage<VnicStatus> reclaim(VnicId id, long newEpoch) {
        return call("reclaim", id, newEpoch, () -> {
            Vnic vnic = find(id, newEpoch);
            require(vnic, VnicMode.CUTTING, VnicMode.SEALED, VnicMode.ENFORCING);
            vnic.epoch = newEpoch;
            vnic.mode = VnicMode.ENFORCING;
            return status(vnic);
        });
    }

    @Override
    public CompletionStage<VnicStatus> askBack(VnicId id, long newEpoch) {
        return reclaim(id, newEpoch);
    }

    @Override
    public CompletionStage<Void> release(VnicId id, long epoch) {
        return call("release", id, epoch, () -> {
            find(id, epoch);
            vnics.remove(id);
            return null;
        });
    }

    /** Each round has the whole table, if it has changed since the last one. */
    @Override
    public CompletionStage<CopiedPiece> copyNext(VnicId id, long copy, boolean isFirst) {
        return call("copyNext", id, 0, () -> {
            Vnic vnic = find(id);
            require(vnic, VnicMode.ENFORCING);
            TableSnapshot before = vnic.copies.put(copy, vnic.table);
            if (before == null && !isFirst) {
                vnic.copies.remove(copy);
                throw new DataPathException(Reason.WRONG_MODE, "copy " + copy + " has ended");
            }
            boolean hasChanged = isFirst || before != vnic.table;
            return new CopiedPiece(hasChanged ? vnic.table.chunks() : List.of(), vnic.table.entries(), true);
        });
    }

    @Override
    public CompletionStage<Void> keepCopy(VnicId id, long copy) {
        return call("keepCopy", id, 0, () -> {
            find(id).copies.keySet().retainAll(List.of(copy));
            return null;
        });
    }

    /** As if it had been cut over and had come back. */
    public synchronized void endCopies(VnicId id) {
        find(id).copies.clear();
    }

    @Override
    public CompletionStage<VnicStatus> status(VnicId id) {
        return call("status", id, 0, () -> status(find(id)));
    }

    @Override
    public synchronized CompletionStage<List<VnicStatus>> statuses() {
        return CompletableFuture.completedFuture(
                vnics.values().stream().map(FakeDataPath::status).toList());
    }

    /** All of them: something may always have happened. */
    @Override
    public CompletionStage<VnicNews> changedSince(long mark) {
        return statuses().thenApply(all -> new VnicNews(mark + 1, all, all.size()));
    }

    @Override
    public CompletionStage<List<ConnectionInfo>> connections(VnicId id, int limit) {
        return call("connections", id, limit, () -> {
            find(id);
            return List.of();
        });
    }

    @Override
    public CompletionStage<VnicStatus> learnAddresses(VnicId id, List<DiscoveredAddress> known, boolean forgetOthers) {
        return call("learn", id, forgetOthers ? 1 : 0, () -> {
            Vnic vnic = find(id);
            Set<DiscoveredAddress> all = new LinkedHashSet<>(forgetOthers ? List.of() : vnic.discovered);
            known.forEach(each -> all.add(each.withHeld(false)));
            vnic.discovered = List.copyOf(all);
            return status(vnic);
        });
    }

    @Override
    public CompletionStage<FlowReport> trace(VnicId id, FlowQuery query) {
        return call("trace", id, query.limit(), () -> {
            VnicStatus status = status(find(id));
            return new FlowReport(
                    id, status.epoch(), status.mode(), status.rulesHash(), status.policyRevision(), null, 0, List.of());
        });
    }

    @Override
    public CompletionStage<FlowReview> review(VnicId id, RuleTable candidate, int maxExamples) {
        return call("review", id, maxExamples, () -> {
            VnicStatus status = status(find(id));
            return new FlowReview(
                    id,
                    status.epoch(),
                    status.mode(),
                    status.rulesHash(),
                    status.policyRevision(),
                    status.connections(),
                    0,
                    0,
                    0,
                    0,
                    0,
                    0,
                    List.of());
        });
    }

    @Override
    public Map<String, Long> counters() {
        return Map.of("uplink.received", 0L);
    }

    @Override
    public void close() {}

    // ---- how it works

    private synchronized <T> CompletionStage<T> call(String name, VnicId id, long number, Supplier<T> effect) {
        calls.add(name + " " + id + " " + number);
        CompletableFuture<Void> gate = gates.getOrDefault(name, CompletableFuture.completedFuture(null));
        return gate.thenApply(_ -> {
            synchronized (this) {
                DataPathException failure = failures.remove(name);
                if (failure != null) {
                    throw failure;
                }
                return effect.get();
            }
        });
    }

    private static VnicStatus status(Vnic vnic) {
        RuleTable rules = vnic.rules;
        return new VnicStatus(
                vnic.attachment.vnic(),
                vnic.epoch,
                vnic.mode,
                rules == null ? "" : rules.hash(),
                vnic.revision,
                vnic.table.entries(),
                vnic.shadowRevision,
                vnic.shadow == null ? "" : vnic.shadow.hash(),
                Map.of("allowed.in", vnic.frames),
                vnic.attachment.protection().discovers() ? vnic.discovered : null);
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

    private static void require(Vnic vnic, VnicMode... modes) {
        if (!List.of(modes).contains(vnic.mode)) {
            throw new DataPathException(Reason.WRONG_MODE, "the vNIC is " + vnic.mode);
        }
    }
}
