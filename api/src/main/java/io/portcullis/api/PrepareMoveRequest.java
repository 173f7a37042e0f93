package io.portcullis.api;

/**
 * A hypervisor is going to move the VM.
 *
 * @param to name of the host
 */
public record PrepareMoveRequest(String to) {}
