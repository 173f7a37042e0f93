package io.portcullis.api;

import org.jspecify.annotations.Nullable;

/**
 * Compares a text, upper and lower case being the same; exactly one of the fields.
 *
 * @param matches regular expression of RE2 for the whole text
 */
public record TextMatch(
        @Nullable String equals,
        @Nullable String starts,
        @Nullable String contains,
        @Nullable String matches) {}
