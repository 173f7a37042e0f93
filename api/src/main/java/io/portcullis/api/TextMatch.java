package io.portcullis.api;

import org.jspecify.annotations.Nullable;

/** Compares a text, upper and lower case being the same; exactly one of the fields. */
public record TextMatch(
        @Nullable String equals,
        @Nullable String starts,
        @Nullable String contains) {}
