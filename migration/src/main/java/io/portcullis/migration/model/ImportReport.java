package io.portcullis.migration.model;

/**
 * What the destination found in a table that it imported.
 *
 * @param entries connections in its table now
 * @param digest order-independent digest of the entries, computed over what arrived
 */
public record ImportReport(long entries, long digest) {}
