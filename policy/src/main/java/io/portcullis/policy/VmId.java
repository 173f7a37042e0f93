package io.portcullis.policy;

/** A virtual machine of a tenant; written {@code tenant/name}. Stable for the life of the VM. */
public record VmId(TenantId tenant, String name) {
    public VmId {
        Names.check("VM", name);
    }

    /** Parses {@code tenant/name}; throws {@link IllegalArgumentException} with a hint on anything else. */
    public static VmId parse(String text) {
        String[] parts = text.split("/", -1);
        if (parts.length != 2) {
            throw new IllegalArgumentException("'" + text + "' is no VM id; write TENANT/VM, for example acme/web-1");
        }
        return new VmId(new TenantId(parts[0]), parts[1]);
    }

    @Override
    public String toString() {
        return tenant + "/" + name;
    }
}
