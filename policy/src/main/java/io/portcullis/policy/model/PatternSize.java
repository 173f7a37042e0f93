package io.portcullis.policy.model;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * How many instructions a regular expression of RE2 becomes at most: so many steps each character of a text can take, and so much memory
 * the compiled pattern. RE2/J writes counted repetitions out, so that {@code ((a{1000}){1000}){1000}} would be a thousand million of
 * them; therefore it is asked here before. Says something of texts that are no pattern, too. Time grows with the text.
 *
 * @see <a href="https://github.com/google/re2/wiki/Syntax">the syntax of RE2</a>
 */
final class PatternSize {
    /** Beyond this nobody counts; times {@link #MANY_TIMES} it is still a number. */
    private static final long MANY = 1L << 40;
    /** From here on people need no digits. */
    private static final long A_MILLION = 1_000_000;
    /** Largest count of a repetition that is told from larger ones; RE2 refuses more than 1,000. */
    private static final int MANY_TIMES = 1 << 12;
    /** What any pattern has: its end, the place that never matches, and the borders of the whole. */
    private static final int FRAME = 4;
    /** Of a group: its borders. Of {@code |} and of a repetition: the choice, and one for an operand that may be empty. */
    private static final int EXTRA = 2;

    private static final class Level {
        long total;
        /** Of the last thing in it, to which a repetition refers. */
        long last;

        void add(long steps) {
            last = Math.min(steps, MANY);
            total = Math.min(total + last, MANY);
        }

        void repeat(long times) {
            long repeated = Math.min((last + EXTRA) * times, MANY);
            total = Math.min(total - last + repeated, MANY);
            last = repeated;
        }
    }

    private final String pattern;
    private final Deque<Level> outer = new ArrayDeque<>();
    private Level level = new Level();
    private int at;

    private PatternSize(String pattern) {
        this.pattern = pattern;
    }

    static long steps(String pattern) {
        return new PatternSize(pattern).steps();
    }

    /** For people. */
    static String text(long steps) {
        return steps >= A_MILLION ? "millions of" : Long.toString(steps);
    }

    private long steps() {
        while (at < pattern.length()) {
            char next = pattern.charAt(at++);
            switch (next) {
                case '\\' -> escape();
                case '[' -> characterClass();
                case '(' -> open();
                case ')' -> close();
                case '|' -> level.add(EXTRA);
                case '*', '+', '?' -> level.repeat(1);
                case '{' -> braces();
                default -> level.add(1);
            }
        }
        while (!outer.isEmpty()) {
            close();
        }
        return Math.min(level.total + FRAME, MANY);
    }

    private void escape() {
        char kind = at < pattern.length() ? pattern.charAt(at++) : '\\';
        if (kind == 'Q') {
            int end = pattern.indexOf("\\E", at);
            for (int last = end < 0 ? pattern.length() : end; at < last; at++) {
                level.add(1);
            }
            at = end < 0 ? at : end + 2;
            return;
        }
        skipName(kind);
        level.add(1);
    }

    /** Of {@code \p{Greek}}, {@code \pL} or {@code \x{10ffff}}. */
    private void skipName(char kind) {
        boolean property = kind == 'p' || kind == 'P';
        if (at == pattern.length() || !(property || kind == 'x')) {
            return;
        }
        if (pattern.charAt(at) == '{') {
            int end = pattern.indexOf('}', at);
            at = end < 0 ? at : end + 1;
        } else if (property) {
            at++;
        }
    }

    private void characterClass() {
        if (at < pattern.length() && pattern.charAt(at) == '^') {
            at++;
        }
        boolean first = true;
        while (at < pattern.length() && (first || pattern.charAt(at) != ']')) {
            first = false;
            int end = pattern.startsWith("[:", at) ? pattern.indexOf(":]", at + 2) : -1;
            if (end >= 0) {
                at = end + 2;
            } else if (!isSet(classCharacter()) && at < pattern.length() - 1 && pattern.charAt(at) == '-') {
                at++;
                if (pattern.charAt(at) != ']') {
                    classCharacter();
                }
            }
        }
        at = Math.min(at + 1, pattern.length());
        level.add(1);
    }

    /** A character in a class; if it is escaped, the letter that says how, else 0. */
    private char classCharacter() {
        if (pattern.charAt(at++) != '\\' || at == pattern.length()) {
            return 0;
        }
        char kind = pattern.charAt(at++);
        skipName(kind);
        return kind;
    }

    /** Whether an escape stands for many characters, and so does not begin a range. */
    private static boolean isSet(char kind) {
        return "pPdDsSwW".indexOf(kind) >= 0;
    }

    private void open() {
        if (at < pattern.length() && pattern.charAt(at) == '?') {
            int end = at;
            while (end < pattern.length() && ":)>".indexOf(pattern.charAt(end)) < 0) {
                end++;
            }
            at = Math.min(end + 1, pattern.length());
            if (end < pattern.length() && pattern.charAt(end) == ')') {
                return; // flags alone
            }
        }
        outer.push(level);
        level = new Level();
    }

    private void close() {
        long inner = level.total + EXTRA;
        if (outer.isEmpty()) {
            level.last = inner; // no pattern; whatever follows refers to all that came before
        } else {
            level = outer.pop();
            level.add(inner);
        }
    }

    /** {@code {2}}, {@code {2,}} and {@code {2,3}} repeat; anything else is text. */
    private void braces() {
        int from = at;
        int least = number();
        int most = least;
        if (least >= 0 && at < pattern.length() && pattern.charAt(at) == ',') {
            at++;
            most = at < pattern.length() && pattern.charAt(at) == '}' ? least + 1 : number();
        }
        if (least < 0 || most < 0 || at >= pattern.length() || pattern.charAt(at) != '}') {
            at = from;
            level.add(1);
            return;
        }
        at++;
        level.repeat(Math.max(1, Math.max(least, most)));
    }

    /** -1 if there is none. */
    private int number() {
        int from = at;
        int number = 0;
        while (at < pattern.length() && pattern.charAt(at) >= '0' && pattern.charAt(at) <= '9') {
            number = Math.min(number * 10 + pattern.charAt(at) - '0', MANY_TIMES);
            at++;
        }
        return at == from ? -1 : number;
    }
}
