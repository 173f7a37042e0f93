package io.portcullis.migration;

import io.portcullis.persistence.CheckpointCopy;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Replicas of VMs that other hosts enforce: bytes, and nothing that could enforce. Bounded in memory. Not thread-safe.
 */
final class ReplicaStore {
    /** Whose bytes follow each other. */
    private record File(long epoch, long stream, long number) {}

    private static final class Copy {
        final File file;
        final CheckpointCopy bytes = new CheckpointCopy();
        int entries;
        long clockOffsetMillis;

        Copy(File file) {
            this.file = file;
        }
    }

    private static final class HeldVm {
        final Map<VnicId, Copy> whole = new HashMap<>();
        /** Begun anew, and not yet known to be whole. */
        final Map<VnicId, Copy> begun = new HashMap<>();

        long currentMillis;
        long heardMillis;
    }

    static final long FULL = -1;
    static final long OLDER = -2;

    private final long maxBytes;
    private final Map<VmId, HeldVm> vms = new HashMap<>();
    private long bytes;

    ReplicaStore(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    /** Whether something is there. */
    boolean isEmpty() {
        return vms.isEmpty();
    }

    /** Whether something of the VM is there. */
    boolean has(VmId vm) {
        return vms.containsKey(vm);
    }

    /**
     * Takes a piece, unless it is there or one before it is not.
     *
     * @return how many bytes of the file are there; {@link #FULL} if the limit is reached, and then what was begun anew is forgotten; {@link #OLDER} if
     *     there is something of a later epoch
     */
    long take(ReplicaCommand.Piece piece, long nowMillis) {
        VnicId vnic = piece.vnic();
        File file = new File(piece.epoch(), piece.stream(), piece.file());
        HeldVm vm = vms.computeIfAbsent(vnic.vm(), _ -> new HeldVm());
        if (epoch(vm) > piece.epoch()) {
            return OLDER;
        }
        vm.heardMillis = nowMillis;
        Copy copy = find(vm, vnic, file);
        if (copy == null && piece.offset() > 0) {
            return 0;
        }
        if (copy == null) {
            copy = new Copy(file);
            forget(vm.begun.put(vnic, copy));
        }
        if (copy.bytes.bytes() != piece.offset()) {
            return copy.bytes.bytes();
        }
        if (bytes + piece.bytes().length > maxBytes) {
            forget(vm.begun.remove(vnic));
            return FULL;
        }
        copy.bytes.add(piece.bytes());
        bytes += piece.bytes().length;
        copy.entries = piece.entries();
        copy.clockOffsetMillis = nowMillis - piece.sentMillis();
        if (piece.isCurrent()) {
            vm.currentMillis = nowMillis;
            vm.begun.forEach((each, whole) -> forget(vm.whole.put(each, whole)));
            vm.begun.clear();
        }
        return copy.bytes.bytes();
    }

    private static @Nullable Copy find(HeldVm vm, VnicId vnic, File file) {
        Copy begun = vm.begun.get(vnic);
        if (begun != null && begun.file.equals(file)) {
            return begun;
        }
        Copy whole = vm.whole.get(vnic);
        return whole != null && whole.file.equals(file) ? whole : null;
    }

    private void forget(@Nullable Copy copy) {
        if (copy != null) {
            bytes -= copy.bytes.bytes();
        }
    }

    /** What there is of a VM, of this epoch and no other; null if nothing. */
    ReplicaReply.@Nullable Tables find(VmId id, long epoch, long nowMillis) {
        HeldVm vm = vms.get(id);
        List<ReplicaReply.Table> tables = new ArrayList<>();
        if (vm != null) {
            vm.whole.forEach((vnic, copy) -> {
                if (copy.file.epoch() == epoch) {
                    tables.add(new ReplicaReply.Table(vnic, copy.bytes.toArray(), copy.clockOffsetMillis));
                }
            });
        }
        return vm == null || tables.isEmpty() ? null : new ReplicaReply.Tables(nowMillis - vm.currentMillis, tables);
    }

    /**
     * How what there is stands.
     *
     * @param only null for all VMs of the tenant
     */
    List<ReplicaReply.KeptReplica> describe(TenantId tenant, @Nullable VmId only, long nowMillis) {
        List<ReplicaReply.KeptReplica> kept = new ArrayList<>();
        vms.forEach((id, vm) -> {
            if (id.tenant().equals(tenant) && (only == null || only.equals(id))) {
                boolean isWhole = !vm.whole.isEmpty();
                kept.add(new ReplicaReply.KeptReplica(
                        id,
                        epoch(vm),
                        isWhole,
                        isWhole ? Math.max(0, nowMillis - vm.currentMillis) : 0,
                        vm.whole.values().stream()
                                .mapToInt(copy -> copy.entries)
                                .sum()));
            }
        });
        return kept;
    }

    /** Forgets what there is of a VM of this epoch or a lower one. */
    void drop(VmId id, long epoch) {
        HeldVm vm = vms.get(id);
        if (vm == null) {
            return;
        }
        for (Map<VnicId, Copy> copies : List.of(vm.whole, vm.begun)) {
            copies.values().removeIf(copy -> {
                boolean isOver = copy.file.epoch() <= epoch;
                if (isOver) {
                    forget(copy);
                }
                return isOver;
            });
        }
        if (vm.whole.isEmpty() && vm.begun.isEmpty()) {
            vms.remove(id);
        }
    }

    /** VMs of which nothing was heard since, each with the highest epoch of what is there. */
    Map<VmId, Long> silentSince(long millis) {
        Map<VmId, Long> silent = new HashMap<>();
        vms.forEach((id, vm) -> {
            if (vm.heardMillis < millis) {
                silent.put(id, epoch(vm));
            }
        });
        return silent;
    }

    private static long epoch(HeldVm vm) {
        long epoch = 0;
        for (Map<VnicId, Copy> copies : List.of(vm.whole, vm.begun)) {
            for (Copy copy : copies.values()) {
                epoch = Math.max(epoch, copy.file.epoch());
            }
        }
        return epoch;
    }

    /** What is there, by stable names. */
    Map<String, Long> values(long nowMillis) {
        long entries = 0;
        long age = 0;
        for (HeldVm vm : vms.values()) {
            for (Copy copy : vm.whole.values()) {
                entries += copy.entries;
            }
            age = vm.whole.isEmpty() ? age : Math.max(age, nowMillis - vm.currentMillis);
        }
        return Map.of(
                ReplicaCounters.HELD + "vms", (long) vms.size(),
                ReplicaCounters.HELD + "bytes", bytes,
                ReplicaCounters.HELD + "connections", entries,
                ReplicaCounters.HELD + "age-millis", age);
    }
}
