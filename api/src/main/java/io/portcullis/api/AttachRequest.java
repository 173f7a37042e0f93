package io.portcullis.api;

/** Places a VM on a host. */
public record AttachRequest(String host) {}
