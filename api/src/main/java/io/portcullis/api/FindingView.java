package io.portcullis.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Something that an analysis found.
 *
 * @param kind one of {@link #KINDS}
 * @param subject what it is about: {@code Rule/POLICY/RULE}, {@code Group/NAME}, {@code Service/NAME} or {@code Exclusion/NAME}
 * @param message what is so
 * @param hint how to mend it
 * @param causes the rules that make it so, as {@code POLICY/RULE}, in order of evaluation; of a group those that name it
 * @param introduced of documents that were only tried: whether the tenant would not have it without them
 */
public record FindingView(
        String kind,
        String subject,
        String message,
        String hint,
        List<String> causes,
        @Nullable Boolean introduced) {
    /** All there are. */
    public static final List<String> KINDS = List.of(
            "shadowed",
            "redundant",
            "conflicting",
            "too-permissive",
            "empty-group",
            "unused",
            "never-matches",
            "passes-all",
            "excluded");
}
