package io.portcullis.loadtest.report;

/**
 * What the process of a host needed at a time.
 *
 * @param atMillis since the timeline's begin
 * @param pid another one after each start
 * @param heapBytes of objects that were reachable, after a full collection
 * @param residentBytes of the whole process
 * @param descriptors open files and sockets
 * @param diskBytes of all that the cluster keeps: database and checkpoints of all hosts, without logs
 */
public record ResourceSample(
        double atMillis,
        String host,
        long pid,
        long heapBytes,
        long residentBytes,
        int descriptors,
        int threads,
        long diskBytes) {}
