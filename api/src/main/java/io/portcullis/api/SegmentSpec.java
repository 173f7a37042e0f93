package io.portcullis.api;

import org.jspecify.annotations.Nullable;

/**
 * A layer-2 network of a tenant.
 *
 * @param vlan VLAN on the hosts' uplinks, 1 to 4094
 */
public record SegmentSpec(int vlan, @Nullable String description) {}
