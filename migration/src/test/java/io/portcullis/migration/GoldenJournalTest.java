package io.portcullis.migration;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.typesafe.config.ConfigFactory;
import io.portcullis.migration.model.BulkEvent;
import io.portcullis.migration.model.BulkState;
import io.portcullis.migration.model.Mover;
import io.portcullis.migration.model.Pace;
import io.portcullis.migration.model.PlacementEvent;
import io.portcullis.migration.model.PlacementState;
import io.portcullis.persistence.testkit.GoldenFiles;
import io.portcullis.persistence.testkit.JournalCodec;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** Journals of placements and of bulk operations that older builds have written are read as what they were, and those of newer ones refused. */
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
        ActorTestKit.shutdown(KIT.system(), Duration.ofSeconds(60));
    }

    private static Map<String, Object> ofPlacements() {
        Map<String, Object> samples = byName(MessageFormatTest.events());
        PlacementState state = PlacementState.empty(FakeCluster.WEB.vm());
        samples.put("state-empty", state);
        for (PlacementEvent event : MessageFormatTest.events()) {
            if (WAY_OF_A_MOVE.contains(event.getClass())) {
                state = state.apply(event);
                samples.put("state-after-" + event.getClass().getSimpleName(), state);
            }
        }
        samples.put("state-hypervised", hypervised());
        samples.put("AttachStarted-replica", MessageFormatTest.ATTACH_WITH_REPLICA);
        samples.put("VmAttached-restored", MessageFormatTest.ATTACHED_FROM_REPLICA);
        samples.put(
                "state-restored",
                PlacementState.empty(FakeCluster.WEB.vm())
                        .apply(MessageFormatTest.ATTACH_WITH_REPLICA)
                        .apply(MessageFormatTest.ATTACHED_FROM_REPLICA)
                        .apply(new PlacementEvent.ReplicaAssigned(3, FakeCluster.TWO, null, 5)));
        samples.put("CutoverStarted-waited", new PlacementEvent.CutoverStarted("m1", null, 5, 4));
        PlacementEvent paced = new PlacementEvent.MigrationReserved(
                "m1", FakeCluster.TWO, 2, 3, "op-1", 5, Mover.PRODUCT, new Pace("op-1", 100_000));
        samples.put("MigrationReserved-paced", paced);
        samples.put(
                "state-paced",
                PlacementState.empty(FakeCluster.WEB.vm())
                        .apply(new PlacementEvent.AttachStarted(FakeCluster.WEB, FakeCluster.ONE, 1, "ann", 5))
                        .apply(new PlacementEvent.VmAttached(1, 5))
                        .apply(paced));
        PlacementEvent unconfirmed = new PlacementEvent.VmDetached(5, FakeCluster.ONE);
        samples.put("VmDetached-unconfirmed", unconfirmed);
        samples.put(
                "state-unconfirmed",
                PlacementState.empty(FakeCluster.WEB.vm())
                        .apply(new PlacementEvent.AttachStarted(FakeCluster.WEB, FakeCluster.ONE, 1, "ann", 5))
                        .apply(unconfirmed));
        samples.put(
                "state-former-hosts",
                PlacementState.empty(FakeCluster.WEB.vm())
                        .apply(new PlacementEvent.AttachStarted(FakeCluster.WEB, FakeCluster.ONE, 1, "ann", 5))
                        .apply(new PlacementEvent.VmAttached(1, 5))
                        .apply(new PlacementEvent.AttachStarted(
                                FakeCluster.WEB, FakeCluster.TWO, 2, "ann", 5, FakeCluster.ONE))
                        .apply(new PlacementEvent.DetachStarted("loss", 5))
                        .apply(new PlacementEvent.VmDetached(5, FakeCluster.TWO)));
        return samples;
    }

    /** A hypervisor has stopped a VM. */
    private static PlacementState hypervised() {
        PlacementState state = PlacementState.empty(FakeCluster.WEB.vm());
        for (PlacementEvent event : List.of(
                new PlacementEvent.AttachStarted(FakeCluster.WEB, FakeCluster.ONE, 1, "ann", 5),
                new PlacementEvent.VmAttached(1, 5),
                new PlacementEvent.MigrationReserved("m1", FakeCluster.TWO, 2, 3, "virt", 5, Mover.HYPERVISOR),
                new PlacementEvent.TargetPrepared("m1", 7, 5),
                new PlacementEvent.PreCopyStarted("m1", 5),
                new PlacementEvent.StopAwaited("m1", null, 5),
                new PlacementEvent.VmStopped("m1", 5))) {
            state = state.apply(event);
        }
        return state;
    }

    private static Map<String, Object> ofBulkOperations() {
        Map<String, Object> samples = byName(MessageFormatTest.bulkEvents());
        BulkState state = BulkState.EMPTY;
        samples.put("state-empty", state);
        for (BulkEvent event : MessageFormatTest.bulkEvents()) {
            state = state.apply(event);
            samples.put("state-after-" + event.getClass().getSimpleName(), state);
        }
        return samples;
    }

    /** Like {@code VmAttached-1}. */
    private static Map<String, Object> byName(List<?> events) {
        Map<String, Object> samples = new LinkedHashMap<>();
        Map<Class<?>, Integer> counts = new HashMap<>();
        events.forEach(event -> samples.put(
                event.getClass().getSimpleName() + "-" + counts.merge(event.getClass(), 1, Integer::sum), event));
        return samples;
    }

    @Test
    void shouldReadWhatWasEverStored() throws IOException {
        GoldenFiles.check("placement-journal", ofPlacements(), codec);
        GoldenFiles.check("bulk-journal", ofBulkOperations(), codec);
    }

    @Test
    void shouldRefuseWhatANewerBuildStored() throws IOException {
        List<Object> samples = new ArrayList<>(ofPlacements().values());
        samples.addAll(ofBulkOperations().values());
        for (Object sample : samples) {
            JsonNode stored = codec.write(sample);
            String newer = stored.get("manifest").textValue().replaceFirst("#1$", "#2");
            ((ObjectNode) stored).put("manifest", newer);

            assertThatThrownBy(() -> codec.read(stored)).as(newer).hasMessageContaining("version");
        }
    }
}
