package io.portcullis.migration.sim;

import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import java.util.HashMap;
import java.util.Map;

/**
 * The tenant's rules as far as migrations see them: revisions, each of which may revoke one connection of a VM, and what hosts said that
 * they enforce. A revocation is acknowledged once the vNIC's enforcing host has said so.
 */
final class Policy {
    private final World world;
    private final Map<Integer, Revocation> revoked = new HashMap<>();
    private final Map<VnicId, Long> acknowledged = new HashMap<>();
    /** The highest that a host said it enforces under. */
    private final Map<VnicId, Long> epochs = new HashMap<>();

    private long revision = 1;

    private record Revocation(VmId vm, long revision) {}

    Policy(World world) {
        this.world = world;
    }

    long revision() {
        return revision;
    }

    /** A new revision that revokes a connection of the VM; every host is told. */
    void revoke(VmId vm, int connection) {
        revision++;
        revoked.putIfAbsent(connection, new Revocation(vm, revision));
        world.hosts.forEach(SimHost::fetchRules);
    }

    /** As tenants do it: of a host that enforces under a lower epoch than another one nothing counts. */
    void reported(VnicId vnic, long epoch, long realized) {
        if (epoch >= epochs.merge(vnic, epoch, Math::max)) {
            acknowledged.merge(vnic, realized, Math::max);
        }
    }

    long acknowledged(VnicId vnic) {
        return acknowledged.getOrDefault(vnic, 0L);
    }

    /** Whether rules of this revision let the packets of a connection pass that was admitted before. */
    boolean passes(VmId vm, int connection, long ofRevision) {
        Revocation found = revoked.get(connection);
        return found == null || !found.vm().equals(vm) || ofRevision < found.revision();
    }

    /** No packet may pass of a connection whose revocation was acknowledged for the vNIC. */
    void checkFrames(SimVnic vnic, HostId host) {
        revoked.forEach((connection, revocation) -> {
            if (revocation.vm().equals(vnic.id.vm())
                    && vnic.table.has(connection)
                    && acknowledged(vnic.id) >= revocation.revision()
                    && vnic.revision < revocation.revision()) {
                throw new Violation("a packet of connection " + connection + " of " + vnic.id + " passes on " + host
                        + " under revision " + vnic.revision + ", which was revoked and acknowledged");
            }
        });
    }
}
