package io.portcullis.policy;

/** The one syntax of every name that an operator gives: RFC 1123 labels, so that names fit paths, URLs and metrics. */
public final class Names {
    /** Longest name, in characters (RFC 1123 label). */
    public static final int MAX_LENGTH = 63;

    private Names() {}

    /** Whether {@code name} is a lower-case RFC 1123 label. */
    public static boolean isValid(String name) {
        int length = name.length();
        if (length == 0 || length > MAX_LENGTH || name.charAt(0) == '-' || name.charAt(length - 1) == '-') {
            return false;
        }
        for (int index = 0; index < length; index++) {
            char each = name.charAt(index);
            boolean isOfALabel = (each >= 'a' && each <= 'z') || (each >= '0' && each <= '9') || each == '-';
            if (!isOfALabel) {
                return false;
            }
        }
        return true;
    }

    /** Throws {@link IllegalArgumentException} that says what is wrong and how to mend it. */
    static void check(String what, String name) {
        if (!isValid(name)) {
            throw new IllegalArgumentException("'" + name + "' is no name for a " + what + ": use at most " + MAX_LENGTH
                    + " lower-case letters, digits and hyphens, with a letter or digit at both ends");
        }
    }
}
