package io.portcullis.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Tags ({@code scope:value}) to add and to remove, in one revision. */
public record TagsRequest(
        @Nullable List<String> add, @Nullable List<String> remove) {}
