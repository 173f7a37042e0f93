package io.portcullis.migration.model;

import io.portcullis.policy.VmId;
import java.util.Set;

/**
 * What a VM weighs on its host.
 *
 * @param connections that its vNICs track; their memory goes with them
 * @param packetsPerSecond that its vNICs let through; 0 if nobody has measured
 * @param apart values of its tags that say what it should be kept apart from: VMs of its tenant that share one
 */
public record VmLoad(VmId vm, int vnics, long connections, long packetsPerSecond, Set<String> apart) {
    /** Of memory that a connection takes at its host, with its part of what finds it. */
    public static final long BYTES_PER_CONNECTION = 100;

    public VmLoad {
        apart = Set.copyOf(apart);
    }

    /** Of memory that its connections take. */
    public long bytes() {
        return connections * BYTES_PER_CONNECTION;
    }
}
