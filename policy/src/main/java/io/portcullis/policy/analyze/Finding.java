package io.portcullis.policy.analyze;

import io.portcullis.policy.model.Problem;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * One thing that was found.
 *
 * @param subject what it is about
 * @param message what is so, for people
 * @param hint how to mend it
 * @param causes the rules that make it so, in order of evaluation, at most {@link AnalysisLimits#MAX_CAUSES}; of a group those
 *     that name it
 */
public record Finding(FindingKind kind, Subject subject, String message, String hint, List<RuleName> causes) {
    public Finding {
        causes = List.copyOf(causes);
    }

    /** What a finding is about. */
    public sealed interface Subject {
        /** Where it stands in the model, as {@link Problem#path()}. */
        String path();
    }

    /**
     * A rule.
     *
     * @param index its place in the policy, from 0
     */
    public record OfRule(RuleName name, int index) implements Subject {
        @Override
        public String path() {
            return "/policies/" + name.policy() + "/rules/" + index;
        }

        @Override
        public String toString() {
            return "Rule/" + name;
        }
    }

    /** A group. */
    public record OfGroup(String name) implements Subject {
        @Override
        public String path() {
            return "/groups/" + name;
        }

        @Override
        public String toString() {
            return "Group/" + name;
        }
    }

    /** A service of the tenant's own. */
    public record OfService(String name) implements Subject {
        @Override
        public String path() {
            return "/services/" + name;
        }

        @Override
        public String toString() {
            return "Service/" + name;
        }
    }

    /** An exclusion. */
    public record OfExclusion(String name) implements Subject {
        @Override
        public String path() {
            return "/exclusions/" + name;
        }

        @Override
        public String toString() {
            return "Exclusion/" + name;
        }
    }

    /** Kind and subject: what makes it the same finding before and after a change, whatever else has changed. */
    public String identity() {
        return kind + " " + subject;
    }

    Finding withKind(FindingKind other) {
        return new Finding(other, subject, message, hint, causes);
    }

    /** Of all these findings. */
    public static Set<String> identities(List<Finding> findings) {
        return findings.stream().map(Finding::identity).collect(Collectors.toSet());
    }

    /** As a reason to refuse a change. */
    public Problem problem() {
        return new Problem(subject.path(), kind.word() + ": " + message, hint);
    }
}
