package io.portcullis.migration.sim;

import io.portcullis.datapath.runtime.VnicMode;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.vnic.Strays;
import io.portcullis.vnic.VmSpec;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What a host does to have again what it had: from its disk, then from the directory, and from there again at intervals. */
final class SimRecovery {
    private static final long DIRECTORY_MILLIS = 30_000;
    private static final long AGAIN_MILLIS = 1_000;

    private final SimHost host;
    private final World world;
    private final SimVnics vnics;
    private final Disk disk;

    /** A VM that belongs here and could not be attached, as it was read in the directory then. */
    private record Failed(VmSpec spec, long epoch, boolean enforce) {}

    /** VMs that are here because the directory listed them under this epoch. */
    private final Map<VmId, Long> listed = new HashMap<>();

    private final Map<VmId, Failed> failed = new TreeMap<>(Comparator.comparing(VmId::toString));

    SimRecovery(SimHost host, SimVnics vnics, Disk disk) {
        this.host = host;
        this.world = host.world();
        this.vnics = vnics;
        this.disk = disk;
    }

    void actorsStopped() {
        failed.clear();
        listed.clear();
    }

    Set<VmId> failedVms() {
        return failed.keySet();
    }

    /** Before there is a cluster: what was enforced here goes on to be, but for what was being handed over. */
    void restoreFromDisk() {
        disk.checkpoints.forEach((id, saved) -> {
            boolean isOpen = disk.isNoted(id.vm(), saved.epoch()) || disk.isArriving(id.vm(), saved.epoch());
            if (world.has(Mutant.IGNORE_NOTE) || !isOpen) {
                world.restoresFromDisk(id, host.id(), saved.epoch());
                vnics.enforce(vnics.restored(id, saved, saved.epoch()), saved.epoch());
            }
        });
    }

    /** Reads in the directory what belongs here, now and then at intervals. */
    void recover() {
        int actors = host.actorsIncarnation();
        world.time.after(5 + world.random.nextInt(30), () -> {
            if (!host.isRunning(actors)) {
                return;
            }
            if (world.databaseAway || !world.network.connects(host, null)) {
                world.time.after(AGAIN_MILLIS, this::recover);
                return;
            }
            for (SimPlacement placement : world.placements) {
                recover(placement.spec(), world.directory.get(placement.vm()));
            }
            host.hasRecovered();
            world.time.after(DIRECTORY_MILLIS, () -> {
                if (host.isRunning(actors)) {
                    recover();
                }
            });
        });
    }

    private void recover(VmSpec spec, World.@Nullable DirectoryRow row) {
        if (row != null && host.id().equals(row.host())) {
            spec.vnicIds().forEach(id -> disk.hasArrived(id, row.epoch()));
            if (vnics.attachedEpoch(spec.vm()) < row.epoch()) {
                restore(spec, row.epoch());
            }
            return;
        }
        failed.remove(spec.vm());
        for (VnicId id : spec.vnicIds()) {
            SimVnic vnic = vnics.find(id);
            if (!vnics.isAttached(spec.vm())) {
                disk.closeVoid(id, row == null ? Long.MAX_VALUE : row.epoch());
            }
            OptionalLong epoch = row == null ? OptionalLong.empty() : OptionalLong.of(row.epoch());
            boolean isExpected = vnics.isAttached(spec.vm())
                    && (row != null || !Objects.equals(listed.get(spec.vm()), vnics.attachedEpoch(spec.vm())));
            if (vnic != null
                    && vnic.mode != VnicMode.CUTTING
                    && Strays.isStray(vnic.status(), epoch, false, isExpected)) {
                vnics.letGo(vnic);
            }
        }
    }

    private void restore(VmSpec spec, long epoch) {
        restore(spec, epoch, world.has(Mutant.IGNORE_NOTE) || !disk.isGivenUp(spec.vm(), epoch));
    }

    private void restore(VmSpec spec, long epoch, boolean enforce) {
        failed.remove(spec.vm());
        listed.put(spec.vm(), epoch);
        for (VnicId id : spec.vnicIds()) {
            if (vnics.find(id) == null && vnics.fence(id).whyNotAttach(epoch) == null) {
                vnics.restored(id, disk.checkpoints.get(id), epoch);
            }
        }
        vnics.<Long>ask(
                spec.vm(),
                SimVnics.ATTACH_MILLIS,
                (_, refused) -> {
                    if (refused != null) {
                        failed.put(spec.vm(), new Failed(spec, epoch, enforce));
                    }
                },
                ask -> vnics.attachNow(spec, epoch, enforce, true, ask));
    }

    /** Rules that did not come, and VMs that could not be attached although they belong here. */
    void heal() {
        host.fetchRules();
        for (Failed vm : List.copyOf(failed.values())) {
            failed.remove(vm.spec().vm());
            boolean isOld = vm.spec().vnicIds().stream()
                    .map(vnics::find)
                    .anyMatch(vnic -> vnic != null && vnic.epoch < vm.epoch());
            if (!vnics.isAttached(vm.spec().vm()) || isOld) {
                restore(vm.spec(), vm.epoch(), vm.enforce());
            }
        }
        for (SimVnic vnic : vnics.all()) {
            if (vnic.mode == VnicMode.ENFORCING && vnic.revision > 0) {
                disk.save(vnic.id, new Disk.Saved(vnic.epoch, vnic.revision, vnic.table.connections()));
            }
        }
    }
}
