package io.portcullis.api.document;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import io.portcullis.api.FieldProblem;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
    /** In one document, which is a tree in memory while it is read. */
    private static final int MAX_VALUES = 500_000;
    /** In all documents of a text: eight million, or fewer where the heap is below 2 GiB. Each takes some 70 bytes until they are applied. */
    private static final int MAX_VALUES_OF_ALL =
            Math.clamp(Runtime.getRuntime().maxMemory() / 256, MAX_VALUES, 8_000_000);

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

    /** All documents of a text of few. */
    static ParsedText parse(byte[] bytes, Format format) throws InvalidDocumentException {
        List<JsonNode> documents = new ArrayList<>();
        List<Places> places = new ArrayList<>();
        read(bytes, format, (document, its) -> {
            documents.add(document);
            places.add(its);
        });
        return new ParsedText(documents, places);
    }

    /** Reads the documents in their order; what is malformed ends it, after the sink had those before. */
    static void read(byte[] bytes, Format announced, Sink sink) throws InvalidDocumentException {
        if (bytes.length > Documents.MAX_BYTES) {
            throw refused("the document has more than " + Documents.MAX_BYTES + " bytes", "apply it in parts", null);
        }
        Format format = announced == Format.JSON ? announced : bounded(TextShape.of(bytes));
        if (!isUtf8(bytes)) {
            throw refused("the document is not UTF-8", "save it in UTF-8", null);
        }
        java.io.Reader text = new InputStreamReader(new ByteArrayInputStream(bytes), StandardCharsets.UTF_8);
        try (JsonParser parser = format == Format.JSON ? JSON.createParser(text) : YAML.createParser(text)) {
            new Reader(parser, sink).read();
        } catch (JsonProcessingException malformed) {
            if (malformed.getCause() instanceof MarkedYAMLException yaml) {
                throw malformed(yaml, bytes);
            }
            throw refused(
                    firstLine(malformed.getOriginalMessage()),
                    syntaxHint(bytes, format, announced),
                    malformed.getLocation());
        } catch (IOException | IllegalArgumentException | ClassCastException malformed) {
            throw refused(
                    firstLine(String.valueOf(malformed.getMessage())), syntaxHint(bytes, format, announced), null);
        }
    }

    /** JSON is YAML, too; where a line is too long for what reads YAML, it must be JSON. */
    private static Format bounded(TextShape shape) throws InvalidDocumentException {
        if (shape.longestDocument() > Documents.MAX_DOCUMENT_BYTES) {
            throw refused(
                    "a document has more than " + Documents.MAX_DOCUMENT_BYTES + " bytes",
                    "divide it; documents are divided by lines of ---",
                    null);
        }
        if (shape.longestLine() <= Documents.MAX_LINE_BYTES) {
            return Format.YAML;
        }
        if (!shape.likeJson()) {
            throw refused(
                    "a line has more than " + Documents.MAX_LINE_BYTES + " bytes",
                    "break it where YAML allows it, behind a comma of a list for example; only JSON may have longer"
                            + " ones",
                    null);
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

    private static InvalidDocumentException refused(
            String message, @Nullable String hint, @Nullable JsonLocation place) {
        Integer line = place == null || place.getLineNr() < 1 ? null : place.getLineNr();
        Integer column = place == null || place.getColumnNr() < 1 ? null : place.getColumnNr();
        return new InvalidDocumentException(List.of(new FieldProblem("", message, hint, line, column)));
    }

    /** SnakeYAML knows best what it could not read, and where. */
    private static InvalidDocumentException malformed(MarkedYAMLException yaml, byte[] text) {
        String context = yaml.getContext() == null ? "" : yaml.getContext() + ": ";
        String problem = firstLine(context + yaml.getProblem());
        Mark mark = yaml.getProblemMark();
        Integer line = mark == null ? null : mark.getLine() + 1;
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

    /** One pass over the tokens. */
    private static final class Reader {
        private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

        private final JsonParser parser;
        private final Sink sink;
        /** Equal names are one object: there are few of them. */
        private final Map<String, String> names = new HashMap<>();

        private Places places = new Places();
        private int documents;
        private int values;
        private long valuesOfAll;

        Reader(JsonParser parser, Sink sink) {
            this.parser = parser;
            this.sink = sink;
        }

        void read() throws IOException, InvalidDocumentException {
            while (parser.nextToken() != null) {
                places = new Places();
                values = 0;
                JsonNode document = value(null, parser.currentTokenLocation());
                if (isEmpty(document)) {
                    continue;
                }
                if (documents++ == Documents.MAX_DOCUMENTS) {
                    throw refused(
                            "there are more than " + Documents.MAX_DOCUMENTS + " documents",
                            "apply them in parts",
                            parser.currentTokenLocation());
                }
                places.trim();
                sink.accept(document, places);
            }
        }

        private static boolean isEmpty(JsonNode document) {
            return document.isNull()
                    || (document.isTextual() && document.asText().isEmpty());
        }

        private JsonNode value(@Nullable String name, JsonLocation location)
                throws IOException, InvalidDocumentException {
            if (parser instanceof YAMLParser yaml && yaml.isCurrentAlias()) {
                throw refused(
                        "YAML aliases (*name) are not taken", "write the value out", parser.currentTokenLocation());
            }
            if (++values > MAX_VALUES) {
                throw tooMany(MAX_VALUES + " values in one document", "divide it");
            }
            if (++valuesOfAll > MAX_VALUES_OF_ALL) {
                throw tooMany(MAX_VALUES_OF_ALL + " values", "apply the documents in parts");
            }
            int place = places.begin(name, location);
            JsonNode value = switch (parser.currentToken()) {
                case START_OBJECT -> object();
                case START_ARRAY -> array();
                case VALUE_NUMBER_INT -> NODES.numberNode(parser.getBigIntegerValue());
                case VALUE_NUMBER_FLOAT -> NODES.numberNode(parser.getDecimalValue());
                case VALUE_TRUE -> NODES.booleanNode(true);
                case VALUE_FALSE -> NODES.booleanNode(false);
                case VALUE_NULL -> NODES.nullNode();
                case VALUE_STRING -> NODES.textNode(parser.getText());
                case VALUE_EMBEDDED_OBJECT, FIELD_NAME, END_ARRAY, END_OBJECT, NOT_AVAILABLE ->
                    throw refused(
                            "there is something that is no object, list, text or number",
                            null,
                            parser.currentTokenLocation());
            };
            places.end(place);
            return value;
        }

        private InvalidDocumentException tooMany(String what, String hint) {
            return refused("there are more than " + what, hint, parser.currentTokenLocation());
        }

        private ObjectNode object() throws IOException, InvalidDocumentException {
            ObjectNode object = NODES.objectNode();
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String text = parser.currentName();
                String name = names.computeIfAbsent(text, each -> each);
                JsonLocation location = parser.currentTokenLocation();
                parser.nextToken();
                object.set(name, value(name, location));
            }
            return object;
        }

        private ArrayNode array() throws IOException, InvalidDocumentException {
            ArrayNode array = NODES.arrayNode();
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                array.add(value(null, parser.currentTokenLocation()));
            }
            return array;
        }
    }
}
