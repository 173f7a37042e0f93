package io.portcullis.persistence;

import io.portcullis.datapath.runtime.TenantHits;
import io.portcullis.policy.HostId;
import io.portcullis.policy.TenantId;
import java.time.Instant;

/**
 * What a host had counted of a tenant's rules.
 *
 * @param written when that was
 */
public record HostHits(HostId host, TenantId tenant, Instant written, TenantHits hits) {}
