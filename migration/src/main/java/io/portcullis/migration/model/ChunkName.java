package io.portcullis.migration.model;

import io.portcullis.policy.VnicId;

/**
 * Names a chunk of the state that a migration sends.
 *
 * @param sequence position in the table of this vNIC, from 0
 */
public record ChunkName(VnicId vnic, int sequence) {}
