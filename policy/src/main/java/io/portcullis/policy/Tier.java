package io.portcullis.policy;

/** Who wrote a policy. What the provider says comes before what a tenant says, and a tenant cannot see past it. */
public enum Tier {
    /** For the vNICs of all tenants, from the model of {@link TenantId#PROVIDER}. */
    PROVIDER,
    /** The tenant's own. */
    TENANT;

    /** What the names of the provider's groups, services and policies begin with in the model of a tenant, whose own names have no slash. */
    public static final String PROVIDER_PREFIX = "provider/";

    /** Whose the object of this name is, as seen from the model of a tenant. */
    public static Tier ofName(String name) {
        return name.startsWith(PROVIDER_PREFIX) ? PROVIDER : TENANT;
    }
}
