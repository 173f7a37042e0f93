package io.portcullis.policy;

/** One virtual NIC of a VM, the unit of enforcement; written {@code tenant/vm/name}. Stable for the life of the VM. */
public record VnicId(VmId vm, String name) {
    public VnicId {
        Names.check("vNIC", name);
        name = name.intern(); // few of them, in very many ids, of which each message brings new ones
    }

    /** Parses {@code tenant/vm/vnic}; throws {@link IllegalArgumentException} with a hint on anything else. */
    public static VnicId parse(String text) {
        int slash = text.lastIndexOf('/');
        if (slash < 0) {
            throw new IllegalArgumentException(
                    "'" + text + "' is no vNIC id; write TENANT/VM/VNIC, for example acme/web-1/eth0");
        }
        return new VnicId(VmId.parse(text.substring(0, slash)), text.substring(slash + 1));
    }

    public TenantId tenant() {
        return vm.tenant();
    }

    @Override
    public String toString() {
        return vm + "/" + name;
    }
}
