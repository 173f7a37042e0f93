package io.portcullis.api;

/**
 * A tenant.
 *
 * @param revision grows by one with every change that may change a verdict
 */
public record TenantView(
        String name,
        String defaultAction,
        String tracking,
        String timeouts,
        long revision,
        int vms,
        int groups,
        int policies) {}
