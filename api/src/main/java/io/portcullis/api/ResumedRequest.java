package io.portcullis.api;

/**
 * Where a VM runs that a hypervisor has moved, or has not.
 *
 * @param host its name
 */
public record ResumedRequest(String host) {}
