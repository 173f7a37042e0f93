package io.portcullis.datapath.track;

/**
 * What tells whether two hosts have the same of a table.
 *
 * @param digest of the connections, as in {@link TableSnapshot}
 */
public record TableSum(int entries, long digest) {}
