package io.portcullis.migration.sim;

import io.portcullis.datapath.runtime.VnicMode;
import io.portcullis.migration.model.HostWork;
import io.portcullis.migration.model.PlacementInput;
import io.portcullis.migration.model.ReplicaPlace;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Random;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Replicas, as far as placements see them: hosts say where they keep one and under which epoch it was written, late, twice or not at all. Whoever is told to
 * begin with one may do so only if nobody has enforced since. Has chance and time of its own, so that nothing else in a run becomes otherwise by it.
 */
final class SimReplicas {
    private static final long LOOK_MILLIS = 900;

    private final World world;
    private final Random random;
    private final Map<VmId, NavigableSet<Long>> enforced = new HashMap<>();

    SimReplicas(World world, long seed) {
        this.world = world;
        this.random = new Random(seed ^ 0x4e9);
        world.time.after(LOOK_MILLIS, this::look);
    }

    /** A host enforces the vNIC under this epoch. */
    void enforces(VnicId vnic, long epoch) {
        enforced.computeIfAbsent(vnic.vm(), _ -> new TreeSet<>()).add(epoch);
    }

    /** A host is told to attach the VM, with this replica perhaps. */
    void begins(VmId vm, HostWork.Attach attach) {
        ReplicaPlace replica = attach.replica();
        if (replica == null) {
            return;
        }
        NavigableSet<Long> since =
                enforced.getOrDefault(vm, new TreeSet<>()).subSet(replica.epoch(), false, attach.epoch(), false);
        if (!since.isEmpty()) {
            throw new Violation(vm + " is to begin under epoch " + attach.epoch() + " with a replica of epoch "
                    + replica.epoch() + ", and was enforced under " + since);
        }
    }

    private void look() {
        world.time.after(LOOK_MILLIS, this::look);
        for (SimPlacement placement : world.placements) {
            for (SimHost host : world.hosts) {
                Long epoch = epoch(host, placement);
                if (epoch != null && host.isAnswering()) {
                    say(host, placement, epoch);
                }
            }
        }
    }

    private void say(SimHost host, SimPlacement placement, long epoch) {
        int other = random.nextInt(Plan.HOSTS + 1);
        HostId at = other == Plan.HOSTS ? null : world.hosts.get(other).id();
        PlacementInput.ReplicaIsAt report =
                new PlacementInput.ReplicaIsAt(host.id(), epoch, at, at == null ? "none" : null);
        for (int times = random.nextInt(3); times > 0; times--) {
            long delay = random.nextInt(random.nextInt(4) == 0 ? 8_000 : 50);
            world.time.after(delay, () -> placement.onReplica(report));
        }
    }

    /** Under which the host enforces all of the VM; null if it does not. */
    private static @Nullable Long epoch(SimHost host, SimPlacement placement) {
        Long epoch = null;
        for (VnicId id : placement.spec().vnicIds()) {
            SimVnic vnic = host.vnics().find(id);
            if (vnic == null || vnic.mode != VnicMode.ENFORCING || (epoch != null && epoch != vnic.epoch)) {
                return null;
            }
            epoch = vnic.epoch;
        }
        return epoch;
    }
}
