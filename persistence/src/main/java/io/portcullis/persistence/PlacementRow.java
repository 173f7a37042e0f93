package io.portcullis.persistence;

import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import java.time.Instant;

/**
 * Where a VM is, as its placement last said.
 *
 * @param spec what the host must know to attach it, as JSON
 */
public record PlacementRow(VmId vm, HostId host, long epoch, String spec, Instant updated) {}
