package io.portcullis.policy.compile;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.policy.Action;
import io.portcullis.policy.model.EditResult;
import io.portcullis.policy.model.Expression;
import io.portcullis.policy.model.Group;
import io.portcullis.policy.model.ModelChange;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.Segment;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.TestTenant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The differences of two models lead from either to the other. */
class ModelChangeTest {
    private static final int PAIRS = 300;

    @Test
    void shouldLeadFromEitherOfTwoModelsToTheOther() {
        long seed = Long.getLong("portcullis.seed", System.nanoTime());
        System.out.println("ModelChangeTest: -Dportcullis.seed=" + seed);
        Random seeds = new Random(seed);
        int different = 0;
        for (int round = 0; round < PAIRS; round++) {
            TenantModel before = new RandomTenant(seeds.nextLong()).model();
            TenantModel after = new RandomTenant(seeds.nextLong()).model();

            List<ModelChange> changes = ModelChange.between(before, after);

            different += changes.size();
            assertThat(before.replayed(redone(changes), after.revision())).isEqualTo(after);
            assertThat(after.replayed(undone(changes), before.revision())).isEqualTo(before);
            // an edit may not turn the clock back, an undo may
            changes.removeIf(change -> change.kind() == ModelChange.Kind.CLOCK);
            assertThat(TestTenant.accepted(before.apply(redone(changes))).staged())
                    .isEqualTo(after.staged());
            assertThat(TestTenant.accepted(before.apply(redone(changes))).policies())
                    .isEqualTo(after.policies());
        }
        assertThat(different).as("differences").isGreaterThan(PAIRS);
    }

    /** As a history is told: each model from the one after it; and gone back to by an edit, which never takes the provider's policies along. */
    @Test
    void shouldLeadBackThroughEditsOfEveryKind() {
        long seed = Long.getLong("portcullis.seed", System.nanoTime());
        System.out.println("ModelChangeTest: -Dportcullis.seed=" + seed);
        Random seeds = new Random(seed);
        int adoptions = 0;
        for (int round = 0; round < PAIRS / 10; round++) {
            List<TenantModel> models = new ArrayList<>();
            models.add(new RandomTenant(seeds.nextLong()).model());
            List<List<ModelEdit>> undo = new ArrayList<>();
            RandomEdits edits = new RandomEdits(seeds.nextLong());
            while (models.size() < PAIRS / 3) {
                TenantModel before = models.getLast();
                List<ModelEdit> made = edits.next(before);
                if (before.apply(made) instanceof EditResult.Accepted(TenantModel after, boolean isChanged)
                        && isChanged) {
                    undo.add(undone(ModelChange.made(before, after, made)));
                    models.add(after);
                    adoptions += after.provider().revision() > before.provider().revision() ? 1 : 0;
                }
            }
            TenantModel newest = models.getLast();
            TenantModel model = newest;
            for (int step = undo.size() - 1; step >= 0; step--) {
                TenantModel former = models.get(step);
                model = model.replayed(undo.get(step), former.revision());
                assertThat(model)
                        .as("seed %d round %d step %d", seed, round, step)
                        .isEqualTo(former);
            }
            List<ModelEdit> back = ModelChange.between(newest, models.getFirst()).stream()
                    .map(ModelChange::redo)
                    .toList();
            TenantModel rolledBack = newest.replayed(back, newest.revision() + 1);
            assertThat(rolledBack.provider()).isEqualTo(newest.provider());
            assertThat(rolledBack.policies()).isEqualTo(models.getFirst().policies());
        }
        assertThat(adoptions).isGreaterThan(PAIRS / 10);
    }

    @Test
    void shouldSayWhatEditsMadeOfEachObject() {
        TenantModel before = TestTenant.aTenant()
                .segment("lan", 10)
                .vm("web-1", "app:web", "10.0.0.1")
                .group("old", Expression.tag("app:web"))
                .build();
        List<ModelEdit> edits = List.of(
                new ModelEdit.PutSegment(new Segment("lan", 10)),
                new ModelEdit.SetFinding("web-1", "malware", "eicar"),
                new ModelEdit.RemoveGroup("old"),
                new ModelEdit.PutGroup(new Group("new", Expression.tag("app:web"))),
                new ModelEdit.PutGroup(new Group("passing", Expression.tag("app:web"))),
                new ModelEdit.RemoveGroup("passing"),
                new ModelEdit.SetDefaults(Action.ALLOW, false));
        TenantModel after = TestTenant.accepted(before.apply(edits));

        List<ModelChange> made = ModelChange.made(before, after, edits);

        assertThat(made)
                .extracting(change -> change.title() + " " + change.effect())
                .containsExactly("Tenant/acme CHANGED", "Group/new ADDED", "Group/old REMOVED", "Vm/web-1 CHANGED");
        assertThat(made).isEqualTo(ModelChange.between(before, after));
    }

    private static List<ModelEdit> redone(List<ModelChange> changes) {
        return changes.stream().map(ModelChange::redo).toList();
    }

    private static List<ModelEdit> undone(List<ModelChange> changes) {
        return changes.stream().map(ModelChange::undo).toList();
    }
}
