package io.portcullis.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A node of the cluster.
 *
 * @param host the host that runs on it, null for a node without one
 * @param status of the membership, for example {@code Up}
 */
public record MemberView(
        String address, @Nullable String host, List<String> roles, String status, boolean reachable, boolean self) {}
