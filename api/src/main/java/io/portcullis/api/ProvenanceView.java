package io.portcullis.api;

import io.portcullis.api.EvaluationView.ReasonView;
import io.portcullis.api.EvaluationView.RuleNameView;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Why a connection was allowed at one time, told by the tenant's documents as they were then.
 *
 * @param when ADMITTED, as it was opened, or JUDGED_AGAIN, the last time that another revision came
 * @param rule what allowed it; null for the tenant's default, or if nobody knows any more
 * @param passes rules that handed it on to the next category
 * @param reasons why the rule matched: who was in which group, and by what tag
 * @param note what there is to say beside, for example that the revision is not remembered any more
 */
public record ProvenanceView(
        String when,
        long revision,
        @Nullable RuleNameView rule,
        List<RuleNameView> passes,
        List<ReasonView> reasons,
        @Nullable String note) {}
