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
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;

/**
 * A text as trees, with the place of every value. The bounds hold before anything is built: size, depth (both here and in the
 * parser), number of documents and values, length of names.
 */
record ParsedText(List<JsonNode> documents, List<Place> places) {
    private static final int MAX_NAME_LENGTH = 1_000;
    private static final int MAX_NUMBER_LENGTH = 100;
    private static final int MAX_VALUES = 500_000;
    private static final StreamReadConstraints CONSTRAINTS = StreamReadConstraints.builder()
            .maxNestingDepth(Documents.MAX_DEPTH)
            .maxNameLength(MAX_NAME_LENGTH)
            .maxNumberLength(MAX_NUMBER_LENGTH)
            .maxStringLength(Documents.MAX_BYTES)
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
        options.setCodePointLimit(Documents.MAX_BYTES);
        options.setMaxAliasesForCollections(0);
        options.setAllowDuplicateKeys(false);
        return options;
    }

    static ParsedText parse(byte[] bytes, Format format) throws InvalidDocumentException {
        if (bytes.length > Documents.MAX_BYTES) {
            throw refused("the document has more than " + Documents.MAX_BYTES + " bytes", "apply it in parts", null);
        }
        String text;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException notUtf8) {
            throw refused("the document is not UTF-8", "save it in UTF-8", null);
        }
        try (JsonParser parser = format == Format.JSON ? JSON.createParser(text) : YAML.createParser(text)) {
            return new Reader(parser).read();
        } catch (JsonProcessingException malformed) {
            if (malformed.getCause() instanceof MarkedYAMLException yaml) {
                throw malformed(yaml, text);
            }
            throw refused(firstLine(malformed.getOriginalMessage()), syntaxHint(text, format), malformed.getLocation());
        } catch (IOException | IllegalArgumentException | ClassCastException malformed) {
            throw refused(firstLine(String.valueOf(malformed.getMessage())), syntaxHint(text, format), null);
        }
    }

    /** Adds line and column: those of the path itself, or of the nearest value around it. */
    FieldProblem locate(int document, FieldProblem problem) {
        if (problem.line() != null) {
            return problem;
        }
        Place place = places.get(document).find(problem.path());
        return new FieldProblem(problem.path(), problem.message(), problem.hint(), place.line, place.column);
    }

    private static InvalidDocumentException refused(
            String message, @Nullable String hint, @Nullable JsonLocation place) {
        Integer line = place == null || place.getLineNr() < 1 ? null : place.getLineNr();
        Integer column = place == null || place.getColumnNr() < 1 ? null : place.getColumnNr();
        return new InvalidDocumentException(List.of(new FieldProblem("", message, hint, line, column)));
    }

    /** SnakeYAML knows best what it could not read, and where. */
    private static InvalidDocumentException malformed(MarkedYAMLException yaml, String text) {
        String context = yaml.getContext() == null ? "" : yaml.getContext() + ": ";
        String problem = firstLine(context + yaml.getProblem());
        Mark mark = yaml.getProblemMark();
        Integer line = mark == null ? null : mark.getLine() + 1;
        Integer column = mark == null ? null : mark.getColumn() + 1;
        return new InvalidDocumentException(
                List.of(new FieldProblem("", problem, syntaxHint(text, Format.YAML), line, column)));
    }

    private static @Nullable String syntaxHint(String text, Format format) {
        if (format == Format.JSON) {
            return "it must be JSON; look at quotes, commas and brackets near that line";
        }
        return text.indexOf('\t') >= 0
                ? "YAML is indented with spaces; there is a tab in this text"
                : "it must be YAML or JSON; look at quotes, brackets and indentation near that line";
    }

    private static String firstLine(String message) {
        return Problems.shorten(message.lines().findFirst().orElse("the text is malformed"))
                .strip();
    }

    /** One pass over the tokens. */
    private static final class Reader {
        private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

        private final JsonParser parser;
        private final List<JsonNode> documents = new ArrayList<>();
        private final List<Place> places = new ArrayList<>();
        private int values;

        Reader(JsonParser parser) {
            this.parser = parser;
        }

        ParsedText read() throws IOException, InvalidDocumentException {
            while (parser.nextToken() != null) {
                Place place = new Place(parser.currentTokenLocation());
                JsonNode document = value(place);
                if (isEmpty(document)) {
                    continue;
                }
                if (documents.size() == Documents.MAX_DOCUMENTS) {
                    throw refused(
                            "there are more than " + Documents.MAX_DOCUMENTS + " documents",
                            "apply them in parts",
                            parser.currentTokenLocation());
                }
                documents.add(document);
                places.add(place);
            }
            return new ParsedText(documents, places);
        }

        private static boolean isEmpty(JsonNode document) {
            return document.isNull()
                    || (document.isTextual() && document.asText().isEmpty());
        }

        private JsonNode value(Place place) throws IOException, InvalidDocumentException {
            if (parser instanceof YAMLParser yaml && yaml.isCurrentAlias()) {
                throw refused(
                        "YAML aliases (*name) are not taken", "write the value out", parser.currentTokenLocation());
            }
            if (++values > MAX_VALUES) {
                throw refused(
                        "there are more than " + MAX_VALUES + " values",
                        "apply the documents in parts",
                        parser.currentTokenLocation());
            }
            return switch (parser.currentToken()) {
                case START_OBJECT -> object(place);
                case START_ARRAY -> array(place);
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
        }

        private ObjectNode object(Place place) throws IOException, InvalidDocumentException {
            ObjectNode object = NODES.objectNode();
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                Place field = new Place(parser.currentTokenLocation());
                parser.nextToken();
                object.set(name, value(field));
                place.put(name, field);
            }
            return object;
        }

        private ArrayNode array(Place place) throws IOException, InvalidDocumentException {
            ArrayNode array = NODES.arrayNode();
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                Place item = new Place(parser.currentTokenLocation());
                place.put("[" + array.size() + "]", item);
                array.add(value(item));
            }
            return array;
        }
    }

    /** Where a value stands in the text, and the values in it. */
    static final class Place {
        private static final Pattern STEP = Pattern.compile("\\[[0-9]+]|[^.\\[]+");

        private final int line;
        private final int column;
        private Map<String, Place> inner = Map.of();

        Place(JsonLocation location) {
            line = location.getLineNr();
            column = location.getColumnNr();
        }

        void put(String step, Place place) {
            if (inner.isEmpty()) {
                inner = new HashMap<>(4);
            }
            inner.put(step, place);
        }

        /** The place of a path such as {@code spec.rules[0].name}, as far as there is one. */
        Place find(String path) {
            Place place = this;
            Matcher steps = STEP.matcher(path);
            while (steps.find()) {
                Place next = place.inner.get(steps.group());
                if (next == null) {
                    break;
                }
                place = next;
            }
            return place;
        }
    }
}
