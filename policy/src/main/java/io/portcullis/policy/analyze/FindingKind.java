package io.portcullis.policy.analyze;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What can be found. */
public enum FindingKind {
    /** Earlier rules, at least one of them with another action, leave nothing for this one. */
    SHADOWED,
    /** Earlier rules with the same action leave nothing for this one, or a later one would decide the same in its place. */
    REDUNDANT,
    /** It overlaps an earlier rule of its category with the opposite verdict, neither holds the other: their order alone decides. */
    CONFLICTING,
    /** It allows too much: of sources, destinations and services at least two have no limit worth the name. */
    TOO_PERMISSIVE,
    /** A group that stands for nobody now. */
    EMPTY_GROUP,
    /** A group or service that no policy needs, or a rule without a hit since the time that was asked for. */
    UNUSED,
    /** There is no packet that the rule could match. */
    NEVER_MATCHES,
    /** A PASS that leaves nothing for any of the rules after it in its category. */
    PASSES_ALL,
    /** An exclusion: vNICs for which none of the tenant's rules holds. */
    EXCLUDED;

    /** For example {@code never-matches}. */
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    public static Optional<FindingKind> ofWord(String word) {
        return Arrays.stream(values()).filter(kind -> kind.word().equals(word)).findFirst();
    }
}
