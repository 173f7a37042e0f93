package io.portcullis.api.document;

import java.io.ByteArrayInputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * Documents of a text that are read by one thread.
 *
 * @param from its first byte
 * @param to behind its last byte
 * @param linesBefore lines of the text before it, as what reads YAML counts them
 */
record TextPart(int from, int to, int linesBefore) {
    /** A text is divided where no part has fewer bytes than this. */
    static final int MIN_BYTES = 128 << 10;
    /** Only texts whose documents all have no more bytes than this are divided: all that are read at a time are trees in memory. */
    static final int MAX_DOCUMENT_BYTES = 4 << 20;

    static final int MAX_PARTS = 4;

    static TextPart whole(byte[] text) {
        return new TextPart(0, text.length, 0);
    }

    /** As many as there are processors to read them, divided by lines of {@code ---}; one of a text that cannot be divided. */
    static List<TextPart> of(byte[] text, TextShape shape) {
        int processors = Runtime.getRuntime().availableProcessors();
        int count = Math.min(Math.min(MAX_PARTS, processors), text.length / MIN_BYTES);
        // a directive stands before the --- of its document
        return count < 2 || shape.longestDocument() > MAX_DOCUMENT_BYTES || shape.hasDirectives()
                ? List.of(whole(text))
                : divided(text, count);
    }

    /** @param count how many there are at most */
    static List<TextPart> divided(byte[] text, int count) {
        List<TextPart> parts = new ArrayList<>();
        int from = 0;
        int linesBefore = 0;
        while (from < text.length && parts.size() < count) {
            int left = count - parts.size();
            int to = left == 1 ? text.length : TextShape.dividerFrom(text, from + (text.length - from) / left);
            parts.add(new TextPart(from, to, linesBefore));
            linesBefore += TextShape.lines(text, from, to);
            from = to;
        }
        return parts.isEmpty() ? List.of(whole(text)) : parts;
    }

    ByteArrayInputStream stream(byte[] text) {
        return new ByteArrayInputStream(text, from, to - from);
    }
}
