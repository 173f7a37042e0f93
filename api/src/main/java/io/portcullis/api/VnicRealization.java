package io.portcullis.api;

import org.jspecify.annotations.Nullable;

/** Revision that one vNIC is known to enforce. */
public record VnicRealization(String vnic, @Nullable String host, long revision, boolean realized) {}
