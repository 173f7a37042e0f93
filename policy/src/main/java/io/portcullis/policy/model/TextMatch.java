package io.portcullis.policy.model;

import java.util.Locale;

/** How a text of the inventory is compared with the text of an expression; upper and lower case are the same. */
public enum TextMatch {
    EQUALS {
        @Override
        boolean folded(String text, String wanted) {
            return text.equals(wanted);
        }
    },
    STARTS_WITH {
        @Override
        boolean folded(String text, String wanted) {
            return text.startsWith(wanted);
        }
    },
    CONTAINS {
        @Override
        boolean folded(String text, String wanted) {
            return text.contains(wanted);
        }
    };

    public boolean matches(String text, String wanted) {
        return folded(text.toLowerCase(Locale.ROOT), wanted.toLowerCase(Locale.ROOT));
    }

    abstract boolean folded(String text, String wanted);
}
