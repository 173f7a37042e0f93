package io.portcullis.api;

/**
 * A round in which a vNIC's connections were sent while its source still enforced.
 *
 * @param entries connections sent: in the first round all, later those that had changed
 * @param removals connections that had been sent before and were over
 * @param bytes that went over the wire
 * @param nanos from its begin until the destination had taken all in
 * @param changed connections that had changed meanwhile, for the next round
 */
public record CopyRoundView(long entries, long removals, long bytes, long nanos, long changed) {}
