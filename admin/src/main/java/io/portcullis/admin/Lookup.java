package io.portcullis.admin;

import io.portcullis.admin.http.ProblemKind;
import io.portcullis.admin.http.RefusedException;
import io.portcullis.api.document.Nearest;
import io.portcullis.policy.HostId;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VmId;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.Vm;
import io.portcullis.policy.model.Vnic;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Finds what an address names, or refuses with what there is instead. */
final class Lookup {
    /** Names that a hint lists. */
    private static final int MAX_LISTED = 8;

    private Lookup() {}

    static <T> T named(@Nullable T found, String what, String name, Collection<String> names) {
        if (found != null) {
            return found;
        }
        throw new RefusedException(
                ProblemKind.UNKNOWN, "there is no " + what + " '" + name + "'", hint(name, names), List.of());
    }

    static <T> T named(Map<String, T> things, String what, String name) {
        return named(things.get(name), what, name, things.keySet());
    }

    static Vm vm(TenantModel model, String name) {
        return named(model.vms(), "VM", model.tenant() + "/" + name, name);
    }

    private static <T> T named(Map<String, T> things, String what, String shown, String name) {
        return named(things.get(name), what, shown, things.keySet());
    }

    static Vnic vnic(Vm vm, String name) {
        Map<String, Vnic> vnics =
                vm.vnics().stream().collect(Collectors.toMap(vnic -> vnic.id().name(), vnic -> vnic));
        return named(vnics, "vNIC", vm.id() + "/" + name, name);
    }

    /** A name that cannot be one names nothing: 404. */
    static TenantId tenantId(String name) {
        return unlessInvalid("tenant", name, () -> new TenantId(name));
    }

    static HostId hostId(String name) {
        return unlessInvalid("host", name, () -> new HostId(name));
    }

    static VmId vmId(String tenant, String name) {
        return unlessInvalid("VM", name, () -> new VmId(tenantId(tenant), name));
    }

    private static <T> T unlessInvalid(String what, String name, Supplier<T> make) {
        try {
            return make.get();
        } catch (IllegalArgumentException noName) {
            throw new RefusedException(
                    ProblemKind.UNKNOWN,
                    "there is no " + what + " '" + name + "'",
                    String.valueOf(noName.getMessage()));
        }
    }

    private static @Nullable String hint(String name, Collection<String> names) {
        if (names.isEmpty()) {
            return "there are none yet";
        }
        String bare = name.substring(name.lastIndexOf('/') + 1);
        return Nearest.to(bare, names)
                .map(nearest -> "did you mean " + nearest + "?")
                .orElseGet(() -> names.size() > MAX_LISTED
                        ? null
                        : "there are " + names.stream().sorted().collect(Collectors.joining(", ")));
    }
}
