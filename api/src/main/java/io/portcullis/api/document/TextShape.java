package io.portcullis.api.document;

/**
 * How long the longest document and line of a YAML text are, in bytes. What reads YAML looks ahead to the end of a line, at times, and takes a time that grows
 * with the square of its length then.
 *
 * @param hasDirectives whether a line begins with a percent sign, as directives do
 */
record TextShape(int longestDocument, int longestLine, boolean likeJson, boolean hasDirectives) {
    /** One pass; quick beside everything else that is done with a text. */
    static TextShape of(byte[] text) {
        int longestDocument = 0;
        int longestLine = 0;
        int document = 0;
        int line = 0;
        boolean hasDirectives = text.length > 0 && text[0] == '%';
        for (int index = 0; index < text.length; index++) {
            if (text[index] == '\n' || text[index] == '\r') {
                longestLine = Math.max(longestLine, index - line);
                line = index + 1;
                hasDirectives |= line < text.length && text[line] == '%';
                if (isDivider(text, line)) {
                    longestDocument = Math.max(longestDocument, index - document);
                    document = line;
                }
            }
        }
        return new TextShape(
                Math.max(longestDocument, text.length - document),
                Math.max(longestLine, text.length - line),
                isLikeJson(text),
                hasDirectives);
    }

    /** Where the first line at or behind this place begins that divides documents; the end of the text if none does. */
    static int dividerFrom(byte[] text, int place) {
        for (int index = Math.max(1, place); index < text.length; index++) {
            if ((text[index - 1] == '\n' || text[index - 1] == '\r') && isDivider(text, index)) {
                return index;
            }
        }
        return text.length;
    }

    /** Lines that end between two places, as YAML 1.1 knows them: with U+0085, U+2028 and U+2029 too. */
    static int lines(byte[] text, int from, int to) {
        int lines = 0;
        for (int index = from; index < to; index++) {
            byte each = text[index];
            boolean isBreak = each == '\n'
                    || (each == '\r' && (index + 1 == text.length || text[index + 1] != '\n'))
                    || (each == (byte) 0x85 && index > 0 && text[index - 1] == (byte) 0xc2)
                    || ((each == (byte) 0xa8 || each == (byte) 0xa9)
                            && index > 1
                            && text[index - 1] == (byte) 0x80
                            && text[index - 2] == (byte) 0xe2);
            lines += isBreak ? 1 : 0;
        }
        return lines;
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
