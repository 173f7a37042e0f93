package io.portcullis.api.document;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** How a document is written. */
public enum Format {
    /** RFC 8259, strictly. Several documents follow each other. */
    JSON,
    /** YAML 1.1 without aliases. Several documents are divided by {@code ---}. */
    YAML;

    /** By the media type of a request; YAML unless it says JSON. */
    public static Format ofMediaType(@Nullable String mediaType) {
        return mediaType != null && mediaType.toLowerCase(Locale.ROOT).contains("json") ? JSON : YAML;
    }
}
