package io.portcullis.policy;

import java.util.regex.Pattern;

/** The one syntax of every name that an operator gives: RFC 1123 labels, so that names fit paths, URLs and metrics. */
public final class Names {
    /** Longest name, in characters (RFC 1123 label). */
    public static final int MAX_LENGTH = 63;

    private static final Pattern LABEL = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");

    private Names() {}

    /** Whether {@code name} is a lower-case RFC 1123 label. */
    public static boolean isValid(String name) {
        return LABEL.matcher(name).matches();
    }

    /** Throws {@link IllegalArgumentException} that says what is wrong and how to mend it. */
    static void check(String what, String name) {
        if (!isValid(name)) {
            throw new IllegalArgumentException("'" + name + "' is no name for a " + what + ": use at most " + MAX_LENGTH
                    + " lower-case letters, digits and hyphens, with a letter or digit at both ends");
        }
    }
}
