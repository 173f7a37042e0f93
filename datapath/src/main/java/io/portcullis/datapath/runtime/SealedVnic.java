package io.portcullis.datapath.runtime;

import io.portcullis.datapath.track.TableSnapshot;

/**
 * What the source hands over for one vNIC once it decides nothing any more.
 *
 * @param table what was not exported before ({@link DataPath#exportNext}) of it, with the count and digest of all of it
 * @param isRest whether something was exported before, without which the chunks of {@code table} are of no use
 * @param policyRevision revision of the rule table in force when it was sealed
 * @param forwardedFrames frames sent through the tunnel before the seal; the destination waits for them
 * @param freezeNanos from the swap of the VM's queue to the seal
 */
public record SealedVnic(
        TableSnapshot table, boolean isRest, long policyRevision, long forwardedFrames, long freezeNanos) {}
