package io.portcullis.api;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A virtual machine as declared.
 *
 * @param tags {@code scope:value} each
 * @param findings what scanners found, kind to value; none at all leaves those that there are
 */
public record VmSpec(
        @Nullable String os,
        @Nullable List<String> tags,
        List<VnicSpec> vnics,
        @Nullable Map<String, String> findings) {
    /** Findings stay as they are. */
    public VmSpec(@Nullable String os, @Nullable List<String> tags, List<VnicSpec> vnics) {
        this(os, tags, vnics, null);
    }
}
