package io.portcullis.vnic;

import static io.portcullis.vnic.testkit.Samples.ACME;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.typesafe.config.ConfigFactory;
import io.portcullis.persistence.testkit.GoldenFiles;
import io.portcullis.persistence.testkit.JournalCodec;
import io.portcullis.policy.Action;
import io.portcullis.policy.TimeoutPreset;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.Segment;
import java.io.IOException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** Journals of tenants that older builds have written are read as what they were, and those of newer ones refused. */
class GoldenJournalTest {
    private static final ActorTestKit KIT = ActorTestKit.create(
            "golden",
            ConfigFactory.parseResources("application-test.conf")
                    .withFallback(ConfigFactory.load())
                    .resolve());
    private static final Instant AT = Instant.ofEpochMilli(1_700_000_000_123L);

    private final JournalCodec codec = new JournalCodec(KIT.system());

    @AfterAll
    static void stop() {
        KIT.shutdownTestKit();
    }

    private static Map<String, Object> samples() {
        TenantEvent created = new TenantEvent.TenantCreated(1, Action.DROP, true, TimeoutPreset.NSX, "ann", AT);
        TenantEvent edited = new TenantEvent.TenantEdited(
                2, List.of(new ModelEdit.PutSegment(new Segment("lan", 100))), "bob", AT, "why");
        TenantEvent deleted = new TenantEvent.TenantDeleted(3, "ann", AT);
        TenantState state = TenantState.empty(ACME).after(created).after(edited);
        Map<String, Object> samples = new LinkedHashMap<>();
        samples.put("created", created);
        samples.put("edited", edited);
        samples.put("deleted", deleted);
        samples.put("state", state);
        samples.put("state-of-a-deleted-tenant", state.after(deleted));
        samples.put("registry-added", new TenantRegistry.Event.TenantAdded(ACME));
        samples.put("registry-removed", new TenantRegistry.Event.TenantRemoved(ACME));
        samples.put("registry-vlans", new TenantRegistry.Event.VlansReserved(ACME, new TreeSet<>(Set.of(100, 7))));
        samples.put(
                "registry-state",
                new TenantRegistry.State(new TreeSet<>(Set.of("acme")), new TreeMap<>(Map.of(100, "acme"))));
        return samples;
    }

    @Test
    void shouldReadWhatWasEverStored() throws IOException {
        GoldenFiles.check("tenant-journal", samples(), codec);
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
