package io.portcullis.api;

import org.jspecify.annotations.Nullable;

/**
 * Moves a VM and its firewalls.
 *
 * @param vm {@code tenant/vm}
 * @param to name of the host
 * @param bytesPerSecond of a dry run: what it would be like if no more were sent ahead of the cut; missing for as fast as the last ones were
 */
public record MigrationRequest(
        String vm, String to, @Nullable Long bytesPerSecond) {
    /** At the pace of the host. */
    public MigrationRequest(String vm, String to) {
        this(vm, to, null);
    }
}
