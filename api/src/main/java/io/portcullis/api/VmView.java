package io.portcullis.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A VM: inventory, placement and live state.
 *
 * @param id {@code tenant/vm}
 * @param groups that it belongs to
 */
public record VmView(
        String id,
        String tenant,
        String name,
        @Nullable String os,
        List<String> tags,
        List<String> findings,
        List<String> groups,
        PlacementView placement,
        List<VnicView> vnics,
        long revision) {}
