package io.portcullis.vnic;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.policy.model.Expression;
import io.portcullis.policy.model.Group;
import io.portcullis.policy.model.ModelEdit;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RecentEditsTest {
    private static final long WRITER = 5;

    private final RecentEdits recent = new RecentEdits(WRITER);

    private static List<ModelEdit> edits(String group) {
        return List.of(new ModelEdit.PutGroup(new Group(group, Expression.tag("app:web"))));
    }

    private static ModelVersion version(long revision) {
        return new ModelVersion(WRITER, revision);
    }

    @Test
    void shouldKnowWhatHappenedSinceAnyRevisionThatItRemembers() {
        recent.add(8, edits("a"));
        recent.add(9, edits("b"));

        assertThat(recent.since(version(7), 9))
                .contains(List.of(edits("a").getFirst(), edits("b").getFirst()));
        assertThat(recent.since(version(8), 9)).contains(edits("b"));
        assertThat(recent.since(version(9), 9)).contains(List.of());
        assertThat(recent.since(version(6), 9)).isEmpty();
        assertThat(recent.since(version(10), 9)).isEmpty();
    }

    @Test
    void shouldKnowNothingOfWhatAnotherIncarnationGaveAway() {
        recent.add(8, edits("a"));

        assertThat(recent.since(new ModelVersion(WRITER + 1, 7), 8)).isEmpty();
        assertThat(recent.since(new ModelVersion(WRITER + 1, 8), 8)).isEmpty();
    }

    @Test
    void shouldForgetTheOldestBeyondItsBounds() {
        recent.add(2, edits("a"));
        for (int revision = 3; revision <= RecentEdits.MAX_REVISIONS + 2; revision++) {
            recent.add(revision, edits("b"));
        }
        long current = RecentEdits.MAX_REVISIONS + 2;

        assertThat(recent.since(version(1), current)).isEmpty();
        assertThat(recent.since(version(2), current)).isPresent();

        TreeSet<String> members = new TreeSet<>();
        IntStream.range(0, (int) RecentEdits.MAX_WEIGHT + 1).forEach(n -> members.add("vm-" + n));
        recent.add(current + 1, List.of(new ModelEdit.PutGroup(new Group("large", new Expression.Members(members)))));
        recent.add(current + 2, edits("c"));

        assertThat(recent.since(version(current), current + 2)).isEmpty();
        assertThat(recent.since(version(current + 1), current + 2)).contains(edits("c"));
    }
}
