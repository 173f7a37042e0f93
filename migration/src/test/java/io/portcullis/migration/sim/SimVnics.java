package io.portcullis.migration.sim;

import io.portcullis.datapath.runtime.VnicMode;
import io.portcullis.datapath.runtime.VnicStatus;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.vnic.EpochFence;
import io.portcullis.vnic.FirewallReply;
import io.portcullis.vnic.RefusalCode;
import io.portcullis.vnic.Refused;
import io.portcullis.vnic.VmSpec;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The vNICs of one host, as its firewalls and its data path have them: a small model of both, but with the fence of epochs that the
 * firewalls have ({@link EpochFence}). Orders to one VM's vNICs are obeyed in the order in which they were given.
 */
final class SimVnics {
    static final long STEP_MILLIS = 5_000;
    static final long ATTACH_MILLIS = 10_000;
    private static final long RULES_MILLIS = 2_000;
    private static final int MAX_CONNECTIONS = 24;

    private final SimHost host;
    private final World world;
    private final Disk disk;

    /** In the process. */
    private final Map<VnicId, SimVnic> vnics = new HashMap<>();

    // ---- in the actors
    private final Map<VnicId, EpochFence> fences = new HashMap<>();
    private final Map<VmId, Long> attached = new HashMap<>();
    private final Map<VmId, Long> free = new HashMap<>();

    private int refusals;
    private long slowUntilMillis;

    SimVnics(SimHost host, Disk disk) {
        this.host = host;
        this.disk = disk;
        this.world = host.world();
    }

    void refuseNext(int count) {
        refusals = count;
    }

    void slow(long forMillis) {
        slowUntilMillis = world.time.now() + forMillis;
    }

    /** The vNICs that come with this one: a VM is enforced at one host. */
    Stream<SimVnic> ofMove(SimVnic vnic) {
        return vnics.values().stream().filter(other -> other.id.vm().equals(vnic.id.vm()) && other.epoch == vnic.epoch);
    }

    @Nullable
    SimVnic find(VnicId id) {
        return vnics.get(id);
    }

    /** It belongs to another host, or to none. */
    void letGo(SimVnic vnic) {
        EpochFence fence = fence(vnic.id);
        fence.leaving(vnic.epoch, null);
        leaveDisk(List.of(vnic.id), vnic.epoch, vnic.mode != VnicMode.PASSIVE && vnic.mode != VnicMode.HOLDING);
        remove(vnic);
        fence.left();
        attached.remove(vnic.id.vm());
    }

    // ---- the process and its actors

    void processDied() {
        vnics.values().forEach(vnic -> world.history.stops(vnic.id, host.id()));
        vnics.clear();
    }

    void actorsStopped() {
        fences.clear();
        attached.clear();
        free.clear();
    }

    /** As it was on the disk, if that is of this epoch; passive as yet. */
    SimVnic restored(VnicId id, Disk.@Nullable Saved saved, long epoch) {
        SimVnic vnic = new SimVnic(id, epoch);
        if (saved != null && saved.epoch() == epoch) {
            vnic.table.replace(saved.connections());
            vnic.revision = saved.revision();
            vnic.isFromDisk = true;
        }
        vnics.put(id, vnic);
        return vnic;
    }

    boolean isSlow() {
        return world.time.now() < slowUntilMillis;
    }

    boolean isAttached(VmId vm) {
        return attached.containsKey(vm);
    }

    /** Negative if it is not attached. */
    long attachedEpoch(VmId vm) {
        return attached.getOrDefault(vm, -1L);
    }

    Iterable<SimVnic> all() {
        return vnics.values();
    }

    // ---- asking

    <T> void ask(VmId vm, long limitMillis, Ask.Answer<T> answer, Consumer<Ask<T>> action) {
        Ask<T> ask = new Ask<>(host, limitMillis, answer);
        int actors = host.actorsIncarnation();
        boolean isSlow = isSlow();
        long delay = 1 + world.random.nextInt(isSlow ? 4_000 : 5);
        long at = Math.max(world.time.now() + delay, free.getOrDefault(vm, 0L) + 1);
        free.put(vm, at);
        world.time.after(at - world.time.now(), () -> {
            if (host.isRunning(actors)) {
                action.accept(ask);
            }
        });
    }

    <T> boolean isRefused(Ask<T> ask) {
        if (refusals > 0) {
            refusals--;
            ask.refuse(
                    world.random.nextBoolean() ? RefusalCode.HOST_UNAVAILABLE : RefusalCode.TIMEOUT,
                    "refused in this simulation");
            return true;
        }
        return false;
    }

    <T> boolean isRefused(Ask<T> ask, @Nullable FirewallReply reply) {
        if (reply == null || world.has(Mutant.SKIP_FENCE)) {
            return false;
        }
        if (reply instanceof Refused(RefusalCode code, String message)) {
            ask.refuse(code, message);
        } else {
            ask.refuse(RefusalCode.WRONG_STATE, "the firewall answered otherwise");
        }
        return true;
    }

    EpochFence fence(VnicId id) {
        return fences.computeIfAbsent(id, _ -> {
            EpochFence fence = new EpochFence(host.id(), id);
            SimVnic here = vnics.get(id);
            if (here != null) {
                fence.learn(here.epoch);
            }
            return fence;
        });
    }

    // ---- attaching and leaving

    void attach(VmSpec spec, long epoch, boolean enforce, Ask.Answer<Long> answer) {
        this.<Long>ask(spec.vm(), ATTACH_MILLIS, answer, ask -> attachNow(spec, epoch, enforce, ask));
    }

    void attachNow(VmSpec spec, long epoch, boolean enforce, Ask<Long> ask) {
        if (!attached.containsKey(spec.vm())) {
            // what there is of a former stay is no checkpoint of this one
            disk.forget(spec.vnicIds(), epoch - 1);
        }
        if (!enforce) {
            spec.vnicIds().forEach(id -> disk.comes(id, epoch));
        }
        attachNow(spec, epoch, enforce, false, ask);
    }

    /** @param isRestored whether the directory says that it is here: then a failure to attach it leaves all as it is */
    void attachNow(VmSpec spec, long epoch, boolean enforce, boolean isRestored, Ask<Long> ask) {
        Long here = attached.get(spec.vm());
        boolean isHere = here != null && here == epoch;
        if (!isHere && isRefused(ask)) {
            return;
        }
        if (here != null && here > epoch && !world.has(Mutant.SKIP_FENCE)) {
            ask.refuse(RefusalCode.STALE_EPOCH, "here is epoch " + here);
            return;
        }
        for (VnicId id : spec.vnicIds()) {
            EpochFence fence = fence(id);
            SimVnic present = vnics.get(id);
            if (isRefused(ask, fence.whyNotAttach(epoch))
                    || isRefused(ask, present == null ? null : stale(present, epoch))) {
                if (here == null && !isRestored) {
                    leaveNow(spec, epoch, enforce);
                }
                return;
            }
            fence.attaching(epoch);
            if (present == null) {
                vnics.put(id, new SimVnic(id, epoch));
            } else if (epoch > present.epoch && present.mode != VnicMode.SEALED && present.mode != VnicMode.CUTTING) {
                present.isGivenBack = false;
                raise(present, epoch);
            }
            fence.attached();
        }
        attached.put(spec.vm(), epoch);
        host.fetchRules();
        settle(spec, epoch, enforce, ask, world.time.now() + RULES_MILLIS);
    }

    /** Once the rules are here, or are overdue. */
    private void settle(VmSpec spec, long epoch, boolean enforce, Ask<Long> ask, long overdueMillis) {
        int actors = host.actorsIncarnation();
        boolean isHere = attached.getOrDefault(spec.vm(), -1L) == epoch;
        long lowest = spec.vnicIds().stream()
                .map(vnics::get)
                .mapToLong(vnic -> vnic == null ? 0 : vnic.revision)
                .min()
                .orElse(0);
        if (!isHere) {
            ask.refuse(RefusalCode.WRONG_STATE, "detached meanwhile");
        } else if (lowest == 0 && world.time.now() < overdueMillis) {
            world.time.after(20, () -> {
                if (host.isRunning(actors)) {
                    settle(spec, epoch, enforce, ask, overdueMillis);
                }
            });
        } else {
            for (VnicId id : spec.vnicIds()) {
                SimVnic vnic = vnics.get(id);
                if (enforce && (vnic == null || !activateNow(vnic, epoch, ask))) {
                    return;
                }
            }
            ask.done(lowest);
        }
    }

    /** @param hasEnforced whether it may have been enforced here under this epoch: then it never is again */
    void leave(VmSpec spec, long epoch, boolean hasEnforced, Ask.Answer<Long> answer) {
        this.<Long>ask(spec.vm(), STEP_MILLIS, answer, ask -> {
            Long here = attached.get(spec.vm());
            if (isRefused(ask)) {
                return;
            }
            if (here != null && here > epoch && !world.has(Mutant.SKIP_FENCE)) {
                ask.refuse(RefusalCode.STALE_EPOCH, "here is epoch " + here);
                return;
            }
            for (VnicId id : spec.vnicIds()) {
                SimVnic vnic = vnics.get(id);
                boolean isCutting = vnic != null && vnic.mode == VnicMode.CUTTING;
                if (isRefused(ask, fence(id).whyNotLeave(epoch))
                        || isRefused(ask, vnic == null ? null : stale(vnic, epoch))) {
                    return;
                }
                if (isCutting) {
                    ask.refuse(RefusalCode.WRONG_STATE, "is being cut over");
                    return;
                }
            }
            leaveNow(spec, epoch, hasEnforced);
            ask.done(0L);
        });
    }

    private void leaveDisk(List<VnicId> ids, long epoch, boolean hasEnforced) {
        if (hasEnforced) {
            disk.leave(ids, epoch);
        } else {
            disk.forget(ids, epoch);
        }
    }

    private void leaveNow(VmSpec spec, long epoch, boolean hasEnforced) {
        boolean isGone = true;
        for (VnicId id : spec.vnicIds()) {
            EpochFence fence = fence(id);
            SimVnic vnic = vnics.get(id);
            if (fence.whyNotLeave(epoch) == null && (vnic == null || vnic.epoch <= epoch)) {
                fence.leaving(epoch, null);
                if (vnic != null) {
                    remove(vnic);
                }
                fence.left();
            } else {
                isGone = false;
            }
        }
        attached.remove(spec.vm());
        if (isGone) {
            leaveDisk(spec.vnicIds(), epoch, hasEnforced);
        }
    }

    // ---- as destination

    /** What has come of the VM's tables ahead of the cut is on disk from now on. */
    void keepAhead(VmSpec spec, long epoch) {
        for (VnicId id : spec.vnicIds()) {
            SimVnic vnic = vnics.get(id);
            if (vnic != null
                    && vnic.epoch == epoch
                    && vnic.mode == VnicMode.PASSIVE
                    && vnic.revision > 0
                    && vnic.incoming != null) {
                disk.saveAhead(id, new Disk.Saved(epoch, vnic.revision, vnic.incoming.connections()));
            }
        }
    }

    void activate(VnicId id, long epoch, long minimumRevision, Ask.Answer<Void> answer) {
        this.<Void>ask(id.vm(), STEP_MILLIS, answer, ask -> {
            if (!isRefused(ask)) {
                SimVnic vnic = vnics.get(id);
                int asOf = vnic == null ? 0 : vnic.withdrawals;
                activateWhenReady(id, epoch, minimumRevision, ask, world.time.now() + RULES_MILLIS, asOf);
            }
        });
    }

    /** @param asOf how many orders had been withdrawn when this one came */
    private void activateWhenReady(VnicId id, long epoch, long minimum, Ask<Void> ask, long overdueMillis, int asOf) {
        SimVnic vnic = vnics.get(id);
        if (isRefused(ask, fence(id).whyNot(epoch))) {
            return;
        }
        if (vnic == null) {
            ask.refuse(RefusalCode.UNKNOWN, "not attached");
        } else if (vnic.withdrawals != asOf) {
            ask.refuse(RefusalCode.WRONG_STATE, "told to wait for orders");
        } else if (vnic.revision >= minimum && vnic.mode == VnicMode.HOLDING) {
            vnic.awaitsOthers = ask;
            activateTogether(vnic, epoch);
        } else if (vnic.revision >= minimum) {
            if (activateNow(vnic, epoch, ask)) {
                ask.done(null);
            }
        } else if (world.time.now() >= overdueMillis) {
            ask.refuse(RefusalCode.TIMEOUT, "no rules of revision " + minimum);
        } else {
            int actors = host.actorsIncarnation();
            world.time.after(20, () -> {
                if (host.isRunning(actors)) {
                    activateWhenReady(id, epoch, minimum, ask, overdueMillis, asOf);
                }
            });
        }
    }

    /** All vNICs of a VM that are cut over, once each has its order. */
    private void activateTogether(SimVnic vnic, long epoch) {
        List<SimVnic> all =
                ofMove(vnic).filter(other -> other.mode == VnicMode.HOLDING).toList();
        boolean mayAll = all.stream().allMatch(other -> other.awaitsOthers != null && other.awaitsOthers.isOpen());
        for (SimVnic one : mayAll ? all : List.<SimVnic>of()) {
            Ask<Void> ask = one.awaitsOthers;
            one.awaitsOthers = null;
            if (ask != null && activateNow(one, epoch, ask)) {
                ask.done(null);
            }
        }
    }

    /** Refuses and returns false if the data path does not let the vNIC enforce. */
    private boolean activateNow(SimVnic vnic, long epoch, Ask<?> ask) {
        if (isRefused(ask, stale(vnic, epoch))) {
            return false;
        }
        if (vnic.mode == VnicMode.ENFORCING) {
            return true;
        }
        if (vnic.mode == VnicMode.SEALED || vnic.mode == VnicMode.CUTTING) {
            ask.refuse(RefusalCode.WRONG_STATE, "handed over");
            return false;
        }
        if (vnic.isGivenBack && !world.has(Mutant.SKIP_FENCE)) {
            ask.refuse(RefusalCode.STALE_EPOCH, "given back");
            return false;
        }
        enforce(vnic, Math.max(epoch, vnic.epoch));
        world.activated(vnic, epoch);
        return true;
    }

    void enforce(SimVnic vnic, long epoch) {
        vnic.mode = VnicMode.ENFORCING;
        vnic.epoch = Math.max(vnic.epoch, epoch);
        world.log(host.id().value(), vnic.id + " enforces under epoch " + vnic.epoch);
        world.history.enforces(vnic.id, host.id(), vnic.epoch);
        world.replicas.enforces(vnic.id, vnic.epoch);
        world.check();
        reportRules(vnic);
    }

    private void raise(SimVnic vnic, long epoch) {
        vnic.epoch = epoch;
        if (vnic.decides()) {
            world.history.enforces(vnic.id, host.id(), epoch);
            world.replicas.enforces(vnic.id, epoch);
            world.check();
        }
    }

    void remove(SimVnic vnic) {
        vnics.remove(vnic.id);
        host.arming().disarm(vnic, "it is being released");
        if (vnic.decides()) {
            world.log(host.id().value(), vnic.id + " is let go");
            world.history.stops(vnic.id, host.id());
        }
    }

    static @Nullable Refused stale(SimVnic vnic, long epoch) {
        return epoch < vnic.epoch ? new Refused(RefusalCode.STALE_EPOCH, "here is epoch " + vnic.epoch) : null;
    }

    // ---- looking

    void statuses(VmSpec spec, Ask.Answer<List<VnicStatus>> answer) {
        this.<List<VnicStatus>>ask(spec.vm(), STEP_MILLIS, answer, ask -> {
            List<VnicStatus> found = new ArrayList<>();
            for (VnicId id : spec.vnicIds()) {
                SimVnic vnic = vnics.get(id);
                if (vnic != null) {
                    found.add(vnic.status());
                }
            }
            ask.done(found);
        });
    }

    /** Those that may wait for a word of their placement: handed over, or not enforced by any of their vNICs. */
    List<VmId> waitingVms() {
        return attached.keySet().stream()
                .filter(vm ->
                        vnicsOf(vm).anyMatch(vnic -> vnic.mode == VnicMode.SEALED || vnic.mode == VnicMode.CUTTING)
                                || vnicsOf(vm).noneMatch(vnic -> vnic.mode == VnicMode.ENFORCING))
                .sorted(Comparator.comparing(VmId::toString))
                .toList();
    }

    private Stream<SimVnic> vnicsOf(VmId vm) {
        return vnics.values().stream().filter(vnic -> vnic.id.vm().equals(vm));
    }

    // ---- rules

    void installRules() {
        for (SimVnic vnic : vnics.values()) {
            if (world.has(Mutant.ACKNOWLEDGE_EARLY) && vnic.decides()) {
                world.policy.reported(vnic.id, vnic.epoch, world.policy.revision());
            } else if (vnic.mode != VnicMode.SEALED && vnic.revision < world.policy.revision()) {
                vnic.revision = world.policy.revision();
                vnic.table.removeIf(connection -> !world.policy.passes(vnic.id.vm(), connection, vnic.revision));
            }
            vnic.isFromDisk = false;
            reportRules(vnic);
        }
    }

    private void reportRules(SimVnic vnic) {
        if (vnic.decides() && vnic.revision > 0) {
            long epoch = vnic.epoch;
            long realized = vnic.revision;
            world.network.send(host, null, () -> world.policy.reported(vnic.id, epoch, realized));
        }
    }

    /** Packets of every connection, and a new one now and then, where a vNIC enforces. */
    void frames(VmId vm) {
        for (SimVnic vnic : vnics.values()) {
            if (!vnic.id.vm().equals(vm) || !vnic.decides()) {
                continue;
            }
            if (!vnic.isFromDisk && !world.history.isCutOff(host.id())) {
                world.policy.checkFrames(vnic, host.id());
            }
            int next = world.nextConnection(vnic.id);
            if (next < MAX_CONNECTIONS && vnic.revision > 0) {
                vnic.table.put(next, world.nextVersion(vnic.id));
            }
            packets(vnic);
        }
    }

    /** Of some connections: they change, end, or are opened anew. */
    void packets(SimVnic vnic) {
        int opened = Math.min(world.connections(vnic.id), MAX_CONNECTIONS);
        for (int left = opened == 0 ? 0 : world.random.nextInt(3); left > 0; left--) {
            int connection = world.random.nextInt(opened);
            boolean isNew = !vnic.table.has(connection);
            if (!isNew && world.chance(25)) {
                vnic.table.remove(connection);
            } else if (!isNew || (vnic.revision > 0 && world.policy.passes(vnic.id.vm(), connection, vnic.revision))) {
                vnic.table.put(connection, world.nextVersion(vnic.id));
            }
        }
    }
}
