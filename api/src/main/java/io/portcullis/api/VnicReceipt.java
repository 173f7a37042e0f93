package io.portcullis.api;

import java.util.Map;

/** What was carried for one vNIC; digests are over the connection table, taken at each side. */
public record VnicReceipt(
        String vnic,
        long entriesSent,
        long entriesReceived,
        long bytes,
        String digestSent,
        String digestReceived,
        long framesHeld,
        long framesForwarded,
        long framesDropped,
        Map<String, Long> details) {}
