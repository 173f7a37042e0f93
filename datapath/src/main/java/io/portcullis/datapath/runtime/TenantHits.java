package io.portcullis.datapath.runtime;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a host counted of one tenant's rules.
 *
 * @param countedSince from when on everything was counted; null if from the beginning
 * @param rules those that counted anything, in no order
 */
public record TenantHits(@Nullable Instant countedSince, List<RuleHit> rules) {
    public static final TenantHits NONE = new TenantHits(null, List.of());

    public TenantHits {
        rules = List.copyOf(rules);
    }
}
