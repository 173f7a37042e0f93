package io.portcullis.datapath.runtime;

import io.portcullis.datapath.classify.CompiledRules;
import io.portcullis.datapath.engine.FlowQuery;
import io.portcullis.datapath.engine.FlowSearch;
import io.portcullis.datapath.engine.LiveFlowReview;
import io.portcullis.datapath.engine.ShadowReport;
import io.portcullis.datapath.engine.Survey;
import io.portcullis.datapath.port.PortBackend;
import io.portcullis.datapath.port.PortException;
import io.portcullis.datapath.port.VmPort;
import io.portcullis.datapath.runtime.DataPathException.Reason;
import io.portcullis.datapath.track.SavedTable;
import io.portcullis.datapath.track.TableSnapshot;
import io.portcullis.datapath.track.TableSum;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VnicId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The commands of {@link DataPath} as they run on the loop's thread. Each checks the epoch first; a refusal is thrown or
 * completes the future, and changes nothing.
 */
final class VnicCommands {
    private final Loop loop;
    private final PortBackend backend;
    private final TunnelListener listener;
    private final Surveys surveys;
    private final Map<VnicId, CompletableFuture<VnicStatus>> attaching = new HashMap<>();
    private final Map<String, ArmedGroup> armed = new HashMap<>();
    private final Map<VnicId, CompletableFuture<@Nullable Void>> releasing = new HashMap<>();

    VnicCommands(Loop loop, PortBackend backend, TunnelListener listener) {
        this.loop = loop;
        this.backend = backend;
        this.listener = listener;
        surveys = new Surveys(loop);
    }

    // ---- attaching

    CompletableFuture<VnicStatus> attach(VnicAttachment attachment) {
        CompletableFuture<@Nullable Void> leaving = releasing.get(attachment.vnic());
        if (leaving != null && !leaving.isDone()) {
            return leaving.handle((_, _) -> attachment).thenCompose(this::attach);
        }
        CompletableFuture<VnicStatus> earlier = attaching.get(attachment.vnic());
        if (earlier != null) {
            return earlier.handle((_, _) -> attachment).thenCompose(this::attach);
        }
        Vnic present = loop.vnic(attachment.vnic());
        if (present != null) {
            loop.changing(present);
            return CompletableFuture.completedFuture(attachAgain(present, attachment));
        }
        if (loop.vnicCount() + attaching.size() >= loop.limits().vnics()) {
            throw new DataPathException(Reason.CAPACITY, "this host has its limit of vNICs attached");
        }
        if (loop.hostSwitch().isTaken(attachment)) {
            throw new DataPathException(
                    Reason.DUPLICATE_MAC, "the segment has another vNIC with " + attachment.mac() + " here");
        }
        CompletableFuture<VnicStatus> result = new CompletableFuture<>();
        attaching.put(attachment.vnic(), result);
        // Opening enters another network namespace and takes milliseconds: not on the loop's thread.
        Thread.ofPlatform().daemon().name("open-port").start(() -> open(attachment, result));
        return result;
    }

    private VnicStatus attachAgain(Vnic present, VnicAttachment attachment) {
        checkEpoch(present, attachment.epoch());
        if (!present.attachment().isSameAs(attachment)) {
            throw wrongMode(present, "attached here as something else; release it first");
        }
        // What was handed over keeps its epoch: only with a higher one it comes back, and that is for who reclaims it
        // to say.
        if (attachment.epoch() > present.epoch() && present.source == null) {
            if (present.destination != null) {
                present.destination.disarm("attached again under epoch " + attachment.epoch());
            }
            present.revoked = false;
            present.raiseEpoch(attachment.epoch());
        }
        return present.status();
    }

    /** On a thread of its own. */
    private void open(VnicAttachment attachment, CompletableFuture<VnicStatus> result) {
        try {
            VmPort port = backend.openVmPort(attachment.port(), attachment.mac());
            loop.execute(() -> opened(attachment, port, result));
        } catch (PortException | RuntimeException failed) {
            String why = String.valueOf(failed.getMessage());
            String which = why.startsWith(attachment.port()) ? "" : attachment.port() + ": ";
            DataPathException refusal = new DataPathException(Reason.PORT, "port " + which + why, failed);
            loop.execute(() -> {
                attaching.remove(attachment.vnic());
                result.completeExceptionally(refusal);
            });
        }
    }

    private void opened(VnicAttachment attachment, VmPort port, CompletableFuture<VnicStatus> result) {
        attaching.remove(attachment.vnic());
        if (loop.isStopping()) {
            port.close();
            result.completeExceptionally(new DataPathException(Reason.CLOSED, "the data path is shut down"));
            return;
        }
        if (loop.hostSwitch().isTaken(attachment)) {
            port.close();
            result.completeExceptionally(new DataPathException(
                    Reason.DUPLICATE_MAC, "the segment has another vNIC with " + attachment.mac() + " here"));
            return;
        }
        try {
            Vnic vnic = new Vnic(attachment, port, loop.limits(), loop.engineScratch(), loop.now());
            vnic.engine.logTo(loop.ruleLog());
            loop.add(vnic);
            result.complete(vnic.status());
        } catch (RuntimeException failed) {
            port.close();
            result.completeExceptionally(failed);
        }
    }

    // ---- rules and state

    VnicStatus installRules(VnicId id, long epoch, long revision, CompiledRules rules) {
        Vnic vnic = find(id, epoch);
        boolean isNew = !rules.table().hash().equals(vnic.engine.rulesHash());
        loop.hits().take(vnic); // a rule that is in the next table no more keeps what it counted
        if (vnic.engine.install(revision, rules, loop.now()) && isNew) {
            judgeLive(vnic);
        }
        return vnic.status();
    }

    VnicStatus installShadow(VnicId id, long epoch, long revision, @Nullable CompiledRules rules) {
        Vnic vnic = find(id, epoch);
        if (rules != null && surveys.isFull()) {
            throw surveys.busy(); // what is not judged now never would be
        }
        if (vnic.engine.installShadow(revision, rules)) {
            judgeLive(vnic);
        }
        return vnic.status();
    }

    /** Under the shadow, if there is one; where too much is looked at already, the counts of the last time stay. */
    private void judgeLive(Vnic vnic) {
        Survey survey = surveys.isFull() ? null : vnic.engine.judgeLive();
        if (survey != null) {
            var _ = surveys.begin(vnic, survey, () -> true);
        }
    }

    /** Of all vNICs of a tenant that have a shadow. */
    List<ShadowReport> shadows(TenantId tenant) {
        List<ShadowReport> reports = new ArrayList<>();
        for (Vnic vnic : loop.vnics()) {
            ShadowReport report = vnic.id().tenant().equals(tenant) ? vnic.engine.shadowReport(loop.now()) : null;
            if (report != null) {
                reports.add(report);
            }
        }
        return reports;
    }

    // ---- a table that leaves, in rounds

    CompletableFuture<ExportedBatch> exportNext(VnicId id, long epoch, boolean isFirst, int chunkVersion) {
        Vnic vnic = find(id, epoch);
        if (vnic.mode() != VnicMode.ENFORCING || vnic.source != null) {
            throw wrongMode(vnic, "not enforcing, or being cut over already");
        }
        if (isFirst) {
            vnic.endExport();
            vnic.outgoing = new OutgoingTable(loop, vnic, vnic.engine.beginExport(chunkVersion), loop.stateWorker());
        }
        if (vnic.outgoing == null) {
            throw wrongMode(vnic, "its table is exported no more; begin again");
        }
        return vnic.outgoing.next();
    }

    VnicStatus endExport(VnicId id, long epoch) {
        Vnic vnic = find(id, epoch);
        if (vnic.source == null) {
            vnic.endExport();
        }
        return vnic.status();
    }

    // ---- a table that comes

    CompletableFuture<TableSum> importNext(VnicId id, long epoch, int sequence, byte[] chunk) {
        Vnic vnic = findToFill(id, epoch);
        if (sequence == 0) {
            vnic.endImport();
            vnic.incoming = new IncomingTable(loop, vnic);
        }
        if (vnic.incoming == null) {
            throw wrongMode(vnic, "nothing of a table has come yet");
        }
        return vnic.incoming.add(sequence, chunk);
    }

    CompletableFuture<VnicStatus> importTable(VnicId id, long epoch, int firstSequence, TableSnapshot rest) {
        Vnic vnic = findToFill(id, epoch);
        if (vnic.destination != null && vnic.destination.hasTable(rest)) {
            return CompletableFuture.completedFuture(vnic.status());
        }
        IncomingTable incoming = vnic.incoming;
        if (incoming == null || firstSequence == 0) {
            vnic.endImport();
            incoming = new IncomingTable(loop, vnic);
            vnic.incoming = incoming;
        }
        return incoming.finish(firstSequence, rest)
                .whenComplete((_, _) -> vnic.endImport())
                .thenApply(_ -> {
                    lookAtImported(vnic);
                    return vnic.status();
                });
    }

    CompletableFuture<VnicStatus> restoreTable(VnicId id, long epoch, SavedTable saved) {
        Vnic vnic = findToFill(id, epoch);
        vnic.endImport();
        if (saved.equals(SavedTable.EMPTY) && vnic.engine.connectionCount() == 0) {
            return CompletableFuture.completedFuture(vnic.status());
        }
        IncomingTable incoming = new IncomingTable(loop, vnic);
        vnic.incoming = incoming;
        return incoming.restore(saved, loop.wallClock().instant())
                .whenComplete((_, _) -> {
                    if (vnic.incoming == incoming) {
                        vnic.endImport();
                    }
                })
                .thenApply(_ -> {
                    lookAtImported(vnic);
                    return vnic.status();
                });
    }

    private void lookAtImported(Vnic vnic) {
        loop.changing(vnic);
        if (!surveys.isFull()) {
            var _ = surveys.begin(vnic, vnic.engine.countWaiting(loop.now()), () -> true);
        }
        judgeLive(vnic);
    }

    private Vnic findToFill(VnicId id, long epoch) {
        Vnic vnic = find(id, epoch);
        if (vnic.mode() != VnicMode.PASSIVE && vnic.mode() != VnicMode.HOLDING) {
            throw wrongMode(vnic, "not PASSIVE or HOLDING, its table is in use");
        }
        if (vnic.source != null) {
            throw wrongMode(vnic, "being reclaimed, its table is here");
        }
        return vnic;
    }

    VnicStatus resume(VnicId id, long epoch) {
        Vnic vnic = find(id, epoch);
        if (vnic.mode() != VnicMode.PASSIVE || vnic.revoked || vnic.source != null || vnic.destination != null) {
            throw wrongMode(vnic, "not PASSIVE, or part of a cut-over");
        }
        enforce(vnic);
        return vnic.status();
    }

    private static void enforce(Vnic vnic) {
        vnic.setMode(VnicMode.ENFORCING);
        vnic.port.steerTo(0);
    }

    CompletableFuture<ActivationReport> activate(VnicId id, long epoch, long forwardedFrames) {
        Vnic vnic = find(id, epoch);
        if (vnic.mode() == VnicMode.ENFORCING) {
            return CompletableFuture.completedFuture(new ActivationReport(0, 0, 0, 0));
        }
        if (vnic.revoked) {
            throw new DataPathException(Reason.STALE_EPOCH, "epoch " + vnic.epoch() + " of " + id + " was given back");
        }
        if (vnic.source != null || (vnic.mode() != VnicMode.PASSIVE && vnic.mode() != VnicMode.HOLDING)) {
            throw wrongMode(vnic, "not PASSIVE or HOLDING");
        }
        vnic.raiseEpoch(epoch);
        if (vnic.destination != null) {
            return vnic.destination.activate(forwardedFrames);
        }
        enforce(vnic);
        loop.hostSwitch().announce(vnic);
        return CompletableFuture.completedFuture(new ActivationReport(0, 0, 0, loop.now() - vnic.attachedNanos));
    }

    /** The group ends with its last vNIC: whoever arms again names another one. */
    CompletableFuture<SelfActivation> arm(VnicId id, long epoch, String group, int size) {
        Vnic vnic = find(id, epoch);
        if (vnic.destination == null || vnic.mode() == VnicMode.ENFORCING) {
            throw wrongMode(vnic, "not the destination of a cut-over");
        }
        vnic.raiseEpoch(epoch);
        CompletableFuture<SelfActivation> result =
                vnic.destination.arm(armed.computeIfAbsent(group, _ -> new ArmedGroup(size)));
        return result.whenComplete((_, _) -> {
            armed.remove(group);
            if (vnic.mode() == VnicMode.ENFORCING) {
                lookAtImported(vnic);
            }
        });
    }

    /** Whether the vNIC enforces; if not, it will only by an order that comes later. */
    boolean disarm(VnicId id, long epoch) {
        Vnic vnic = find(id, epoch);
        if (vnic.destination != null) {
            vnic.destination.waitForOrders();
        }
        return vnic.mode() == VnicMode.ENFORCING;
    }

    CompletableFuture<CopiedPiece> copyNext(VnicId id, long copy, boolean isFirst) {
        Vnic vnic = look(id);
        if (vnic.mode() != VnicMode.ENFORCING) {
            throw wrongMode(vnic, "only what it enforces with is copied");
        }
        return vnic.copies().next(loop, copy, isFirst);
    }

    // ---- looking

    CompletableFuture<FlowReport> trace(VnicId id, FlowQuery query) {
        Vnic vnic = look(id);
        FlowSearch search = vnic.engine.search(query);
        return surveys.begin(
                vnic, search, () -> FlowReport.of(vnic, search.verdict(), search.matching(), search.connections()));
    }

    CompletableFuture<FlowReview> review(VnicId id, CompiledRules candidate, int maxExamples) {
        Vnic vnic = look(id);
        LiveFlowReview review = vnic.engine.review(candidate, maxExamples);
        return surveys.begin(vnic, review, () -> FlowReview.of(vnic, review));
    }

    // ---- cut-over

    CutoverTarget expectCutover(VnicId id, long epoch) {
        Vnic vnic = find(id, epoch);
        if (vnic.mode() != VnicMode.PASSIVE
                || vnic.revoked
                || (vnic.destination != null && !vnic.destination.isReplaceable())) {
            throw wrongMode(vnic, "not free to take part in a cut-over");
        }
        if (vnic.destination != null) {
            vnic.destination.abandon();
        }
        vnic.destination = new CutoverDestination(loop, vnic);
        loop.begin(vnic.destination);
        String token = listener.expect(id);
        return new CutoverTarget(listener.address(), token, CutoverDestination.QUEUE, vnic.epoch());
    }

    void accept(VnicId id, Tunnel tunnel) {
        Vnic vnic = loop.vnic(id);
        if (vnic == null || vnic.destination == null || loop.isStopping()) {
            tunnel.abort();
        } else {
            vnic.destination.accept(tunnel);
        }
    }

    CompletableFuture<SealedVnic> cutOver(VnicId id, long epoch, CutoverTarget target) {
        Vnic vnic = find(id, epoch);
        if (target.epoch() <= vnic.epoch()) {
            throw new DataPathException(
                    Reason.STALE_EPOCH,
                    "the destination of " + id + " has epoch " + target.epoch() + ", here is " + vnic.epoch());
        }
        if (vnic.mode() != VnicMode.ENFORCING || vnic.source != null) {
            throw wrongMode(vnic, "not enforcing, or being cut over already");
        }
        if (vnic.destination != null) {
            throw wrongMode(vnic, "still joined to the source that it came from");
        }
        if (vnic.outgoing != null && vnic.outgoing.isBusy()) {
            throw wrongMode(vnic, "a piece of its table is under way");
        }
        vnic.endCopies(); // the cut has the loop for itself
        CutoverSource source = new CutoverSource(loop, vnic, target);
        vnic.source = source;
        loop.begin(source);
        source.start();
        return source.sealed();
    }

    CompletableFuture<VnicStatus> reclaim(VnicId id, long newEpoch, boolean unheard) {
        Vnic vnic = find(id, newEpoch);
        if (vnic.source != null) {
            return vnic.source.reclaim(newEpoch, unheard).thenApply(Vnic::status);
        }
        if (vnic.mode() != VnicMode.ENFORCING) {
            throw wrongMode(vnic, "not the source of a cut-over");
        }
        if (newEpoch > vnic.epoch()) {
            vnic.endExport(); // what was to be handed over under the old one
        }
        vnic.raiseEpoch(newEpoch);
        return CompletableFuture.completedFuture(vnic.status());
    }

    CompletableFuture<@Nullable Void> release(VnicId id, long epoch) {
        CompletableFuture<@Nullable Void> leaving = releasing.get(id);
        if (leaving != null) {
            return leaving;
        }
        Vnic vnic = find(id, epoch);
        listener.forget(id);
        CompletableFuture<@Nullable Void> result;
        if (vnic.source != null) {
            result = vnic.source.release();
        } else if (vnic.destination != null && vnic.destination.mustReturn()) {
            result = vnic.destination.release();
        } else {
            loop.remove(vnic);
            vnic.close();
            return CompletableFuture.completedFuture(null);
        }
        if (!result.isDone()) {
            releasing.put(id, result);
            var _ = result.whenComplete((_, _) -> releasing.remove(id, result));
        }
        return result;
    }

    // ---- finding

    /** One that is about to be changed. */
    Vnic find(VnicId id) {
        Vnic vnic = look(id);
        loop.changing(vnic);
        return vnic;
    }

    /** One that stays as it is. */
    Vnic look(VnicId id) {
        Vnic vnic = loop.vnic(id);
        if (vnic == null) {
            throw new DataPathException(Reason.UNKNOWN_VNIC, id + " is not attached here");
        }
        return vnic;
    }

    private Vnic find(VnicId id, long epoch) {
        Vnic vnic = find(id);
        checkEpoch(vnic, epoch);
        return vnic;
    }

    private static void checkEpoch(Vnic vnic, long epoch) {
        if (epoch < vnic.epoch()) {
            throw new DataPathException(
                    Reason.STALE_EPOCH, "epoch " + epoch + " of " + vnic.id() + " is over, here is " + vnic.epoch());
        }
    }

    private static DataPathException wrongMode(Vnic vnic, String why) {
        return new DataPathException(Reason.WRONG_MODE, vnic.id() + " is " + vnic.mode() + ": " + why);
    }
}
