package io.portcullis.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A virtual machine as declared.
 *
 * @param tags {@code scope:value} each
 */
public record VmSpec(@Nullable String os, @Nullable List<String> tags, List<VnicSpec> vnics) {}
