package io.portcullis.policy.compile;

import io.portcullis.policy.model.Limits;
import io.portcullis.policy.model.TextMatch;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * Finds the texts that a text equals, starts with or contains: one look-up for each length of such a text that is in use, and place
 * where it could be. All in lower case. One thread.
 */
final class TextIndex {
    private static final class Texts {
        final Map<String, Posting> postings = new HashMap<>();
        final int[] countByLength = new int[Limits.MAX_TEXT_LENGTH + 1];
    }

    private final Map<TextMatch, Texts> texts = new EnumMap<>(TextMatch.class);
    private int count;

    TextIndex() {
        for (TextMatch match : TextMatch.values()) {
            texts.put(match, new Texts());
        }
    }

    void add(TextMatch match, String text, Posting posting) {
        Texts those = texts(match);
        those.postings.put(text, posting);
        count++;
        those.countByLength[text.length()]++;
    }

    void remove(TextMatch match, String text) {
        Texts those = texts(match);
        those.postings.remove(text);
        count--;
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
                }
            }
        });
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
