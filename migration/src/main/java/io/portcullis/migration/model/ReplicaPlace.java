package io.portcullis.migration.model;

import io.portcullis.policy.HostId;

/**
 * Where the connections of a VM are kept beside the host that enforces it.
 *
 * @param host that has a whole replica, which may be older than it should be
 * @param epoch under which the tables were written; they are good for nothing once another host has enforced under a later one
 */
public record ReplicaPlace(HostId host, long epoch) {}
