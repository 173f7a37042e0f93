package io.portcullis.api.document;

import java.util.Collection;
import java.util.Locale;
import java.util.Optional;

/** Finds what somebody probably meant to write. */
public final class Nearest {
    /** Longest text that is compared, in characters. */
    private static final int MAX_LENGTH = 64;
    /** Most candidates that are compared. */
    private static final int MAX_CANDIDATES = 10_000;

    private Nearest() {}

    /** The candidate with the fewest edits (Levenshtein, without case), if they are few: two, or a third of a long text. */
    public static Optional<String> to(String text, Collection<String> candidates) {
        if (text.length() > MAX_LENGTH) {
            return Optional.empty();
        }
        String best = "";
        int bestDistance = Math.max(text.length() > 3 ? 2 : 1, text.length() / 3) + 1;
        int compared = 0;
        for (String candidate : candidates) {
            if (candidate.length() > MAX_LENGTH || compared++ == MAX_CANDIDATES) {
                continue;
            }
            int distance = distance(text.toLowerCase(Locale.ROOT), candidate.toLowerCase(Locale.ROOT));
            if (distance < bestDistance) {
                best = candidate;
                bestDistance = distance;
            }
        }
        return best.isEmpty() ? Optional.empty() : Optional.of(best);
    }

    private static int distance(String left, String right) {
        int[] row = new int[right.length() + 1];
        for (int column = 0; column < row.length; column++) {
            row[column] = column;
        }
        for (int line = 1; line <= left.length(); line++) {
            int diagonal = row[0];
            row[0] = line;
            for (int column = 1; column < row.length; column++) {
                int replace = diagonal + (left.charAt(line - 1) == right.charAt(column - 1) ? 0 : 1);
                diagonal = row[column];
                row[column] = Math.min(replace, Math.min(row[column], row[column - 1]) + 1);
            }
        }
        return row[right.length()];
    }
}
