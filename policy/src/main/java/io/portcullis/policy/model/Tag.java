package io.portcullis.policy.model;

import java.util.Comparator;
import java.util.regex.Pattern;

/** A label of a VM, written {@code scope:value}: for example {@code app:web}. */
public record Tag(String scope, String value) implements Comparable<Tag> {
    /** Longest scope and longest value, in characters. */
    public static final int MAX_PART_LENGTH = 63;

    private static final Pattern PART = Pattern.compile("[A-Za-z0-9]([A-Za-z0-9._/-]{0,61}[A-Za-z0-9])?");
    private static final Comparator<Tag> ORDER =
            Comparator.comparing(Tag::scope).thenComparing(Tag::value);

    public Tag {
        if (!PART.matcher(scope).matches() || !PART.matcher(value).matches()) {
            throw new IllegalArgumentException(
                    "'" + scope + ":" + value + "' is no tag: write scope:value, each at most " + MAX_PART_LENGTH
                            + " letters, digits and . _ / -, with a letter or digit at both ends");
        }
    }

    /** Parses {@code scope:value}; throws {@link IllegalArgumentException} with a hint on anything else. */
    public static Tag parse(String text) {
        int colon = text.indexOf(':');
        if (colon < 0) {
            throw new IllegalArgumentException("'" + text + "' is no tag: write scope:value, for example app:web");
        }
        return new Tag(text.substring(0, colon), text.substring(colon + 1));
    }

    @Override
    public int compareTo(Tag other) {
        return ORDER.compare(this, other);
    }

    @Override
    public String toString() {
        return scope + ":" + value;
    }
}
