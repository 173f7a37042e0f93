package io.portcullis.policy.model;

import io.portcullis.policy.TenantId;
import io.portcullis.policy.Tier;
import java.util.Map;
import java.util.SortedMap;
import java.util.function.UnaryOperator;

/**
 * What a tenant has of the provider: policies that come before all of its own, with the groups and services that they name. Immutable, any
 * thread. All is called as it is in the models of tenants, {@code provider/NAME} ({@link Tier#PROVIDER_PREFIX}), in references too; groups are
 * conditions that each tenant judges for its own vNICs.
 *
 * @param revision of the provider's model; 0 if there never was one
 */
public record ProviderPolicies(
        long revision,
        SortedMap<String, Group> groups,
        SortedMap<String, Service> services,
        SortedMap<String, SecurityPolicy> policies) {
    /** Of tenants that have nothing of a provider. */
    public static final ProviderPolicies NONE = without(0);

    private static final Renaming TO_TENANT = new Renaming(name -> Tier.PROVIDER_PREFIX + name);
    /** What is not called as it should be gets a name that nothing can have, so that it is found wrong. */
    private static final Renaming TO_PROVIDER = new Renaming(
            name -> Tier.ofName(name) == Tier.PROVIDER ? name.substring(Tier.PROVIDER_PREFIX.length()) : "/" + name);

    public ProviderPolicies {
        groups = NameMap.copyOf(groups);
        services = NameMap.copyOf(services);
        policies = NameMap.copyOf(policies);
    }

    /** Without any policies, of a provider that has none (any more). */
    public static ProviderPolicies without(long revision) {
        return new ProviderPolicies(revision, NameMap.empty(), NameMap.empty(), NameMap.empty());
    }

    /**
     * What tenants get of the provider's model; nothing that is staged. Time grows with the model.
     *
     * @throws IllegalArgumentException if it is the model of a tenant
     */
    public static ProviderPolicies of(TenantModel provider) {
        if (!provider.tenant().equals(TenantId.PROVIDER)) {
            throw new IllegalArgumentException(provider.tenant() + " is not the provider");
        }
        return new ProviderPolicies(
                provider.revision(),
                renamed(provider.groups(), TO_TENANT::name, TO_TENANT::group),
                renamed(provider.services(), TO_TENANT::name, TO_TENANT::service),
                renamed(provider.policies(), TO_TENANT::name, TO_TENANT::policy));
    }

    /** The provider's model with all of this in it, called as it is there. */
    TenantModel toModel() {
        TenantModel empty = TenantModel.empty(TenantId.PROVIDER);
        return new TenantModel(
                empty.tenant(),
                revision,
                empty.segments(),
                empty.vms(),
                renamed(groups, TO_PROVIDER::name, TO_PROVIDER::group),
                renamed(services, TO_PROVIDER::name, TO_PROVIDER::service),
                renamed(policies, TO_PROVIDER::name, TO_PROVIDER::policy),
                empty.staged(),
                empty.exclusions(),
                empty.defaultAction(),
                empty.looseTracking(),
                empty.timeouts(),
                empty.time(),
                empty.quota(),
                empty.provider());
    }

    private static <V> NameMap<V> renamed(Map<String, V> map, UnaryOperator<String> name, UnaryOperator<V> value) {
        NameMap<V> renamed = NameMap.empty();
        for (Map.Entry<String, V> entry : map.entrySet()) {
            renamed = renamed.with(name.apply(entry.getKey()), value.apply(entry.getValue()));
        }
        return renamed;
    }
}
