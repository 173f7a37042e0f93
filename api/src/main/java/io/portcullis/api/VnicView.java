package io.portcullis.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A vNIC: what was declared and how it is.
 *
 * @param id {@code tenant/vm/vnic}
 * @param protection as declared, defaults written out
 * @param status null while no host has it, or its host does not answer
 */
public record VnicView(
        String id,
        String name,
        String mac,
        List<String> addresses,
        String segment,
        @Nullable Integer vlan,
        String port,
        ProtectionSpec protection,
        @Nullable VnicStatusView status) {}
