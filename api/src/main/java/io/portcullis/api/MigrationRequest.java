package io.portcullis.api;

/**
 * Moves a VM and its firewalls.
 *
 * @param vm {@code tenant/vm}
 * @param to name of the host
 */
public record MigrationRequest(String vm, String to) {}
