package io.portcullis.policy.model;

import java.util.List;

/** What became of an edit: a new model, or problems and nothing changed. */
public sealed interface EditResult {
    /**
     * The edit holds.
     *
     * @param model the new model, one revision on; or, when the edit changed nothing, the very same model
     */
    record Accepted(TenantModel model, boolean changed) implements EditResult {}

    /** The edit was refused whole; never empty, at most {@link Limits#MAX_PROBLEMS} problems. */
    record Refused(List<Problem> problems) implements EditResult {
        public Refused {
            problems = List.copyOf(problems);
            if (problems.isEmpty()) {
                throw new IllegalArgumentException("refused without a problem");
            }
        }
    }
}
