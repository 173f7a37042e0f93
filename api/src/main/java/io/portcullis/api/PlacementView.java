package io.portcullis.api;

import org.jspecify.annotations.Nullable;

/**
 * Who enforces a VM's vNICs.
 *
 * @param host null while the VM is detached
 * @param epoch ownership epoch, grows with every change of placement
 * @param phase for example {@code PLACED}, {@code DETACHED}, {@code CUTTING_OVER}; {@code UNKNOWN} where nobody can say it now
 * @param migration id of the migration that is under way
 * @param hostStatus {@code UP}; {@code UNREACHABLE}: the host does not answer, joins or leaves; {@code DOWN}: its node is not in the cluster, and the vNICs
 *     are enforced again when it is back, or when the VM is attached to another host. Null while the VM is detached
 * @param takenFrom the lost host from which the VM was taken over under this epoch, or, of a detached VM, which did not say that it let go; null otherwise
 * @param replica where its connections are kept too; null if that is not wished
 * @param restored what it began with after it was taken over; null otherwise, and in lists of VMs
 * @param asOf when the host said that it enforces the VM, where the placement cannot be asked, as while the database is away; null if this is what the
 *     placement says
 */
public record PlacementView(
        @Nullable String host,
        long epoch,
        String phase,
        @Nullable String migration,
        @Nullable String hostStatus,
        @Nullable String takenFrom,
        @Nullable ReplicaView replica,
        @Nullable RestoredView restored,
        @Nullable String asOf) {
    public static final String UP = "UP";
    public static final String UNREACHABLE = "UNREACHABLE";
    public static final String DOWN = "DOWN";
    public static final String UNKNOWN = "UNKNOWN";

    /** Nobody can say where the VM is. */
    public static PlacementView unknown() {
        return new PlacementView(null, 0, UNKNOWN, null, null, null, null, null, null);
    }

    /** What a host says that enforces the VM. */
    public static PlacementView reported(String host, long epoch, String asOf) {
        return new PlacementView(host, epoch, "PLACED", null, UP, null, null, null, asOf);
    }

    /** The same with, or without a replica. */
    public PlacementView withReplica(@Nullable ReplicaView known) {
        return new PlacementView(host, epoch, phase, migration, hostStatus, takenFrom, known, restored, asOf);
    }

    /** Without a replica. */
    public PlacementView(
            @Nullable String host,
            long epoch,
            String phase,
            @Nullable String migration,
            @Nullable String hostStatus,
            @Nullable String takenFrom) {
        this(host, epoch, phase, migration, hostStatus, takenFrom, null, null, null);
    }

    /** On a host that is up, or on none. */
    public PlacementView(@Nullable String host, long epoch, String phase, @Nullable String migration) {
        this(host, epoch, phase, migration, host == null ? null : UP, null);
    }
}
