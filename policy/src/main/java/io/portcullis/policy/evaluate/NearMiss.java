package io.portcullis.policy.evaluate;

import java.util.List;

/** A rule that was looked at and would have decided otherwise, had not a condition or two failed. */
public record NearMiss(RuleName rule, List<Reason> failed) {
    public NearMiss {
        failed = List.copyOf(failed);
    }
}
