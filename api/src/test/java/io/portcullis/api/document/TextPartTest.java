package io.portcullis.api.document;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.portcullis.api.FieldProblem;
import io.portcullis.api.Resource;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A text that is read in parts says the same as one that is read as a whole, mistakes and their places too. */
class TextPartTest {
    private static final int DOCUMENTS = 9_000;
    private static final List<String> BREAKS = List.of("\n", "\r\n", "\r");

    private final long seed = Long.getLong("portcullis.seed", System.nanoTime());
    private final Random random = new Random(seed);

    @Test
    void shouldDivideTextsBeforeDocuments() {
        byte[] text = bytes("a: 1\n---\nb: ---\n---x: 1\n--- {c: 1}\n---\n".repeat(40));

        for (int count = 1; count < 6; count++) {
            List<TextPart> parts = TextPart.divided(text, count);

            assertThat(parts).hasSize(count);
            int from = 0;
            int lines = 0;
            for (TextPart part : parts) {
                String its = new String(text, part.from(), part.to() - part.from(), StandardCharsets.UTF_8);
                assertThat(part.from()).isEqualTo(from);
                assertThat(part.linesBefore()).isEqualTo(lines);
                assertThat(from == 0 || its.startsWith("---\n") || its.startsWith("--- "))
                        .isTrue();
                from = part.to();
                lines += (int) its.chars().filter(each -> each == '\n').count();
            }
            assertThat(from).isEqualTo(text.length);
        }
    }

    @Test
    void shouldLeaveTextsWholeThatCannotBeDivided() {
        String long1 = "# " + "x".repeat(1 << 10) + "\n";
        for (String text : List.of(
                "a: 1\n---\n",
                "a: |\n" + (" " + long1).repeat(2_000),
                "a: 1\n---\n" + long1.repeat(8_000),
                "a: 1\n...\n%TAG ! !\n---\n" + ("b: 1\n---\n" + long1).repeat(2_000))) {
            byte[] bytes = bytes(text);
            assertThat(TextPart.of(bytes, TextShape.of(bytes))).containsExactly(TextPart.whole(bytes));
        }
        assertThat(TextPart.divided(bytes(""), 2)).hasSize(1);
    }

    @Test
    void shouldReadTheSameInParts() throws Exception {
        System.out.println("TextPartTest: -Dportcullis.seed=" + seed);
        String lineBreak = BREAKS.get(random.nextInt(BREAKS.size()));
        List<String> texts =
                IntStream.range(0, DOCUMENTS).mapToObj(this::segment).toList();
        String text = String.join("---\n", texts).replace("\n", lineBreak);

        List<Located> read = Documents.readAll(bytes(text), Format.YAML);

        assertThat(bytes(text).length).isGreaterThan(TextPart.MAX_PARTS * TextPart.MIN_BYTES);
        assertThat(read.stream().map(Located::resource).collect(Collectors.toList()))
                .isEqualTo(oneByOne(texts));
        int line = 1;
        for (int index = 0; index < read.size(); index++) {
            FieldProblem placed = read.get(index).report(new FieldProblem("metadata", "is wrong", null));
            assertThat(placed.path()).isEqualTo("documents[" + index + "].metadata");
            int before = texts.get(index).indexOf("metadata");
            assertThat(placed.line()).isEqualTo(line + lines(texts.get(index).substring(0, before)));
            line += lines(texts.get(index)) + 1;
        }
    }

    @Test
    void shouldReportMistakesOfAllPartsInTheirOrder() {
        String text = IntStream.range(0, DOCUMENTS).mapToObj(this::segment).collect(Collectors.joining("---\n"));
        String wrong = text.replace("name: s8000}", "name: s7999}").replace("name: s3}", "nme: s3}");

        assertThat(problems(wrong))
                .extracting(FieldProblem::path)
                .contains("documents[3].metadata.nme", "documents[8000].metadata.name")
                .isSorted();
        assertThat(problems(wrong).getLast().message()).isEqualTo("is the name of documents[7999] too");
    }

    @Test
    void shouldSayWhereALaterPartIsMalformed() {
        List<String> texts =
                IntStream.range(0, DOCUMENTS).mapToObj(this::segment).collect(Collectors.toList());
        texts.set(DOCUMENTS - 10, "kind: {\n");
        int before = texts.subList(0, DOCUMENTS - 10).stream()
                .mapToInt(text -> lines(text) + 1)
                .sum();

        FieldProblem malformed = problems(String.join("---\n", texts)).getFirst();

        assertThat(malformed.line()).isBetween(before + 1, before + 3);
    }

    private String segment(int number) {
        String description = switch (random.nextInt(4)) {
            case 0 -> "description: |\n    one\n     ---\n    two --- three\n";
            case 1 -> "description: 'a\u2028b\u0085c ü€😀'\n";
            case 2 -> "# ---\n  description: \"--- \\\n    ---\"\n";
            default -> "description: " + "x".repeat(random.nextInt(200)) + "\n";
        };
        return "kind: Segment\n" + "# more\n".repeat(random.nextInt(3)) + "metadata: {name: s" + number
                + "}\nspec:\n  vlan: " + (1 + number % 4_000) + "\n  " + description;
    }

    private static List<Resource<?>> oneByOne(List<String> texts) throws InvalidDocumentException {
        List<Resource<?>> resources = new java.util.ArrayList<>();
        for (String text : texts) {
            resources.add(Documents.readAll(bytes(text), Format.YAML).getFirst().resource());
        }
        return resources;
    }

    /** As YAML counts them. */
    private static int lines(String text) {
        return (int) text.chars()
                .filter(each -> each == '\n' || each == '\u0085' || each == '\u2028')
                .count();
    }

    private static List<FieldProblem> problems(String text) {
        InvalidDocumentException refused =
                catchThrowableOfType(InvalidDocumentException.class, () -> Documents.readAll(bytes(text), Format.YAML));
        assertThat(refused).as("nothing was refused").isNotNull();
        return refused.problems();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
