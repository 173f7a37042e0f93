package io.portcullis.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A vNIC: what was declared and how it is.
 *
 * @param id {@code tenant/vm/vnic}
 * @param discovered what hosts found it to have beside its addresses; null if it discovers nothing
 * @param protection as declared, defaults written out
 * @param exclusions that name it: none of the tenant's rules hold for it
 * @param excluded false also where quarantine comes before an exclusion
 * @param status null while no host has it, or its host does not answer
 */
public record VnicView(
        String id,
        String name,
        String mac,
        List<String> addresses,
        @Nullable List<DiscoveredView> discovered,
        String segment,
        @Nullable Integer vlan,
        String port,
        ProtectionSpec protection,
        List<String> exclusions,
        boolean excluded,
        @Nullable VnicStatusView status) {}
