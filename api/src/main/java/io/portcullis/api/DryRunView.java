package io.portcullis.api;

import java.util.List;

/**
 * What a change would do; nothing was changed.
 *
 * @param revision the tenant's revision now
 * @param changed what would be new, different or gone, as {@code kind/name}; empty if everything is so already
 * @param diff from the tenant's documents as they are to what they would be, in the unified format
 */
public record DryRunView(String tenant, long revision, List<String> changed, String diff) {}
