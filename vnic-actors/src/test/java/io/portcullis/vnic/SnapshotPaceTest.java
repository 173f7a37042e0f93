package io.portcullis.vnic;

import static io.portcullis.vnic.testkit.Samples.ACME;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.policy.Category;
import io.portcullis.policy.model.EditResult;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.Rule;
import io.portcullis.policy.model.SecurityPolicy;
import io.portcullis.policy.model.TenantModel;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SnapshotPaceTest {
    private static final ModelEdit THOUSAND_RULES =
            new ModelEdit.PutPolicy(SecurityPolicy.of("large", Category.APPLICATION, 1, rules(1_000)));
    private static final ModelEdit ONE_RULE = new ModelEdit.PutPolicy(
            SecurityPolicy.of("small", Category.APPLICATION, 2, Rule.allow("r").anyService()));

    private final TenantModel large =
            ((EditResult.Accepted) TenantModel.empty(ACME).apply(THOUSAND_RULES)).model();
    private final SnapshotPace pace = new SnapshotPace();

    @Test
    void shouldNotStoreALargeModelForAFewSmallChanges() {
        assertThat(due(ONE_RULE, 1, SnapshotPace.EVERY_EVENTS)).isEmpty();
    }

    @Test
    void shouldStoreItWhenWhatChangedWeighsFourTimesAsMuch() {
        // each weighs eleven, four models four thousand
        ModelEdit fewRules = new ModelEdit.PutPolicy(SecurityPolicy.of("small", Category.APPLICATION, 2, rules(10)));

        assertThat(due(fewRules, 1, 499)).containsExactly(364L);
    }

    @Test
    void shouldStoreItAfterSoManyEventsAtTheEarliest() {
        assertThat(due(THOUSAND_RULES, 1, 350)).containsExactly(100L, 200L, 300L);
    }

    @Test
    void shouldLeaveTheOrderedOnesAloneAndCountFromThere() {
        assertThat(due(THOUSAND_RULES, 450, 650)).containsExactly(600L);
    }

    private static Rule.Builder[] rules(int count) {
        return IntStream.range(0, count)
                .mapToObj(number -> Rule.allow("r" + number).anyService())
                .toArray(Rule.Builder[]::new);
    }

    /** The events of those that are to be followed by a snapshot. */
    private List<Long> due(ModelEdit each, long first, long last) {
        List<Long> due = new ArrayList<>();
        for (long number = first; number <= last; number++) {
            pace.count(new TenantEvent.TenantEdited(number, List.of(each), "ann", Instant.EPOCH, ""));
            if (pace.isDue(large, number)) {
                due.add(number);
            }
        }
        return due;
    }
}
