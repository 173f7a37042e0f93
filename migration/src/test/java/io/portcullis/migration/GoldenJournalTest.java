package io.portcullis.migration;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.typesafe.config.ConfigFactory;
import io.portcullis.migration.model.PlacementEvent;
import io.portcullis.migration.model.PlacementState;
import io.portcullis.persistence.testkit.GoldenFiles;
import io.portcullis.persistence.testkit.JournalCodec;
import java.io.IOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** Journals of placements that older builds have written are read as what they were, and those of newer ones refused. */
class GoldenJournalTest {
    private static final ActorTestKit KIT = ActorTestKit.create(
            "golden",
            ConfigFactory.parseResources("application-test.conf")
                    .withFallback(ConfigFactory.load())
                    .resolve());

    private static final Set<Class<?>> WAY_OF_A_MOVE = Set.of(
            PlacementEvent.AttachStarted.class,
            PlacementEvent.VmAttached.class,
            PlacementEvent.MigrationReserved.class,
            PlacementEvent.TargetPrepared.class,
            PlacementEvent.PreCopyStarted.class,
            PlacementEvent.CutoverStarted.class,
            PlacementEvent.MigrationCommitted.class);

    private final JournalCodec codec = new JournalCodec(KIT.system());

    @AfterAll
    static void stop() {
        KIT.shutdownTestKit();
    }

    private static Map<String, Object> samples() {
        Map<String, Object> samples = new LinkedHashMap<>();
        List<PlacementEvent> events = MessageFormatTest.events();
        Map<Class<?>, Integer> counts = new HashMap<>();
        events.forEach(event -> samples.put(
                event.getClass().getSimpleName() + "-" + counts.merge(event.getClass(), 1, Integer::sum), event));
        PlacementState state = PlacementState.empty(FakeCluster.WEB.vm());
        samples.put("state-empty", state);
        for (PlacementEvent event : events) {
            if (WAY_OF_A_MOVE.contains(event.getClass())) {
                state = state.apply(event);
                samples.put("state-after-" + event.getClass().getSimpleName(), state);
            }
        }
        return samples;
    }

    @Test
    void shouldReadWhatWasEverStored() throws IOException {
        GoldenFiles.check("placement-journal", samples(), codec);
    }

    @Test
    void shouldRefuseWhatANewerBuildStored() throws IOException {
        for (Object sample : samples().values()) {
            JsonNode stored = codec.write(sample);
            String newer = stored.get("manifest").textValue().replaceFirst("#1$", "#2");
            ((ObjectNode) stored).put("manifest", newer);

            assertThatThrownBy(() -> codec.read(stored)).as(newer).hasMessageContaining("version");
        }
    }
}
