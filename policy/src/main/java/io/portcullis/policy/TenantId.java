package io.portcullis.policy;

/** Name of a tenant: lower-case letters, digits and hyphens, at most {@value Names#MAX_LENGTH} characters. */
public record TenantId(String value) {
    public TenantId {
        Names.check("tenant", value);
    }

    @Override
    public String toString() {
        return value;
    }
}
