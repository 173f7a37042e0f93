package io.portcullis.policy.model;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A regular expression in the syntax of RE2, which describes whole texts, upper and lower case being the same. Comparing takes time in
 * proportion to the text and to the pattern's {@link PatternSize size}, whatever they are. Any thread.
 */
public final class TextPattern {
    /** Compiled patterns that are kept for the next who asks; beyond, all are made anew. */
    private static final int MAX_KEPT = 1_024;

    private static final String CASE_FLAG = "(?i)";

    private static final Map<String, TextPattern> KEPT = new ConcurrentHashMap<>();

    private final Pattern pattern;

    private TextPattern(Pattern pattern) {
        this.pattern = pattern;
    }

    /**
     * The pattern of this text.
     *
     * @throws IllegalArgumentException if it is none, or larger than {@link Limits} let it be
     */
    public static TextPattern of(String text) {
        TextPattern known = KEPT.get(text);
        if (known != null) {
            return known;
        }
        if (text.length() > Limits.MAX_PATTERN_LENGTH || PatternSize.steps(text) > Limits.MAX_PATTERN_STEPS) {
            throw new IllegalArgumentException("the pattern is too large");
        }
        TextPattern made;
        try {
            made = new TextPattern(Pattern.compile(text, Pattern.CASE_INSENSITIVE));
        } catch (PatternSyntaxException e) {
            String place = e.getPattern();
            throw new IllegalArgumentException(
                    e.getDescription() + " at "
                            + Problems.quote(place.startsWith(CASE_FLAG) ? place.substring(CASE_FLAG.length()) : place),
                    e);
        }
        if (KEPT.size() >= MAX_KEPT) {
            KEPT.clear();
        }
        KEPT.put(text, made);
        return made;
    }

    public boolean matches(String text) {
        return pattern.matches(text);
    }

    /** What it counts among all of a tenant. One that is too large by itself counts as if it were little so, lest sums overflow. */
    static int countedSteps(String text) {
        return (int) Math.min(PatternSize.steps(text), Limits.MAX_PATTERN_STEPS + 1);
    }

    /** What is wrong with a pattern of an expression. */
    static void check(String path, String what, String text, Problems problems) {
        long steps = text.length() > Limits.MAX_PATTERN_LENGTH ? 0 : PatternSize.steps(text);
        if (text.length() > Limits.MAX_PATTERN_LENGTH) {
            problems.add(
                    path,
                    "the pattern for the " + what + " has " + text.length() + " characters",
                    "use at most " + Limits.MAX_PATTERN_LENGTH
                            + " (MAX_PATTERN_LENGTH), join several patterns with any, or use a tag");
        } else if (steps > Limits.MAX_PATTERN_STEPS) {
            problems.add(
                    path,
                    "the pattern " + Problems.quote(text) + " repeats so much that it takes " + PatternSize.text(steps)
                            + " steps for each character",
                    "have at most " + Limits.MAX_PATTERN_STEPS
                            + " (MAX_PATTERN_STEPS): lower the numbers in {}, or use * or +");
        } else {
            checkSyntax(path, what, text, problems);
        }
    }

    private static void checkSyntax(String path, String what, String text, Problems problems) {
        try {
            of(text);
        } catch (IllegalArgumentException e) {
            problems.add(
                    path,
                    "the pattern for the " + what + " is none: " + e.getMessage(),
                    "write a regular expression of RE2 for the whole text, such as web-[0-9]+; look-around and"
                            + " references back are not known");
        }
    }
}
