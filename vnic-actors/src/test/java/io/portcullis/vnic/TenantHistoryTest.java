package io.portcullis.vnic;

import static io.portcullis.vnic.testkit.Samples.ACME;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.portcullis.policy.Action;
import io.portcullis.policy.Category;
import io.portcullis.policy.TimeoutPreset;
import io.portcullis.policy.model.Expression;
import io.portcullis.policy.model.Group;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.Rule;
import io.portcullis.policy.model.SecurityPolicy;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.serialization.jackson.JacksonObjectMapperProvider;
import org.junit.jupiter.api.Test;

/** The bounds of what a tenant remembers, and that what was stored before it remembered anything is still read. */
class TenantHistoryTest {
    private static final Instant AT = Instant.ofEpochMilli(1_700_000_000_123L);

    private TenantState state = TenantState.empty(ACME)
            .after(new TenantEvent.TenantCreated(1, Action.DROP, false, TimeoutPreset.LINUX, "ann", AT));

    @Test
    void shouldForgetTheOldestBeyondItsNumberOfRevisions() {
        for (int round = 0; round < TenantHistory.MAX_REVISIONS + 5; round++) {
            edit(group("g", "round:r" + round));
        }

        assertThat(state.history().revisions()).hasSize(TenantHistory.MAX_REVISIONS);
        long oldest = state.history().oldest(state.revision());
        assertThat(oldest).isEqualTo(state.revision() - TenantHistory.MAX_REVISIONS);
        assertThat(state.history().model(state.model(), oldest - 1)).isEmpty();
        assertThat(state.history().model(state.model(), oldest).orElseThrow().groups())
                .containsEntry("g", new Group("g", Expression.tag("round:r" + (oldest - 2))));
    }

    @Test
    void shouldForgetByWeightButNeverTheLastChange() {
        edit(policy("first", 60_000));
        edit(policy("second", 60_000));
        edit(new ModelEdit.RemovePolicy("first"));
        assertThat(state.history().oldest(state.revision())).isEqualTo(1);

        edit(new ModelEdit.RemovePolicy("second"));

        assertThat(state.history().revisions()).hasSize(1);
        assertThat(state.history().model(state.model(), 4).orElseThrow().policies())
                .containsOnlyKeys("second");
        assertThat(state.history().model(state.model(), 3)).isEmpty();
    }

    @Test
    void shouldListSomeNamesOfALargeChange() {
        edit(IntStream.range(0, 8)
                .mapToObj(index -> group("g" + index, "app:web"))
                .toArray(ModelEdit[]::new));

        assertThat(state.history().revisions().getLast().summary())
                .isEqualTo("Group/g0 added, Group/g1 added, Group/g2 added, Group/g3 added, Group/g4 added and 3 more");
    }

    @Test
    void shouldReadStatesAndEventsThatKnowNothingOfHistoryAndNotes() throws Exception {
        ActorTestKit kit = ActorTestKit.create();
        try {
            ObjectMapper mapper = JacksonObjectMapperProvider.get(Adapter.toClassic(kit.system()))
                    .getOrCreate("jackson-cbor", java.util.Optional.empty());
            TenantEvent.TenantEdited edited =
                    new TenantEvent.TenantEdited(2, List.of(group("a", "b:c")), "ann", AT, "");
            ObjectNode event = mapper.valueToTree(edited);
            ObjectNode stored = mapper.valueToTree(state);

            assertThat(event.remove("note")).isNotNull();
            assertThat(stored.remove("history")).isNotNull();

            assertThat(mapper.treeToValue(event, TenantEvent.TenantEdited.class))
                    .isEqualTo(edited);
            TenantState read = mapper.treeToValue(stored, TenantState.class);
            assertThat(read.model()).isEqualTo(state.model());
            assertThat(read.history().oldest(read.revision())).isEqualTo(1);
        } finally {
            kit.shutdownTestKit();
        }
    }

    private void edit(ModelEdit... edits) {
        state = state.after(new TenantEvent.TenantEdited(state.revision() + 1, List.of(edits), "ann", AT, ""));
    }

    private static ModelEdit group(String name, String tag) {
        return new ModelEdit.PutGroup(new Group(name, Expression.tag(tag)));
    }

    private static ModelEdit policy(String name, int rules) {
        return new ModelEdit.PutPolicy(SecurityPolicy.of(
                name,
                Category.APPLICATION,
                1,
                IntStream.range(0, rules)
                        .mapToObj(index -> Rule.allow("r" + index).anyService())
                        .toArray(Rule.Builder[]::new)));
    }
}
