package io.portcullis.datapath.runtime;

/**
 * What the destination found when it began to enforce.
 *
 * @param heldFrames frames held from the uplink and released in order
 * @param tunnelledFrames frames that came through the tunnel up to now
 * @param droppedHeldFrames frames that did not fit the hold buffer; 0 unless a limit was hit
 * @param pauseNanos from the moment the source's last egress frame was known (or the attach) to the first live frame
 */
public record ActivationReport(long heldFrames, long tunnelledFrames, long droppedHeldFrames, long pauseNanos) {}
