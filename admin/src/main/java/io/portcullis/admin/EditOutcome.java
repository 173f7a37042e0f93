package io.portcullis.admin;

import io.portcullis.policy.model.Problem;
import java.util.List;

/** What became of an edit of a tenant's model. */
public sealed interface EditOutcome {
    /** All edits hold, or would hold if they were only checked; {@code changed} is false if everything was so already. */
    record Applied(long revision, boolean changed) implements EditOutcome {}

    /** None holds. */
    record Rejected(List<Problem> problems) implements EditOutcome {
        public Rejected {
            problems = List.copyOf(problems);
        }
    }

    /** The tenant is not at the expected revision; nothing was changed. */
    record Stale(long current) implements EditOutcome {}
}
