package io.portcullis.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.portcullis.datapath.runtime.RuleHit;
import io.portcullis.datapath.runtime.VnicAttachment;
import io.portcullis.datapath.track.SavedTable;
import io.portcullis.datapath.track.TableSnapshot;
import io.portcullis.persistence.testkit.GoldenFiles;
import io.portcullis.persistence.testkit.WrittenCheckpoints;
import io.portcullis.policy.Action;
import io.portcullis.policy.AddressSource;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.VnicProtection;
import io.portcullis.policy.compile.PolicyCompiler;
import io.portcullis.policy.compile.RuleTableCodec;
import io.portcullis.policy.model.EditResult;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.table.RuleTable;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What older builds have written is read as what it was, and what a newer one wrote is refused. */
class GoldenFormatTest {
    private static final VnicId WEB_ETH0 = VnicId.parse("acme/web-1/eth0");

    private final JsonMapper mapper = JsonMapper.builder()
            .addModules(new PolicyJacksonModule(), new JavaTimeModule())
            .build();

    @Test
    void shouldReadEveryEditThatWasEverStored() throws IOException {
        Map<String, ModelEdit> samples = new LinkedHashMap<>();
        PolicyJacksonModuleTest.EVERY_EDIT.forEach(
                edit -> samples.merge(name(edit, samples), edit, (one, other) -> one));

        GoldenFiles.check("edits", samples, new GoldenFiles.Codec() {
            @Override
            public JsonNode write(Object value) throws JsonProcessingException {
                return GoldenFiles.JSON.readTree(
                        mapper.writerFor(ModelEdit.class).writeValueAsString(value));
            }

            @Override
            public Object read(JsonNode stored) throws JsonProcessingException {
                return mapper.treeToValue(stored, ModelEdit.class);
            }
        });
    }

    /** The type, and which of its samples. */
    private static String name(ModelEdit edit, Map<String, ModelEdit> before) {
        String type = edit.getClass().getSimpleName();
        long same = before.values().stream()
                .filter(other -> other.getClass().equals(edit.getClass()))
                .count();
        return type + "-" + (same + 1);
    }

    @Test
    void shouldReadCheckpointsOfEachVersion(@TempDir Path folder) throws IOException {
        Checkpoint sample = checkpoint(
                new VnicProtection(true, false, true, false, 5).withDiscovery(AddressSource.ARP, AddressSource.DHCP));

        byte[] now = written(folder, sample);
        byte[] four = GoldenFiles.bytes("checkpoint/4.bin", () -> now);
        assertThat(decode(four)).usingRecursiveComparison().isEqualTo(fourth(sample));
        assertThat(now).as("written as before").isEqualTo(four);

        byte[] three = GoldenFiles.bytes("checkpoint/3.bin", () -> {
            throw new IllegalStateException("no build writes version 3 any more");
        });
        assertThat(decode(three)).usingRecursiveComparison().isEqualTo(sample);

        byte[] two = GoldenFiles.bytes("checkpoint/2.bin", () -> {
            throw new IllegalStateException("no build writes version 2 any more");
        });
        assertThat(decode(two)).usingRecursiveComparison().isEqualTo(checkpoint(VnicProtection.STRICT));

        byte[] five = ByteBuffer.wrap(four.clone()).putInt(4, 5).array();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> decode(five))
                .withMessage("it has version 5, this build reads 2 to 4");
    }

    private static Checkpoint decode(byte[] bytes) {
        return CheckpointCodec.decode(ByteBuffer.wrap(bytes));
    }

    /** With a second round, under a newer revision. */
    private static byte[] written(Path folder, Checkpoint sample) throws IOException {
        CheckpointFile file = WrittenCheckpoints.write(new Checkpoints(folder), sample);
        Checkpoint later = fourth(sample);
        file.add(later.table().parts().getLast());
        file.commit(later.head(), later.written(), later.table().entries());
        return Files.readAllBytes(folder.resolve("acme.web-1.eth0.checkpoint"));
    }

    private static Checkpoint fourth(Checkpoint sample) {
        Instant written = sample.written().plusSeconds(1);
        return new Checkpoint(
                new CheckpointHead(sample.attachment(), 8, sample.rules()),
                written,
                new SavedTable(
                        List.of(sample.table().parts().getFirst(), new SavedTable.Part(written, List.of(new byte[] {4
                        }))),
                        3,
                        OptionalLong.empty()));
    }

    private static Checkpoint checkpoint(VnicProtection protection) {
        Instant written = Instant.ofEpochMilli(1_700_000_000_123L);
        return new Checkpoint(
                new CheckpointHead(
                        new VnicAttachment(
                                WEB_ETH0,
                                3,
                                MacAddress.parse("02:00:00:00:00:11"),
                                List.of(InetAddress.ofLiteral("10.0.0.1"), InetAddress.ofLiteral("fd00::1")),
                                100,
                                "tap:web-1/eth0",
                                1_000,
                                protection),
                        7,
                        RuleTableCodec.seal(List.of(), Action.REJECT, true)),
                written,
                SavedTable.of(new TableSnapshot(List.of(new byte[] {1, 2}, new byte[] {3}), 2, 99), written));
    }

    @Test
    void shouldReadNotesOnHandOvers(@TempDir Path folder) throws IOException {
        EpochNotes notes = new EpochNotes(folder, ".handover", true);
        notes.open(WEB_ETH0, 77);
        Path file = folder.resolve("acme.web-1.eth0.handover");
        byte[] now = Files.readAllBytes(file);

        byte[] one = GoldenFiles.bytes("handover/1.bin", () -> now);
        assertThat(now).as("written as before").isEqualTo(one);
        Files.write(file, one);
        assertThat(notes.find(WEB_ETH0)).hasValue(77);

        one[3] = 2;
        Files.write(file, one);
        assertThat(notes.find(WEB_ETH0))
                .as("what nobody can read counts for every epoch")
                .hasValue(Long.MAX_VALUE);
    }

    @Test
    void shouldReadRuleTables() throws IOException {
        List<ModelEdit> edits = PolicyJacksonModuleTest.EVERY_EDIT.stream()
                .filter(edit -> !(edit instanceof ModelEdit.PutExclusion))
                .toList();
        EditResult.Accepted accepted =
                (EditResult.Accepted) TenantModel.empty(WEB_ETH0.vm().tenant())
                        .apply(edits.subList(0, edits.indexOf(new ModelEdit.RemovePolicy("night"))));
        RuleTable sample = new PolicyCompiler().compile(accepted.model(), WEB_ETH0);

        byte[] stored = GoldenFiles.bytes("rules/1.bin", () -> RuleTableCodec.encode(sample));
        RuleTable read = RuleTableCodec.decode(stored);
        assertThat(read.rules()).isNotEmpty();
        assertThat(RuleTableCodec.encode(read)).as("written as before").isEqualTo(stored);

        stored[3] = 9;
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RuleTableCodec.decode(stored))
                .withMessageContaining("one of another version");
    }

    @Test
    void shouldReadCountsOfRules() throws IOException {
        List<RuleHit> sample = List.of(new RuleHit(-7, 3, 4_000), new RuleHit(0, 1, 2_000));

        byte[] one = GoldenFiles.bytes("hits/1.bin", () -> RuleHitCodec.encode(sample));
        assertThat(RuleHitCodec.decode(one)).isEqualTo(sample);
        assertThat(RuleHitCodec.encode(sample)).as("written as before").isEqualTo(one);

        one[0] = 2;
        assertThatIllegalArgumentException().isThrownBy(() -> RuleHitCodec.decode(one));
    }
}
