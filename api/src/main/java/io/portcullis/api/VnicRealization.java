package io.portcullis.api;

import org.jspecify.annotations.Nullable;

/**
 * How far one attached vNIC is.
 *
 * @param revision at which the vNIC got the rules that it enforces
 * @param realized whether it enforces what the revision asked for wants, or a later one
 * @param pendingSince if it does not enforce the newest rules: since when that is known, ISO 8601 in UTC
 */
public record VnicRealization(
        String vnic,
        @Nullable String host,
        long revision,
        boolean realized,
        @Nullable String pendingSince) {
    /** Of a vNIC that enforces the newest rules. */
    public VnicRealization(String vnic, @Nullable String host, long revision, boolean realized) {
        this(vnic, host, revision, realized, null);
    }
}
