package io.portcullis.policy.compile;

import io.portcullis.policy.model.Limits;
import io.portcullis.policy.model.TextMatch;
import io.portcullis.policy.model.TextPattern;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * Finds the texts that a text equals, starts with or contains: one look-up for each length of such a text that is in use, and place
 * where it could be. Compares with each pattern; {@link Limits#MAX_PATTERN_STEPS_PER_TENANT} bounds what that takes. All but patterns in
 * lower case. One thread.
 */
final class TextIndex {
    private static final class Texts {
        final Map<String, Posting> postings = new HashMap<>();
        final int[] countByLength = new int[Limits.MAX_TEXT_LENGTH + 1];
    }

    private record Pattern(TextPattern text, Posting posting) {}

    private final Map<String, Pattern> patterns = new HashMap<>();
    private final Map<TextMatch, Texts> texts = new EnumMap<>(TextMatch.class);
    private int count;

    TextIndex() {
        for (TextMatch match : TextMatch.values()) {
            texts.put(match, new Texts());
        }
    }

    void add(TextMatch match, String text, Posting posting) {
        count++;
        if (match == TextMatch.MATCHES) {
            patterns.put(text, new Pattern(TextPattern.of(text), posting));
            return;
        }
        Texts those = texts(match);
        those.postings.put(text, posting);
        those.countByLength[text.length()]++;
    }

    void remove(TextMatch match, String text) {
        count--;
        if (match == TextMatch.MATCHES) {
            patterns.remove(text);
            return;
        }
        Texts those = texts(match);
        those.postings.remove(text);
        those.countByLength[text.length()]--;
    }

    private Texts texts(TextMatch match) {
        return Objects.requireNonNull(texts.get(match));
    }

    /** Tells the postings of all that match, some perhaps more than once. */
    void forEachMatching(String text, Consumer<Posting> consumer) {
        if (count == 0) {
            return;
        }
        texts.forEach((match, those) -> {
            if (!those.postings.isEmpty()) {
                switch (match) {
                    case EQUALS -> tell(those, text, consumer);
                    case STARTS_WITH -> tellParts(those, text, 0, consumer);
                    case CONTAINS -> tellParts(those, text, text.length() - 1, consumer);
                    case MATCHES -> throw new IllegalStateException("patterns are kept apart");
                }
            }
        });
        for (Pattern pattern : patterns.values()) {
            if (pattern.text().matches(text)) {
                consumer.accept(pattern.posting());
            }
        }
    }

    private static void tellParts(Texts those, String text, int lastBegin, Consumer<Posting> consumer) {
        for (int length = 1; length <= Math.min(text.length(), Limits.MAX_TEXT_LENGTH); length++) {
            if (those.countByLength[length] > 0) {
                for (int begin = 0; begin <= Math.min(lastBegin, text.length() - length); begin++) {
                    tell(those, text.substring(begin, begin + length), consumer);
                }
            }
        }
    }

    private static void tell(Texts those, String text, Consumer<Posting> consumer) {
        Posting posting = those.postings.get(text);
        if (posting != null) {
            consumer.accept(posting);
        }
    }
}
