package io.portcullis.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * vNICs for which none of the tenant's rules hold.
 *
 * @param groups whose vNICs they are
 * @param vms all of whose vNICs they are, by name
 * @param description why
 */
public record ExclusionSpec(
        @Nullable List<String> groups,
        @Nullable List<String> vms,
        @Nullable String description) {}
