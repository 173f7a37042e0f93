package io.portcullis.datapath.runtime;

import io.portcullis.datapath.classify.CompiledRules;
import io.portcullis.datapath.classify.CompiledRulesCache;
import io.portcullis.datapath.engine.FlowQuery;
import io.portcullis.datapath.engine.ShadowReport;
import io.portcullis.datapath.port.FramePort;
import io.portcullis.datapath.port.Poller;
import io.portcullis.datapath.port.PortBackend;
import io.portcullis.datapath.port.PortException;
import io.portcullis.datapath.rulelog.RuleLogEvent;
import io.portcullis.datapath.runtime.DataPathException.Reason;
import io.portcullis.datapath.track.ConnectionInfo;
import io.portcullis.datapath.track.SavedTable;
import io.portcullis.datapath.track.TableSnapshot;
import io.portcullis.datapath.track.TableSum;
import io.portcullis.policy.DiscoveredAddress;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.table.RuleTable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The data path of one host: one loop that owns the uplink and every vNIC, and the listener for the tunnels of cut-overs.
 * It starts with its process and ends with it; actors come and go. Thread-safe.
 */
public final class DataPathRuntime implements DataPath {
    private final HostCounter.Values counters;
    private final Loop loop;
    private final TunnelListener listener;
    private final VnicCommands commands;
    private final CompiledRulesCache compiledRules = new CompiledRulesCache();
    /** Of tables that are only asked about. */
    private final CompiledRulesCache candidates = new CompiledRulesCache();

    private DataPathRuntime(HostCounter.Values counters, Loop loop, TunnelListener listener, VnicCommands commands) {
        this.counters = counters;
        this.loop = loop;
        this.listener = listener;
        this.commands = commands;
    }

    /**
     * Opens the uplink and the tunnel listener and starts the loop.
     *
     * @throws PortException if the uplink cannot be opened
     * @throws IOException if the tunnel address cannot be bound
     */
    public static DataPathRuntime start(PortBackend backend, DataPathSettings settings)
            throws PortException, IOException {
        return start(backend, settings, System::nanoTime);
    }

    /** As {@link #start(PortBackend, DataPathSettings)}, with a monotonic clock of the caller's. */
    public static DataPathRuntime start(PortBackend backend, DataPathSettings settings, LongSupplier nanoClock)
            throws PortException, IOException {
        FramePort uplink = backend.openUplink(settings.uplink());
        HostCounter.Values counters = new HostCounter.Values();
        Poller poller = backend.newPoller();
        Loop loop = new Loop("datapath-0", uplink, poller, nanoClock, counters, settings);
        TunnelListener listener;
        try {
            listener = new TunnelListener(settings, counters, loop::wakeUp);
        } catch (IOException failed) {
            uplink.close();
            poller.close();
            throw failed;
        }
        VnicCommands commands = new VnicCommands(loop, backend, listener);
        loop.start();
        listener.start((vnic, tunnel) -> loop.execute(() -> commands.accept(vnic, tunnel)));
        return new DataPathRuntime(counters, loop, listener, commands);
    }

    /** Where sources of cut-overs find this host. */
    public InetSocketAddress tunnelAddress() {
        return listener.address();
    }

    @Override
    public CompletionStage<VnicStatus> attach(VnicAttachment attachment) {
        return compose(() -> commands.attach(attachment));
    }

    @Override
    public CompletionStage<VnicStatus> installRules(VnicId vnic, long epoch, long revision, RuleTable rules) {
        // here, not on the loop, which has packets to handle
        CompiledRules compiled = compiledRules.of(rules);
        return submit(() -> commands.installRules(vnic, epoch, revision, compiled));
    }

    @Override
    public CompletionStage<VnicStatus> installShadow(
            VnicId vnic, long epoch, long revision, @Nullable RuleTable rules) {
        CompiledRules compiled = rules == null ? null : compiledRules.of(rules);
        return submit(() -> commands.installShadow(vnic, epoch, revision, compiled));
    }

    @Override
    public CompletionStage<List<ShadowReport>> shadows(TenantId tenant) {
        return submit(() -> commands.shadows(tenant));
    }

    @Override
    public CompletionStage<HitLedger> collectHits() {
        return compose(loop.hits()::collect);
    }

    @Override
    public CompletionStage<ExportedBatch> exportNext(VnicId vnic, long epoch, boolean isFirst, int chunkVersion) {
        return compose(() -> commands.exportNext(vnic, epoch, isFirst, chunkVersion));
    }

    @Override
    public CompletionStage<VnicStatus> endExport(VnicId vnic, long epoch) {
        return submit(() -> commands.endExport(vnic, epoch));
    }

    @Override
    public CompletionStage<TableSum> importNext(VnicId vnic, long epoch, int sequence, byte[] chunk) {
        return compose(() -> commands.importNext(vnic, epoch, sequence, chunk));
    }

    @Override
    public CompletionStage<VnicStatus> importTable(VnicId vnic, long epoch, int firstSequence, TableSnapshot rest) {
        return compose(() -> commands.importTable(vnic, epoch, firstSequence, rest));
    }

    @Override
    public CompletionStage<VnicStatus> restoreTable(VnicId vnic, long epoch, SavedTable saved) {
        return compose(() -> commands.restoreTable(vnic, epoch, saved));
    }

    @Override
    public CompletionStage<VnicStatus> learnAddresses(
            VnicId vnic, List<DiscoveredAddress> known, boolean forgetOthers) {
        return submit(() -> {
            Vnic found = commands.find(vnic);
            found.engine.learnAddresses(known, forgetOthers);
            return found.status();
        });
    }

    @Override
    public CompletionStage<VnicStatus> resume(VnicId vnic, long epoch) {
        return submit(() -> commands.resume(vnic, epoch));
    }

    @Override
    public CompletionStage<ActivationReport> activate(VnicId vnic, long epoch, long forwardedFrames) {
        return compose(() -> commands.activate(vnic, epoch, forwardedFrames));
    }

    @Override
    public CompletionStage<CutoverTarget> expectCutover(VnicId vnic, long epoch) {
        return submit(() -> commands.expectCutover(vnic, epoch));
    }

    @Override
    public CompletionStage<SelfActivation> arm(VnicId vnic, long epoch, String group, int size) {
        return compose(() -> commands.arm(vnic, epoch, group, size));
    }

    @Override
    public CompletionStage<Boolean> disarm(VnicId vnic, long epoch) {
        return submit(() -> commands.disarm(vnic, epoch));
    }

    @Override
    public CompletionStage<SealedVnic> cutOver(VnicId vnic, long epoch, CutoverTarget target) {
        return compose(() -> commands.cutOver(vnic, epoch, target));
    }

    @Override
    public CompletionStage<VnicStatus> reclaim(VnicId vnic, long newEpoch) {
        return compose(() -> commands.reclaim(vnic, newEpoch, true));
    }

    @Override
    public CompletionStage<VnicStatus> askBack(VnicId vnic, long newEpoch) {
        return compose(() -> commands.reclaim(vnic, newEpoch, false));
    }

    @Override
    public CompletionStage<Void> release(VnicId vnic, long epoch) {
        return compose(() -> commands.release(vnic, epoch));
    }

    @Override
    public CompletionStage<CopiedPiece> copyNext(VnicId vnic, long copy, boolean isFirst) {
        return compose(() -> commands.copyNext(vnic, copy, isFirst));
    }

    @Override
    public CompletionStage<Void> keepCopy(VnicId vnic, long copy) {
        return submit(() -> {
            commands.look(vnic).copies().keep(copy);
            return null;
        });
    }

    /** All of a table at once, while frames wait: for tests, to compare with. */
    CompletionStage<TableSnapshot> snapshot(VnicId vnic) {
        return submit(() -> commands.look(vnic).engine.exportTable(loop.now()));
    }

    @Override
    public CompletionStage<VnicStatus> status(VnicId vnic) {
        return submit(() -> commands.look(vnic).status());
    }

    @Override
    public CompletionStage<List<VnicStatus>> statuses() {
        return compose(() -> loop.statuses().all());
    }

    @Override
    public CompletionStage<VnicNews> changedSince(long mark) {
        return compose(() -> loop.statuses().changedSince(mark));
    }

    @Override
    public CompletionStage<List<ConnectionInfo>> connections(VnicId vnic, int limit) {
        return submit(() -> commands.look(vnic).engine.connections(limit, loop.now()));
    }

    @Override
    public CompletionStage<FlowReport> trace(VnicId vnic, FlowQuery query) {
        return compose(() -> commands.trace(vnic, query));
    }

    @Override
    public CompletionStage<FlowReview> review(VnicId vnic, RuleTable candidate, int maxExamples) {
        // neither on the loop nor on the caller's thread, and rules that are to be installed do not wait for it
        return CompletableFuture.supplyAsync(() -> candidates.of(candidate))
                .thenCompose(compiled -> compose(() -> commands.review(vnic, compiled, maxExamples)));
    }

    @Override
    public Map<String, Long> counters() {
        Map<String, Long> all = counters.toMap();
        all.put("hits.forgotten", loop.hits().ledger().forgotten());
        loop.uplinkCounters().forEach((name, count) -> all.merge("uplink.port." + name, count, Long::sum));
        return all;
    }

    @Override
    public int drainRuleLog(Consumer<RuleLogEvent> consumer, int limit) {
        return loop.ruleLog().drain(consumer, limit);
    }

    @Override
    public void close() {
        listener.close();
        loop.stop();
    }

    private <T> CompletionStage<T> submit(Supplier<T> command) {
        return compose(() -> CompletableFuture.completedFuture(command.get()));
    }

    /** Runs a command on the loop; what it throws completes this command and nothing else. */
    private <T> CompletionStage<T> compose(Supplier<? extends CompletionStage<T>> command) {
        CompletableFuture<T> result = new CompletableFuture<>();
        boolean taken = loop.offer(() -> run(command, result));
        if (loop.isStopping()) {
            result.completeExceptionally(closed());
        } else if (!taken) {
            counters.add(HostCounter.COMMANDS_REFUSED_BUSY);
            result.completeExceptionally(new DataPathException(Reason.BUSY, "too many commands wait"));
        }
        return result;
    }

    private <T> void run(Supplier<? extends CompletionStage<T>> command, CompletableFuture<T> result) {
        if (loop.isStopping()) {
            result.completeExceptionally(closed());
            return;
        }
        try {
            command.get().whenComplete((value, failure) -> {
                if (failure == null) {
                    result.complete(value);
                } else {
                    result.completeExceptionally(DataPathException.causeOf(failure));
                }
            });
        } catch (RuntimeException failure) {
            if (!(failure instanceof DataPathException)) {
                counters.add(HostCounter.COMMAND_FAILURES);
            }
            result.completeExceptionally(failure);
        }
    }

    private static DataPathException closed() {
        return new DataPathException(Reason.CLOSED, "the data path is shut down");
    }
}
