package io.portcullis.policy;

/** Name of a tenant: lower-case letters, digits and hyphens, at most {@value Names#MAX_LENGTH} characters. */
public record TenantId(String value) {
    /** Not a tenant: whose policies come before those of all tenants. */
    public static final TenantId PROVIDER = new TenantId("provider");

    public TenantId {
        Names.check("tenant", value);
        value = value.intern(); // as a vNIC's name
    }

    @Override
    public String toString() {
        return value;
    }
}
