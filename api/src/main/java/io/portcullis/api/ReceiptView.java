package io.portcullis.api;

import java.util.List;
import java.util.Map;

/**
 * The signed-off record of a migration.
 *
 * @param pauseNanos longest time without a decision for the VM's frames
 * @param freezeNanos from the cut at the source to the activation at the destination
 * @param phaseNanos duration of each phase by name
 */
public record ReceiptView(
        String outcome,
        long epochBefore,
        long epochAfter,
        long policyRevision,
        long entriesSent,
        long entriesReceived,
        long bytes,
        long framesHeld,
        long framesForwarded,
        long framesDropped,
        long freezeNanos,
        long pauseNanos,
        Map<String, Long> phaseNanos,
        List<VnicReceipt> vnics,
        List<String> problems) {}
