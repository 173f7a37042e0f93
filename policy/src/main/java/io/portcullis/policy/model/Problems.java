package io.portcullis.policy.model;

import io.portcullis.policy.Names;
import java.util.ArrayList;
import java.util.List;

/** Collects problems up to {@link Limits#MAX_PROBLEMS}; what comes after that is dropped. */
final class Problems {
    /** Longest piece of a wrong value that a message repeats, in characters. */
    private static final int MAX_QUOTE = 80;

    private final List<Problem> problems = new ArrayList<>();

    void add(Place place, String message, String hint) {
        if (problems.size() < Limits.MAX_PROBLEMS) {
            problems.add(new Problem(place.toString(), message, hint));
        }
    }

    void add(String path, String message, String hint) {
        add(Place.of(path), message, hint);
    }

    boolean isEmpty() {
        return problems.isEmpty();
    }

    List<Problem> list() {
        return List.copyOf(problems);
    }

    void checkName(String path, String what, String name) {
        checkName(Place.of(path), what, name);
    }

    void checkName(Place path, String what, String name) {
        if (!Names.isValid(name)) {
            add(
                    path,
                    quote(name) + " is no name for a " + what,
                    "use at most " + Names.MAX_LENGTH
                            + " lower-case letters, digits and hyphens, with a letter or digit at both ends");
        } else if (name.equals("any")) {
            add(path, "the name 'any' is taken", "choose another name for the " + what);
        }
    }

    void checkText(String path, String what, String text) {
        checkText(Place.of(path), what, text);
    }

    void checkText(Place path, String what, String text) {
        if (text.length() > Limits.MAX_TEXT_LENGTH) {
            add(
                    path,
                    "the " + what + " has " + text.length() + " characters",
                    "use at most " + Limits.MAX_TEXT_LENGTH + " (MAX_TEXT_LENGTH)");
        } else if (!text.isEmpty() && text.codePoints().anyMatch(Problems::isUnprintable)) {
            add(path, "the " + what + " has control characters", "use printable characters");
        }
    }

    /** Controls, halves of surrogate pairs, and code points that are no characters: not every format can keep them. */
    private static boolean isUnprintable(int codePoint) {
        int type = Character.getType(codePoint);
        return Character.isISOControl(codePoint) || type == Character.SURROGATE || (codePoint & 0xfffe) == 0xfffe;
    }

    void checkLimit(String path, String what, int count, int limit, String limitName) {
        checkLimit(Place.of(path), what, count, limit, limitName);
    }

    void checkLimit(Place path, String what, int count, int limit, String limitName) {
        if (count > limit) {
            add(path, count + " " + what + " are too many", "have at most " + limit + " (" + limitName + ")");
        }
    }

    static String quote(String text) {
        return "'" + (text.length() > MAX_QUOTE ? text.substring(0, MAX_QUOTE) + "…" : text) + "'";
    }

    /** A JSON pointer (RFC 6901) of these parts. */
    static String pointer(Object... parts) {
        StringBuilder path = new StringBuilder();
        for (Object part : parts) {
            path.append('/').append(part.toString().replace("~", "~0").replace("/", "~1"));
        }
        return path.toString();
    }
}
