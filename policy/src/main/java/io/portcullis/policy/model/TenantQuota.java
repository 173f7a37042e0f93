package io.portcullis.policy.model;

import java.util.Collections;
import java.util.Map;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The most that a tenant may have of something, beside the {@link Limits} that hold for all. Whoever runs the cluster sets it. Less than a tenant has refuses growth
 * only: an edit that leaves a count as it is or makes it smaller is never refused for it.
 *
 * @param limits what is not in it has no limit but the fixed one
 */
public record TenantQuota(SortedMap<QuotaItem, Integer> limits) {
    public static final TenantQuota NONE = new TenantQuota(new TreeMap<>());

    public TenantQuota {
        limits = Collections.unmodifiableSortedMap(new TreeMap<>(limits));
    }

    /** The same, with another limit for this. */
    public TenantQuota with(QuotaItem item, int limit) {
        SortedMap<QuotaItem, Integer> next = new TreeMap<>(limits);
        next.put(item, limit);
        return new TenantQuota(next);
    }

    /** Empty if there is none. */
    public OptionalInt limit(QuotaItem item) {
        Integer limit = limits.get(item);
        return limit == null ? OptionalInt.empty() : OptionalInt.of(limit);
    }

    /** How much a tenant has of everything that can be limited; quick, but for the first time with a model that was read from a store. */
    public static Map<QuotaItem, Integer> use(TenantModel model) {
        Map<QuotaItem, Integer> use = new TreeMap<>();
        for (QuotaItem item : QuotaItem.values()) {
            use.put(item, QuotaChecks.use(model, item));
        }
        return use;
    }
}
