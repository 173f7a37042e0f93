package io.portcullis.api;

import java.util.List;

/**
 * How far a tenant's revision has come.
 *
 * @param revision that was asked for
 * @param current the tenant's newest revision
 * @param realized whether every attached vNIC enforces it
 */
public record RealizationView(
        String tenant, long revision, long current, boolean realized, List<VnicRealization> vnics) {}
