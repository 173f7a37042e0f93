package io.portcullis.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What of a policy is in force at the revision at which it was read.
 *
 * @param active whether its rules are in tables: it is enabled and within its schedule
 * @param expired rules that are in no table any more, in order
 * @param nextChange when it becomes active or inactive or a rule of it expires; null if it never does
 */
public record PolicyStatus(
        boolean active, List<String> expired, @Nullable String nextChange) {}
