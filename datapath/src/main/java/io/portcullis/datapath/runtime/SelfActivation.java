package io.portcullis.datapath.runtime;

/**
 * What a destination found that began to enforce by itself, see {@link DataPath#arm}.
 *
 * @param entries connections that came, as many as the source said
 * @param digest of these, as the source said
 * @param restBytes of chunks that came through the tunnel
 * @param policyRevision under which the source decided last
 * @param forwardedFrames that the source sent through the tunnel before it sealed
 * @param freezeNanos from the swap of the VM's queue to the seal, at the source
 */
public record SelfActivation(
        int entries,
        long digest,
        long restBytes,
        long policyRevision,
        long forwardedFrames,
        long freezeNanos,
        ActivationReport report) {}
