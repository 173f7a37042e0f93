package io.portcullis.policy.model;

import java.util.Locale;

/** How a text of the inventory is compared with the text of an expression; upper and lower case are the same. */
public enum TextMatch {
    EQUALS {
        @Override
        boolean holds(String text, String wanted) {
            return text.equals(wanted);
        }
    },
    STARTS_WITH {
        @Override
        boolean holds(String text, String wanted) {
            return text.startsWith(wanted);
        }
    },
    CONTAINS {
        @Override
        boolean holds(String text, String wanted) {
            return text.contains(wanted);
        }
    },
    /** The whole text is one that the {@link TextPattern} describes. */
    MATCHES {
        @Override
        boolean holds(String text, String wanted) {
            return TextPattern.of(wanted).matches(text);
        }

        @Override
        public String folded(String wanted) {
            return wanted;
        }
    };

    public boolean matches(String text, String wanted) {
        return holds(text.toLowerCase(Locale.ROOT), folded(wanted));
    }

    /** The text of an expression in one form for all that differ in case only. A pattern is as it is: {@code \d} is not {@code \D}. */
    public String folded(String wanted) {
        return wanted.toLowerCase(Locale.ROOT);
    }

    /** As {@link #matches}, both in the form that compares. */
    abstract boolean holds(String text, String wanted);
}
