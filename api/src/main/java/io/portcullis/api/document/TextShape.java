package io.portcullis.api.document;

/**
 * How long the longest document and line of a YAML text are, in bytes. What reads YAML looks ahead to the end of a line, at times, and takes a time that grows
 * with the square of its length then.
 */
record TextShape(int longestDocument, int longestLine, boolean likeJson) {
    /** One pass; quick beside everything else that is done with a text. */
    static TextShape of(byte[] text) {
        int longestDocument = 0;
        int longestLine = 0;
        int document = 0;
        int line = 0;
        for (int index = 0; index < text.length; index++) {
            if (text[index] == '\n' || text[index] == '\r') {
                longestLine = Math.max(longestLine, index - line);
                line = index + 1;
                if (isDivider(text, line)) {
                    longestDocument = Math.max(longestDocument, index - document);
                    document = line;
                }
            }
        }
        return new TextShape(
                Math.max(longestDocument, text.length - document),
                Math.max(longestLine, text.length - line),
                isLikeJson(text));
    }

    /** Nothing in YAML goes on behind a line that begins with three hyphens and a space, or has nothing but them. */
    private static boolean isDivider(byte[] text, int line) {
        if (line + 3 >= text.length || text[line] != '-' || text[line + 1] != '-' || text[line + 2] != '-') {
            return false;
        }
        byte next = text[line + 3];
        return next == '\n' || next == '\r' || next == ' ';
    }

    private static boolean isLikeJson(byte[] text) {
        for (byte each : text) {
            if (each != ' ' && each != '\t' && each != '\n' && each != '\r') {
                return each == '{' || each == '[';
            }
        }
        return false;
    }
}
