package io.portcullis.api;

import java.util.List;

/**
 * The signed-off record of a migration that ended. Sums are over its vNICs, nanoseconds the longest of any.
 *
 * @param outcome {@code COMMITTED}, {@code ROLLED_BACK}, {@code RECLAIMED} or {@code CANCELLED}
 * @param lossless whether every connection arrived and no frame was dropped on the way
 * @param restBytes of {@code bytes}, what was sent in the pause
 * @param rounds most that a vNIC had before the cut
 * @param phases in order
 * @param vnics empty unless it committed
 */
public record ReceiptView(
        String outcome,
        boolean lossless,
        long epochBefore,
        long epochAfter,
        long policyRevision,
        long entriesSent,
        long entriesReceived,
        long bytes,
        long restBytes,
        int rounds,
        long framesHeld,
        long framesForwarded,
        long framesDropped,
        long freezeNanos,
        long pauseNanos,
        List<PhaseView> phases,
        List<VnicReceipt> vnics,
        List<String> problems) {}
