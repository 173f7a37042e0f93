package io.portcullis.api;

import org.jspecify.annotations.Nullable;

/**
 * Where the connections of a VM are kept beside its own host.
 *
 * @param host that keeps them; null for none
 * @param problem why none does; null if one does, or will in a moment
 * @param whole whether there is one to go on with after a loss; null if the host that keeps it does not answer
 * @param ageMillis how long ago that was known to be all that the VM's host had in its checkpoints: grows while that host is lost; null for none that is whole
 * @param connections in it; null as {@code ageMillis}
 */
public record ReplicaView(
        @Nullable String host,
        @Nullable String problem,
        @Nullable Boolean whole,
        @Nullable Long ageMillis,
        @Nullable Integer connections) {
    /** Without news of the host that keeps it. */
    public ReplicaView(@Nullable String host, @Nullable String problem) {
        this(host, problem, null, null, null);
    }
}
