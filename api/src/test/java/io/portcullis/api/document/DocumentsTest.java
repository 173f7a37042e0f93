package io.portcullis.api.document;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.portcullis.api.FieldProblem;
import io.portcullis.api.GroupSpec;
import io.portcullis.api.PolicySpec;
import io.portcullis.api.SegmentSpec;
import io.portcullis.api.VmSpec;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DocumentsTest {
    private static final String POLICY = """
        kind: Policy
        metadata: {name: web}
        spec:
          category: APPLICATION
          rules:
            - name: http
              sources: [any, 10.0.0.0/8]
              services: [http, https]
              action: ALLOW
        """;

    @Test
    void shouldReadAPolicyWithItsDefaultsLeftOut() throws Exception {
        PolicySpec policy = (PolicySpec) read(POLICY).getFirst().resource().spec();

        assertThat(policy.rules().getFirst().sources()).containsExactly("any", "10.0.0.0/8");
        assertThat(policy.rules().getFirst().direction()).isNull();
        assertThat(policy.sequence()).isNull();
    }

    @Test
    void shouldReadSeveralDocumentsAndSkipEmptyOnes() throws Exception {
        List<Located> documents = read("---\n"
                + "kind: Segment\n"
                + "metadata: {name: front}\n"
                + "spec: {vlan: 101}\n"
                + "---\n"
                + "---\n"
                + "{\"kind\": \"Group\", \"metadata\": {\"name\": \"web\"}, \"spec\": {\"members\": {\"tag\":"
                + " \"app:web\"}}}\n");

        assertThat(documents).hasSize(2);
        assertThat(documents.get(0).resource().spec()).isEqualTo(new SegmentSpec(101, null));
        assertThat(((GroupSpec) documents.get(1).resource().spec()).members().tag())
                .isEqualTo("app:web");
    }

    @Test
    void shouldKeepMacAddressesAndTagsAsTheyAreWritten() throws Exception {
        VmSpec vm = Documents.readOne(bytes("""
            tags: [quarantine:yes, app:web]
            vnics:
              - name: eth0
                mac: 02:00:00:00:00:01
                addresses: [10.0.0.1, "fd00::1"]
                segment: front
                port: memory:web-1
            """), Format.YAML, VmSpec.class);

        assertThat(vm.vnics().getFirst().mac()).isEqualTo("02:00:00:00:00:01");
        assertThat(vm.tags()).containsExactly("quarantine:yes", "app:web");
    }

    @Test
    void shouldNameAMisspelledFieldWithItsPlaceAndWhatWasMeant() {
        FieldProblem problem = only(POLICY.replace("services:", "servces:"), "spec.rules[0].servces");

        assertThat(problem.hint()).isEqualTo("did you mean services?");
        assertThat(problem.line()).isEqualTo(8);
        assertThat(problem.column()).isEqualTo(7);
    }

    @Test
    void shouldReportARuleWithoutServices() {
        FieldProblem problem = only(POLICY.replace("      services: [http, https]\n", ""), "spec.rules[0].services");

        assertThat(problem.message()).isEqualTo("is required");
        assertThat(problem.line()).isEqualTo(6);
    }

    @Test
    void shouldReportAllMistakesAtOnce() {
        List<FieldProblem> problems = problems("""
            kind: Segment
            metadata: {name: front}
            spec: {vlan: many}
            ---
            kind: Polcy
            metadata: {name: web}
            spec: {}
            ---
            kind: Group
            metadata: {name: [web]}
            spec: {members: {tag: {app: web}}, owner: me}
            """);

        assertThat(problems)
                .extracting(FieldProblem::path)
                .contains("documents[0].spec.vlan", "documents[1].kind", "documents[2].metadata.name");
        assertThat(problems).extracting(FieldProblem::hint).contains("did you mean Policy?");
        assertThat(problems.getFirst().message()).isEqualTo("must be a whole number, not the text 'many'");
    }

    @Test
    void shouldRefuseANameThatComesTwice() {
        String segment = "kind: Segment\nmetadata: {name: front}\nspec: {vlan: 101}\n";

        assertThat(only(segment + "---\n" + segment, "documents[1].metadata.name")
                        .message())
                .contains("documents[0]");
    }

    @Test
    void shouldSayWhereYamlIsMalformed() {
        FieldProblem problem = only("kind: Segment\nmetadata: {name: front\nspec: {vlan: 101}\n", "");

        assertThat(problem.line()).isBetween(2, 3);
        assertThat(problem.column()).isPositive();
    }

    @Test
    void shouldSayWhereJsonIsMalformed() {
        FieldProblem problem = problems(bytes("{\"kind\": \"Segment\",\n \"metadata\": }\n"), Format.JSON)
                .getFirst();

        assertThat(problem.line()).isEqualTo(2);
        assertThat(problem.hint()).contains("must be JSON");
    }

    @Test
    void shouldRefuseDuplicateKeys() {
        assertThat(only("kind: Segment\nkind: Group\nmetadata: {name: a}\nspec: {vlan: 1}\n", "")
                        .message())
                .containsIgnoringCase("duplicate");
    }

    @Test
    void shouldRefuseAYamlBombAtItsFirstAlias() {
        StringBuilder bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
        for (int level = 1; level < 12; level++) {
            String alias = "*a" + (level - 1);
            bomb.append("a" + level + ": &a" + level + " [" + String.join(", ", List.of(alias, alias, alias, alias))
                    + "]\n");
        }

        FieldProblem problem = only(bomb.toString(), "");

        assertThat(problem.message()).contains("alias");
        assertThat(problem.line()).isEqualTo(2);
    }

    @Test
    void shouldRefuseDepthSizeAndForeignEncodings() {
        assertThat(only("[".repeat(100_000), "").message()).containsIgnoringCase("depth");
        assertThat(only("a: {".repeat(1_000), "").message()).containsIgnoringCase("depth");
        assertThat(only(" ".repeat(Documents.MAX_BYTES + 1), "").message()).contains("bytes");
        assertThat(problems(new byte[] {'a', ':', ' ', (byte) 0xff, (byte) 0xfe}, Format.YAML)
                        .getFirst()
                        .message())
                .contains("UTF-8");
        assertThat(only("9".repeat(5_000), "").message()).isNotBlank();
        assertThat(only("\0\0", "").message()).isNotBlank();
    }

    @Test
    void shouldRefuseADocumentThatIsTooLargeAndTakeManyThatTogetherAre() throws Exception {
        String start = "kind: Segment\nmetadata: {name: s";
        String part =
                "}\nspec:\n  vlan: 7\n  description: '" + ("x".repeat(1 << 10) + "\n   ").repeat(1 << 10) + "'\n---\n";
        int count = 1 + (Documents.MAX_DOCUMENT_BYTES >> 20);
        String text = IntStream.range(0, count).mapToObj(n -> start + n + part).collect(Collectors.joining());

        assertThat(Documents.readAll(text.getBytes(StandardCharsets.UTF_8), Format.YAML))
                .hasSize(count);
        for (String noDivider : List.of("\n", "\n---x\n", "\n -- -\n")) {
            String one = "a: '" + ("x".repeat(1 << 17) + noDivider).repeat(8 * count) + "'";
            assertThat(only(one, "").message()).contains("a document has more than");
        }
    }

    @Test
    void shouldRefuseLinesThatAreTooLongUnlessTheyAreJson() throws Exception {
        String start = "{\"kind\": \"Group\", \"metadata\": {\"name\": \"g\"}, \"spec\": {\"members\": {\"vms\": [";
        String json = start + "\"web-1\", ".repeat(100_000) + "\"web-2\"]}}}";
        String flow = json.replace("\"", "");

        assertThat(Documents.readAll(json.getBytes(StandardCharsets.UTF_8), Format.YAML))
                .hasSize(1);
        assertThat(Documents.readAll(flow.replace(", ", ",\n ").getBytes(StandardCharsets.UTF_8), Format.YAML))
                .hasSize(1);
        assertThat(only(flow, "").hint()).contains("a line has more than").contains("JSON");
        for (String text : List.of("# ", "a: '", "a: |\n  ", "  ", "")) {
            assertThat(only(text + "x y".repeat(10 << 20), "").message()).contains("a line has more than");
        }
        assertThat(only(" ".repeat(30 << 20), "").message()).contains("a line has more than");
    }

    @Test
    void shouldRefuseMoreValuesThanItCanHold() {
        String deep = ("a".repeat(900) + ": {").repeat(40) + "b: [" + "[],\n".repeat(600_000) + "]" + "}".repeat(40);

        assertThat(only(deep, "").message()).contains("values");
    }

    @Test
    void shouldRefuseATextWithoutDocuments() {
        assertThat(only("", "").message()).contains("no document");
        assertThat(only("# nothing\n---\n", "").message()).contains("no document");
        assertThat(only("just a text", "").message()).contains("must be an object");
    }

    @Test
    void shouldBoundTheNumberOfReportedMistakes() {
        StringBuilder text = new StringBuilder("kind: Segment\nmetadata: {name: a}\nspec:\n  vlan: 1\n");
        for (int index = 0; index < 5_000; index++) {
            text.append("  field").append(index).append(": 1\n");
        }

        assertThat(problems(text.toString())).hasSizeLessThanOrEqualTo(Problems.MAX_KEPT);
    }

    @Test
    void shouldTakeASpecBareOrInItsEnvelope() throws Exception {
        String bare = "{vlan: 7}";
        String envelope = "kind: Segment\nmetadata: {name: front, tenant: acme, revision: 3}\nspec: {vlan: 7}\n";

        assertThat(Documents.readSpec(bytes(bare), Format.YAML, "Segment", "front", SegmentSpec.class)
                        .resource()
                        .spec())
                .isEqualTo(Documents.readSpec(bytes(envelope), Format.YAML, "Segment", "front", SegmentSpec.class)
                        .resource()
                        .spec());
        assertThatExceptionOfType(InvalidDocumentException.class)
                .isThrownBy(
                        () -> Documents.readSpec(bytes(envelope), Format.YAML, "Segment", "back", SegmentSpec.class))
                .withMessageContaining("metadata.name");
    }

    private static List<Located> read(String text) throws InvalidDocumentException {
        return Documents.readAll(bytes(text), Format.YAML);
    }

    private static FieldProblem only(String text, String path) {
        List<FieldProblem> problems = problems(text);
        assertThat(problems).extracting(FieldProblem::path).containsExactly(path);
        return problems.getFirst();
    }

    private static List<FieldProblem> problems(String text) {
        return problems(bytes(text), Format.YAML);
    }

    private static List<FieldProblem> problems(byte[] text, Format format) {
        InvalidDocumentException refused =
                catchThrowableOfType(InvalidDocumentException.class, () -> Documents.readAll(text, format));
        assertThat(refused).as("nothing was refused").isNotNull();
        return refused.problems();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
