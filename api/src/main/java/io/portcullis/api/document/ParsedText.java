package io.portcullis.api.document;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.portcullis.api.FieldProblem;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinTask;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;

/**
 * A text as trees, with the place of every value. The bounds hold before anything is built: size, depth (both here and in the
 * parser), number of documents, of values in each and in all, length of names.
 */
record ParsedText(List<JsonNode> documents, List<Places> places) {
    private static final int MAX_NAME_LENGTH = 1_000;
    private static final int MAX_NUMBER_LENGTH = 100;

    private static final StreamReadConstraints CONSTRAINTS = StreamReadConstraints.builder()
            .maxNestingDepth(Documents.MAX_DEPTH)
            .maxNameLength(MAX_NAME_LENGTH)
            .maxNumberLength(MAX_NUMBER_LENGTH)
            .maxStringLength(Documents.MAX_DOCUMENT_BYTES)
            .build();
    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(CONSTRAINTS)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();
    private static final YAMLFactory YAML = YAMLFactory.builder()
            .loaderOptions(options())
            .streamReadConstraints(CONSTRAINTS)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private static LoaderOptions options() {
        LoaderOptions options = new LoaderOptions();
        options.setNestingDepthLimit(Documents.MAX_DEPTH);
        options.setCodePointLimit(Documents.MAX_DOCUMENT_BYTES);
        options.setMaxAliasesForCollections(0);
        options.setAllowDuplicateKeys(false);
        return options;
    }

    /** Takes one document after the other, so that nothing of one need be there with the next. */
    interface Sink {
        void accept(JsonNode document, Places places) throws InvalidDocumentException;
    }

    private static final class Kept implements Sink {
        private final List<JsonNode> documents = new ArrayList<>();
        private final List<Places> places = new ArrayList<>();

        @Override
        public void accept(JsonNode document, Places its) {
            documents.add(document);
            places.add(its);
        }
    }

    /** All documents of a text of few. */
    static ParsedText parse(byte[] bytes, Format format) throws InvalidDocumentException {
        List<JsonNode> documents = new ArrayList<>();
        List<Places> places = new ArrayList<>();
        for (Kept kept : read(bytes, format, Kept::new)) {
            documents.addAll(kept.documents);
            places.addAll(kept.places);
        }
        return new ParsedText(documents, places);
    }

    /**
     * Reads all documents, those of a long text in {@link TextPart parts} at the same time.
     *
     * @param sinks gives each part one, which has its documents in their order
     * @return the sinks in the order of the text
     */
    static <S extends Sink> List<S> read(byte[] bytes, Format announced, Supplier<S> sinks)
            throws InvalidDocumentException {
        if (bytes.length > Documents.MAX_BYTES) {
            throw refused("the document has more than " + Documents.MAX_BYTES + " bytes", "apply it in parts", null, 0);
        }
        TextShape shape = announced == Format.JSON ? null : TextShape.of(bytes);
        Format format = shape == null ? announced : bounded(shape);
        if (!isUtf8(bytes)) {
            throw refused("the document is not UTF-8", "save it in UTF-8", null, 0);
        }
        List<TextPart> parts =
                shape == null || format == Format.JSON ? List.of(TextPart.whole(bytes)) : TextPart.of(bytes, shape);
        ReadLimits limits = new ReadLimits();
        List<S> read = new ArrayList<>();
        List<ForkJoinTask<Optional<InvalidDocumentException>>> tasks = new ArrayList<>();
        for (TextPart part : parts) {
            S sink = sinks.get();
            read.add(sink);
            tasks.add(ForkJoinTask.adapt(() -> read(bytes, part, format, announced, limits, sink)));
        }
        tasks.subList(1, tasks.size()).forEach(ForkJoinPool.commonPool()::execute);
        tasks.getFirst().invoke();
        for (ForkJoinTask<Optional<InvalidDocumentException>> task : tasks) {
            Optional<InvalidDocumentException> malformed = task.join();
            if (malformed.isPresent()) {
                tasks.forEach(ForkJoinTask::quietlyJoin);
                throw malformed.get();
            }
        }
        return read;
    }

    /** What is malformed ends it, after the sink had what was before. */
    private static Optional<InvalidDocumentException> read(
            byte[] bytes, TextPart part, Format format, Format announced, ReadLimits limits, Sink sink) {
        java.io.Reader text = new InputStreamReader(part.stream(bytes), StandardCharsets.UTF_8);
        try (JsonParser parser = format == Format.JSON ? JSON.createParser(text) : YAML.createParser(text)) {
            new TreeReader(parser, part.linesBefore(), limits, sink).read();
            return Optional.empty();
        } catch (InvalidDocumentException refused) {
            return Optional.of(refused);
        } catch (JsonProcessingException malformed) {
            return Optional.of(
                    malformed.getCause() instanceof MarkedYAMLException yaml
                            ? malformed(yaml, bytes, part.linesBefore())
                            : refused(
                                    firstLine(malformed.getOriginalMessage()),
                                    syntaxHint(bytes, format, announced),
                                    malformed.getLocation(),
                                    part.linesBefore()));
        } catch (IOException | IllegalArgumentException | ClassCastException malformed) {
            return Optional.of(refused(
                    firstLine(String.valueOf(malformed.getMessage())), syntaxHint(bytes, format, announced), null, 0));
        }
    }

    /** JSON is YAML, too; where a line is too long for what reads YAML, it must be JSON. */
    private static Format bounded(TextShape shape) throws InvalidDocumentException {
        if (shape.longestDocument() > Documents.MAX_DOCUMENT_BYTES) {
            throw refused(
                    "a document has more than " + Documents.MAX_DOCUMENT_BYTES + " bytes",
                    "divide it; documents are divided by lines of ---",
                    null,
                    0);
        }
        if (shape.longestLine() <= Documents.MAX_LINE_BYTES) {
            return Format.YAML;
        }
        if (!shape.likeJson()) {
            throw refused(
                    "a line has more than " + Documents.MAX_LINE_BYTES + " bytes",
                    "break it where YAML allows it, behind a comma of a list for example; only JSON may have longer"
                            + " ones",
                    null,
                    0);
        }
        return Format.JSON;
    }

    private static boolean isUtf8(byte[] bytes) {
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        ByteBuffer in = ByteBuffer.wrap(bytes);
        CharBuffer thrownAway = CharBuffer.allocate(8_192);
        while (true) {
            CoderResult result = decoder.decode(in, thrownAway.clear(), true);
            if (!result.isOverflow()) {
                return !result.isError();
            }
        }
    }

    /** Adds line and column: those of the path itself, or of the nearest value around it. */
    FieldProblem locate(int document, FieldProblem problem) {
        return locate(places.get(document), problem);
    }

    static FieldProblem locate(Places places, FieldProblem problem) {
        if (problem.line() != null) {
            return problem;
        }
        int place = places.find(problem.path());
        return new FieldProblem(
                problem.path(), problem.message(), problem.hint(), places.line(place), places.column(place));
    }

    /** @param linesBefore of the text that the parser did not see */
    static InvalidDocumentException refused(
            String message, @Nullable String hint, @Nullable JsonLocation place, int linesBefore) {
        Integer line = place == null || place.getLineNr() < 1 ? null : linesBefore + place.getLineNr();
        Integer column = place == null || place.getColumnNr() < 1 ? null : place.getColumnNr();
        return new InvalidDocumentException(List.of(new FieldProblem("", message, hint, line, column)));
    }

    /** SnakeYAML knows best what it could not read, and where. */
    private static InvalidDocumentException malformed(MarkedYAMLException yaml, byte[] text, int linesBefore) {
        String context = yaml.getContext() == null ? "" : yaml.getContext() + ": ";
        String problem = firstLine(context + yaml.getProblem());
        Mark mark = yaml.getProblemMark();
        Integer line = mark == null ? null : linesBefore + mark.getLine() + 1;
        Integer column = mark == null ? null : mark.getColumn() + 1;
        return new InvalidDocumentException(
                List.of(new FieldProblem("", problem, syntaxHint(text, Format.YAML, Format.YAML), line, column)));
    }

    private static @Nullable String syntaxHint(byte[] text, Format format, Format announced) {
        if (format != announced) {
            return "a line has more than " + Documents.MAX_LINE_BYTES + " bytes, as only JSON may; or break it";
        }
        if (format == Format.JSON) {
            return "it must be JSON; look at quotes, commas and brackets near that line";
        }
        return hasTab(text)
                ? "YAML is indented with spaces; there is a tab in this text"
                : "it must be YAML or JSON; look at quotes, brackets and indentation near that line";
    }

    private static boolean hasTab(byte[] text) {
        for (byte each : text) {
            if (each == '\t') {
                return true;
            }
        }
        return false;
    }

    private static String firstLine(String message) {
        return Problems.shorten(message.lines().findFirst().orElse("the text is malformed"))
                .strip();
    }
}
