package io.portcullis.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which staged policies are published, or dropped.
 *
 * @param names of policies; null for everything that is staged
 */
public record StagedNames(@Nullable List<String> names) {}
