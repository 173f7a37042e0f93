package io.portcullis.admin.document;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.api.document.Documents;
import io.portcullis.api.document.Format;
import io.portcullis.api.document.InvalidDocumentException;
import io.portcullis.api.document.Located;
import io.portcullis.policy.Action;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.TimeoutPreset;
import io.portcullis.policy.VnicProtection;
import io.portcullis.policy.compile.RandomTenant;
import io.portcullis.policy.model.Alg;
import io.portcullis.policy.model.Expression;
import io.portcullis.policy.model.Group;
import io.portcullis.policy.model.Limits;
import io.portcullis.policy.model.ModelChange;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.Segment;
import io.portcullis.policy.model.Service;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.TestTenant;
import io.portcullis.policy.model.TextMatch;
import io.portcullis.policy.model.Vm;
import io.portcullis.policy.table.ServiceMatch;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The documents that are exported make the same model again, whatever is in it. */
class ExportRoundTripTest {
    private static final int MODELS = 150;
    /** What YAML might take for something else, or for its own. */
    private static final List<String> TEXTS = List.of(
            "yes",
            "NO",
            "~",
            "null",
            "0x10",
            "1e3",
            "12:30:45",
            "007",
            "1_000",
            ".5",
            "2026-01-01",
            "- a",
            "a: b",
            "# a",
            "'",
            "\"",
            "\\",
            "{a}",
            "[b]",
            "*x",
            "&x",
            "!x",
            "%x",
            "@x",
            "`x",
            "|",
            ">",
            " lead",
            "trail ",
            "=",
            "<<",
            "a#b",
            "a: ",
            "---",
            "...",
            "ü€😀",
            "x".repeat(255),
            "?",
            ",",
            "a\u00a0b",
            "\ufeffbom",
            "on",
            "true");

    private final long seed = Long.getLong("portcullis.seed", System.nanoTime());
    private final Random random = new Random(seed);

    @Test
    void shouldMakeTheSameModelOfItsOwnExport() throws InvalidDocumentException {
        System.out.println("ExportRoundTripTest: -Dportcullis.seed=" + seed);
        for (int round = 0; round < MODELS; round++) {
            // documents say nothing of the time
            TenantModel model =
                    spiced(new RandomTenant(random.nextLong()).model().at(Instant.EPOCH));
            String export = ModelDocuments.objects(model)
                    .map(object -> ModelDocuments.document(model, object))
                    .collect(Collectors.joining());

            TenantModel read = applied(TenantModel.empty(model.tenant()), export);

            assertThat(ModelChange.between(model, read)).as(export).isEmpty();
            assertThat(applied(model, export)).as("applied to itself").isSameAs(model);
        }
    }

    @Test
    void shouldKeepEveryTextThatTheModelTakes() throws InvalidDocumentException {
        for (String text : TEXTS) {
            TenantModel model = TestTenant.aTenant()
                    .with(new ModelEdit.PutSegment(new Segment("lan", 10, text)))
                    .vm("web-1", "", "10.0.0.1")
                    .with(new ModelEdit.SetFinding("web-1", "malware", text))
                    .group("g", new Expression.NameMatches(TextMatch.CONTAINS, text))
                    .build();
            String export = ModelDocuments.objects(model)
                    .map(object -> ModelDocuments.document(model, object))
                    .collect(Collectors.joining());

            assertThat(ModelChange.between(model, applied(TenantModel.empty(new TenantId("acme")), export)))
                    .as(export)
                    .isEmpty();
        }
    }

    /** With more of what a model may hold than a random tenant needs for its flows. */
    private TenantModel spiced(TenantModel model) {
        List<ModelEdit> edits = new ArrayList<>();
        edits.add(new ModelEdit.PutSegment(new Segment("lan", 10, oneOf(TEXTS))));
        edits.add(new ModelEdit.SetDefaults(
                oneOf(List.of(Action.ALLOW, Action.DROP, Action.REJECT)),
                random.nextBoolean(),
                oneOf(List.of(TimeoutPreset.values()))));
        Vm vm = oneOf(List.copyOf(model.vms().values()));
        VnicProtection protection = oneOf(List.of(
                VnicProtection.STRICT,
                new VnicProtection(true, false, true, true, 0),
                new VnicProtection(false, true, false, false, 1 + random.nextInt(64))));
        Vm other = Vm.named(vm.id()).withOs(oneOf(TEXTS)).withTags(vm.tags()).withFinding("f", oneOf(TEXTS));
        for (var vnic : vm.vnics()) {
            other = other.withVnic(vnic.withProtection(protection));
        }
        edits.add(new ModelEdit.PutVm(other));
        edits.add(new ModelEdit.PutGroup(new Group(
                "spice",
                Expression.or(
                        Expression.members(vm.name()),
                        named(oneOf(List.of(TextMatch.values())), oneOf(TEXTS)),
                        new Expression.OsMatches(TextMatch.MATCHES, "(a|b){2,3}: #\\d+ '\\\"' \\Q&*"),
                        new Expression.HasFinding("f", random.nextBoolean() ? null : oneOf(TEXTS))))));
        edits.add(new ModelEdit.PutService(Service.of(
                        "spice",
                        ServiceMatch.ports(6, 21, 21 + random.nextInt(5)),
                        new ServiceMatch(1, 0, 65_535, 0, 65_535, random.nextInt(256), random.nextInt(256)),
                        new ServiceMatch(random.nextInt(256), 0, 65_535, 0, 65_535, -1, -1))
                .withAlg(oneOf(List.of(Alg.values())))));
        return TestTenant.accepted(model.apply(edits));
    }

    private static Expression named(TextMatch match, String text) {
        String pattern = "\\Q" + text.substring(0, Math.min(text.length(), Limits.MAX_PATTERN_LENGTH - 2));
        return new Expression.NameMatches(match, match == TextMatch.MATCHES ? pattern : text);
    }

    private static TenantModel applied(TenantModel model, String text) throws InvalidDocumentException {
        List<ModelEdit> edits = new ArrayList<>();
        for (Located document : Documents.readAll(text.getBytes(StandardCharsets.UTF_8), Format.YAML)) {
            ModelReader reader = new ModelReader(model);
            reader.read(document.resource()).ifPresent(edits::add);
            assertThat(reader.mistakes()).as(text).isEmpty();
        }
        return TestTenant.accepted(model.apply(edits));
    }

    private <T> T oneOf(List<T> choices) {
        return choices.get(random.nextInt(choices.size()));
    }
}
