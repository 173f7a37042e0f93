package io.portcullis.api;

import java.util.Map;

/**
 * What a tenant may have at most, and what it has.
 *
 * @param limits see {@link QuotaSpec}
 * @param used of everything that can be limited; may be more than the limit, if that was lowered
 */
public record QuotaView(String tenant, long revision, Map<String, Integer> limits, Map<String, Integer> used) {}
