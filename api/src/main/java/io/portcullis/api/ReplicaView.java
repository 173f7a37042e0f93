package io.portcullis.api;

import org.jspecify.annotations.Nullable;

/**
 * Where the connections of a VM are kept beside its own host.
 *
 * @param host that keeps them; null for none
 * @param problem why none does; null if one does, or will in a moment
 */
public record ReplicaView(@Nullable String host, @Nullable String problem) {}
