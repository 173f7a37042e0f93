package io.portcullis.migration;

import io.portcullis.datapath.runtime.ActivationReport;
import io.portcullis.datapath.runtime.CutoverTarget;
import io.portcullis.datapath.runtime.ExportedBatch;
import io.portcullis.datapath.runtime.SealedVnic;
import io.portcullis.datapath.runtime.SelfActivation;
import io.portcullis.datapath.runtime.VnicMode;
import io.portcullis.datapath.runtime.VnicStatus;
import io.portcullis.datapath.track.TableSnapshot;
import io.portcullis.datapath.track.TableSum;
import io.portcullis.migration.model.EnforcementHistory;
import io.portcullis.migration.model.ImportReport;
import io.portcullis.migration.model.ReplicaPlace;
import io.portcullis.migration.model.Restored;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.vnic.RefusalCode;
import io.portcullis.vnic.VmSpec;
import io.portcullis.vnic.VnicSpec;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A host whose vNICs are entries in a map: fences epochs and modes as a real one, and fails or hangs where a test says so. */
final class FakeVmHost implements VmHost {
    enum Op {
        WOULD_TAKE,
        ATTACH,
        DETACH,
        ADMIT,
        EXPECT,
        EXPORT,
        END_EXPORT,
        IMPORT_NEXT,
        KEEP_AHEAD,
        ARM,
        DISARM,
        CUT,
        IMPORT,
        ACTIVATE,
        RECLAIM,
        RELEASE,
        STATUSES
    }

    static final long REVISION = 7;

    private static final class Vnic {
        long epoch;
        VnicMode mode = VnicMode.PASSIVE;
        List<byte[]> table = List.of();
        /** Chunks that were taken in before the table was whole. */
        final List<byte[]> came = new ArrayList<>();

        boolean isExported;
        /** Chunks that an export has sent. */
        int exported;

        boolean revoked;
    }

    private final HostId host;
    private final EnforcementHistory ledger;
    private final Map<VnicId, Vnic> vnics = new LinkedHashMap<>();
    private int loads;
    private final Map<VmId, VmSpec> attached = new LinkedHashMap<>();
    private final Map<Op, List<HostRefusal>> failures = new EnumMap<>(Op.class);
    private final Map<Op, CompletableFuture<Void>> gates = new EnumMap<>(Op.class);
    /** How many calls pass before one ends with a bug. */
    private final Map<Op, Integer> mistakes = new EnumMap<>(Op.class);

    private final Map<Op, Integer> calls = new EnumMap<>(Op.class);
    private final Set<VnicId> neverCut = new TreeSet<>((a, b) -> a.toString().compareTo(b.toString()));
    private int freeVnics = 100;
    private boolean sealsSilently;
    private boolean draining;
    private boolean rulesMissing;
    private int changedPerRound;
    private int chunksPerPiece = Integer.MAX_VALUE;
    /** Done when the first piece may be answered. */
    private final CompletableFuture<Void> overtaken = new CompletableFuture<>();

    private int asked;
    private boolean answersOvertake;
    private int damages;
    /** Chunks are taken one after the other, as on a thread of their own. */
    private CompletionStage<@Nullable Void> lastTaken = CompletableFuture.completedFuture(null);

    FakeVmHost(HostId host, EnforcementHistory ledger) {
        this.host = host;
        this.ledger = ledger;
    }

    // ---- what tests set and ask

    synchronized void failNext(Op op, RefusalCode code, int times) {
        for (int i = 0; i < times; i++) {
            failures.computeIfAbsent(op, key -> new ArrayList<>())
                    .add(new HostRefusal(code, op + " fails in this test"));
        }
    }

    /** Whoever calls it after {@code calls} others meets a bug, once. */
    synchronized void blunder(Op op, int calls) {
        mistakes.put(op, calls);
    }

    /** Whether somebody has met each bug. */
    synchronized boolean hasBlundered() {
        return mistakes.isEmpty();
    }

    synchronized void hang(Op op) {
        gates.put(op, new CompletableFuture<>());
    }

    void goOn(Op op) {
        CompletableFuture<Void> gate;
        synchronized (this) {
            gate = gates.remove(op);
        }
        if (gate != null) {
            gate.complete(null);
        }
    }

    synchronized int calls(Op op) {
        return calls.getOrDefault(op, 0);
    }

    synchronized void keepRulesFrom(boolean missing) {
        rulesMissing = missing;
    }

    synchronized void free(int vnicCount) {
        freeVnics = vnicCount;
    }

    synchronized void neverCut(VnicId vnic) {
        neverCut.add(vnic);
    }

    /** Cuts over and seals, but its answer is lost. */
    synchronized void sealSilently() {
        sealsSilently = true;
    }

    /** As if a session had activated the VM and then its node's actors were lost with all their messages. */
    synchronized void activateUnseen(VmSpec spec, long epoch) {
        spec.vnicIds().forEach(vnic -> {
            find(vnic).epoch = epoch;
            find(vnic).mode = VnicMode.ENFORCING;
        });
    }

    synchronized void fill(VnicId vnic, int chunks) {
        List<byte[]> table = new ArrayList<>();
        for (int i = 0; i < chunks; i++) {
            table.add(("chunk " + i + " of " + vnic).getBytes(java.nio.charset.StandardCharsets.UTF_8));
        }
        find(vnic).table = table;
    }

    /** As if so many connections had changed whenever a piece of a table is exported. */
    synchronized void changePerRound(int connections) {
        changedPerRound = connections;
    }

    /** Tables leave in pieces of one chunk; the first is answered only when the second has been and a third is asked for. */
    synchronized void exportInPiecesThatOvertake() {
        chunksPerPiece = 1;
        answersOvertake = true;
    }

    /** Of so many chunks that come next something else is kept, and nobody notices. */
    synchronized void damageNext(int chunks) {
        damages = chunks;
    }

    /** Chunks that have come ahead of a cut. */
    synchronized int imported(VnicId vnic) {
        return find(vnic).came.size();
    }

    /** Whether the vNIC notes what changes in its table. */
    synchronized boolean isExported(VnicId vnic) {
        return find(vnic).isExported;
    }

    synchronized List<String> tableOf(VnicId vnic) {
        return find(vnic).table.stream().map(String::new).toList();
    }

    synchronized @Nullable VnicMode mode(VnicId vnic) {
        Vnic found = vnics.get(vnic);
        return found == null ? null : found.mode;
    }

    synchronized long epoch(VnicId vnic) {
        return find(vnic).epoch;
    }

    /** As a killed process: everything is gone, and nothing that hangs comes back. */
    synchronized void die() {
        vnics.keySet().forEach(vnic -> ledger.stops(vnic, host));
        vnics.clear();
        gates.clear();
        for (Op op : Op.values()) {
            gates.put(op, new CompletableFuture<>());
        }
    }

    synchronized void comeBack() {
        gates.clear();
        failures.clear();
    }

    // ---- VmHost

    @Override
    public HostId host() {
        return host;
    }

    @Override
    public CompletionStage<Void> wouldTake(VmSpec spec) {
        return run(Op.WOULD_TAKE, () -> admission(spec));
    }

    @Override
    public synchronized CompletionStage<AgentCommand.HostLoad> load(List<VmId> besides) {
        loads++;
        Map<VmId, Long> vms = vnics.keySet().stream()
                .map(VnicId::vm)
                .filter(vm -> !besides.contains(vm))
                .collect(Collectors.groupingBy(vm -> vm, Collectors.counting()));
        return CompletableFuture.completedFuture(new AgentCommand.HostLoad(
                host,
                vms.entrySet().stream()
                        .map(vm -> new AgentCommand.VmWeight(
                                vm.getKey(), vm.getValue().intValue(), connections(vm.getKey()), 0))
                        .toList(),
                freeVnics,
                !draining));
    }

    /** How often it was asked what it carries. */
    synchronized int loads() {
        return loads;
    }

    private long connections(VmId vm) {
        return vnics.entrySet().stream()
                .filter(vnic -> vnic.getKey().vm().equals(vm))
                .mapToLong(vnic -> vnic.getValue().table.size())
                .sum();
    }

    @Override
    public synchronized CompletionStage<Void> setDraining(boolean on) {
        draining = on;
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletionStage<Void> attach(VmSpec spec, long epoch) {
        return run(Op.ATTACH, () -> {
            admission(spec);
            attached.put(spec.vm(), spec);
            spec.vnics().forEach(vnic -> enforce(vnic.vnic(), put(vnic, epoch), epoch));
            return null;
        });
    }

    @Override
    public CompletionStage<Restored> takeOver(VmSpec spec, long epoch, @Nullable ReplicaPlace replica) {
        return attach(spec, epoch)
                .thenApply(_ -> replica == null ? Restored.nothing("none") : new Restored(replica.host(), 5, 7, null));
    }

    @Override
    public CompletionStage<Void> detach(VmSpec spec, long epoch) {
        return run(Op.DETACH, () -> {
            remove(spec, epoch);
            return null;
        });
    }

    @Override
    public CompletionStage<Void> clear(VmSpec spec, long epoch) {
        return detach(spec, epoch);
    }

    @Override
    public CompletionStage<Long> admit(VmSpec spec, long epoch) {
        return run(Op.ADMIT, () -> {
            admission(spec);
            spec.vnics().forEach(vnic -> put(vnic, epoch));
            return rulesMissing ? 0L : REVISION;
        });
    }

    @Override
    public CompletionStage<CutoverTarget> expectCutover(VnicId vnic, long epoch) {
        return run(
                Op.EXPECT,
                () -> new CutoverTarget(
                        InetSocketAddress.createUnresolved("127.0.0.1", 1), "token", 1, checked(vnic, epoch).epoch));
    }

    @Override
    public CompletionStage<SealedVnic> cutOver(VnicId vnic, long epoch, CutoverTarget target) {
        return run(Op.CUT, () -> {
            Vnic found = checked(vnic, epoch);
            if (neverCut.contains(vnic)) {
                throw new HostRefusal(RefusalCode.HOST_UNAVAILABLE, "tunnel of " + vnic + " broke");
            }
            if (found.mode != VnicMode.ENFORCING) {
                throw new HostRefusal(RefusalCode.WRONG_STATE, vnic + " is " + found.mode);
            }
            found.mode = VnicMode.SEALED;
            ledger.seals(vnic, host);
            if (sealsSilently) {
                throw new HostRefusal(RefusalCode.TIMEOUT, vnic + " did not answer in time");
            }
            TableSnapshot whole = snapshot(found.table);
            boolean isRest = found.isExported;
            found.isExported = false;
            List<byte[]> rest = found.table.subList(isRest ? found.exported : 0, found.table.size());
            return new SealedVnic(new TableSnapshot(rest, whole.entries(), whole.digest()), isRest, REVISION, 3, 1_000);
        });
    }

    /** Each piece is made when it is asked for, whenever it is answered. */
    @Override
    public CompletionStage<ExportedBatch> exportNext(VnicId vnic, long epoch, boolean isFirst, int chunkVersion) {
        CompletionStage<ExportedBatch> made = export(vnic, epoch, isFirst);
        boolean isThird;
        synchronized (this) {
            asked = isFirst ? 1 : asked + 1;
            if (answersOvertake && isFirst) {
                return overtaken.thenCompose(_ -> made);
            }
            isThird = asked > 2;
        }
        if (isThird) {
            overtaken.complete(null);
        }
        return made;
    }

    private CompletionStage<ExportedBatch> export(VnicId vnic, long epoch, boolean isFirst) {
        return run(Op.EXPORT, () -> {
            Vnic found = checked(vnic, epoch);
            if (found.mode != VnicMode.ENFORCING || !(isFirst || found.isExported)) {
                throw new HostRefusal(RefusalCode.WRONG_STATE, vnic + " is " + found.mode);
            }
            int from = isFirst ? 0 : found.exported;
            int to = Math.min(found.table.size() - from, chunksPerPiece) + from;
            List<byte[]> chunks = List.copyOf(found.table.subList(from, to));
            found.isExported = true;
            found.exported = to;
            return new ExportedBatch(
                    chunks,
                    chunks.size(),
                    0,
                    to == found.table.size(),
                    changedPerRound,
                    sum(found.table.subList(0, to)),
                    1);
        });
    }

    @Override
    public CompletionStage<Void> endExport(VnicId vnic, long epoch) {
        return run(Op.END_EXPORT, () -> {
            checked(vnic, epoch).isExported = false;
            return null;
        });
    }

    @Override
    public synchronized CompletionStage<TableSum> importNext(VnicId vnic, long epoch, int sequence, byte[] chunk) {
        blunder(Op.IMPORT_NEXT);
        CompletionStage<TableSum> taken = lastTaken.thenCompose(before -> importNextNow(vnic, epoch, sequence, chunk));
        lastTaken = taken.handle((done, failure) -> null);
        return taken;
    }

    @Override
    public CompletionStage<Void> keepAhead(VmSpec spec, long epoch) {
        return run(Op.KEEP_AHEAD, () -> null);
    }

    private CompletionStage<TableSum> importNextNow(VnicId vnic, long epoch, int sequence, byte[] chunk) {
        return run(Op.IMPORT_NEXT, () -> {
            List<byte[]> came = checked(vnic, epoch).came;
            if (sequence == 0) {
                came.clear();
            }
            if (sequence != came.size()) {
                throw new HostRefusal(RefusalCode.WRONG_STATE, "chunk " + sequence + " is not the next one");
            }
            came.add(damages-- > 0 ? new byte[] {13} : chunk);
            return sum(came);
        });
    }

    @Override
    public CompletionStage<ImportReport> importTable(VnicId vnic, long epoch, int firstSequence, TableSnapshot rest) {
        return run(Op.IMPORT, () -> {
            Vnic found = checked(vnic, epoch);
            List<byte[]> all = new ArrayList<>(found.came.subList(0, firstSequence));
            all.addAll(rest.chunks());
            TableSnapshot here = snapshot(all);
            if (here.digest() != rest.digest()) {
                throw new HostRefusal(RefusalCode.INVALID, "digest differs");
            }
            found.table = all;
            return new ImportReport(here.entries(), here.digest());
        });
    }

    /** Nothing enforces by itself here. */
    @Override
    public CompletionStage<SelfActivation> arm(VnicId vnic, long epoch, String group, int size) {
        return run(Op.ARM, () -> {
            throw new HostRefusal(RefusalCode.WRONG_STATE, "not by itself");
        });
    }

    @Override
    public CompletionStage<Boolean> disarm(VnicId vnic, long epoch) {
        return run(Op.DISARM, () -> checked(vnic, epoch).mode == VnicMode.ENFORCING);
    }

    @Override
    public CompletionStage<ActivationReport> activate(
            VnicId vnic, long epoch, long forwardedFrames, long minimumRevision) {
        return run(Op.ACTIVATE, () -> {
            Vnic found = checked(vnic, epoch);
            if (found.revoked || minimumRevision > REVISION) {
                throw new HostRefusal(RefusalCode.STALE_EPOCH, "revoked, or rules are missing");
            }
            enforce(vnic, found, epoch);
            return new ActivationReport(5, forwardedFrames, 0, 2_000);
        });
    }

    @Override
    public CompletionStage<Void> reclaim(VmSpec spec, long newEpoch) {
        return run(Op.RECLAIM, () -> {
            spec.vnics().forEach(vnic -> enforce(vnic.vnic(), put(vnic, newEpoch), newEpoch));
            return null;
        });
    }

    @Override
    public CompletionStage<Void> release(VmSpec spec, long epoch, HostId movedTo, long newEpoch) {
        return run(Op.RELEASE, () -> {
            remove(spec, epoch);
            return null;
        });
    }

    @Override
    public CompletionStage<List<VnicStatus>> statuses(VmSpec spec) {
        return run(
                Op.STATUSES,
                () -> spec.vnicIds().stream()
                        .filter(vnics::containsKey)
                        .map(vnic -> new VnicStatus(
                                vnic,
                                find(vnic).epoch,
                                find(vnic).mode,
                                "",
                                REVISION,
                                find(vnic).table.size(),
                                Map.of()))
                        .toList());
    }

    @Override
    public synchronized CompletionStage<List<VmSpec>> waitingVms() {
        return CompletableFuture.completedFuture(attached.values().stream()
                .filter(spec -> spec.vnicIds().stream().anyMatch(vnic -> mode(vnic) == VnicMode.SEALED))
                .toList());
    }

    // ---- inside

    private <T extends @Nullable Object> CompletionStage<T> run(Op op, Supplier<T> action) {
        CompletableFuture<Void> gate;
        synchronized (this) {
            calls.merge(op, 1, Integer::sum);
            blunder(op);
            gate = gates.getOrDefault(op, CompletableFuture.completedFuture(null));
        }
        return gate.thenApply(open -> {
            synchronized (this) {
                List<HostRefusal> failing = failures.getOrDefault(op, List.of());
                if (!failing.isEmpty()) {
                    throw failing.removeFirst();
                }
                return action.get();
            }
        });
    }

    private void blunder(Op op) {
        Integer left = mistakes.computeIfPresent(op, (_, calls) -> calls - 1);
        if (left != null && left < 0) {
            mistakes.remove(op);
            throw new IllegalStateException("a bug at " + op + " in this test");
        }
    }

    private @Nullable Void admission(VmSpec spec) {
        if (draining) {
            throw new HostRefusal(RefusalCode.DRAINING, "host " + host + " is being evacuated");
        }
        if (!vnics.keySet().containsAll(spec.vnicIds())
                && vnics.size() + spec.vnics().size() > freeVnics) {
            throw new HostRefusal(RefusalCode.CAPACITY, "host " + host + " has its limit of vNICs");
        }
        return null;
    }

    private Vnic put(VnicSpec spec, long epoch) {
        Vnic found = vnics.computeIfAbsent(spec.vnic(), key -> new Vnic());
        if (epoch < found.epoch) {
            throw new HostRefusal(RefusalCode.STALE_EPOCH, "epoch " + epoch + " is over");
        }
        found.epoch = epoch;
        return found;
    }

    private void enforce(VnicId vnic, Vnic found, long epoch) {
        if (found.mode != VnicMode.ENFORCING || found.epoch != epoch) {
            found.epoch = epoch;
            found.mode = VnicMode.ENFORCING;
        }
        ledger.enforces(vnic, host, epoch);
    }

    private void remove(VmSpec spec, long epoch) {
        for (VnicId vnic : spec.vnicIds()) {
            Vnic found = vnics.get(vnic);
            if (found != null && found.epoch <= epoch) {
                vnics.remove(vnic);
                ledger.seals(vnic, host);
            }
        }
    }

    private Vnic checked(VnicId vnic, long epoch) {
        Vnic found = find(vnic);
        if (epoch < found.epoch) {
            throw new HostRefusal(RefusalCode.STALE_EPOCH, "epoch " + epoch + " is over");
        }
        return found;
    }

    private Vnic find(VnicId vnic) {
        Vnic found = vnics.get(vnic);
        if (found == null) {
            throw new HostRefusal(RefusalCode.UNKNOWN, vnic + " is not attached to " + host);
        }
        return found;
    }

    private static TableSum sum(List<byte[]> chunks) {
        TableSnapshot all = snapshot(chunks);
        return new TableSum(all.entries(), all.digest());
    }

    private static TableSnapshot snapshot(List<byte[]> chunks) {
        long digest = 0;
        for (byte[] chunk : chunks) {
            digest += java.util.Arrays.hashCode(chunk);
        }
        return new TableSnapshot(chunks, chunks.size(), digest);
    }
}
