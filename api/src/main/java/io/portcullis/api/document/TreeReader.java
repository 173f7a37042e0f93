package io.portcullis.api.document;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Makes trees of the documents of a text, in one pass over its tokens. One thread. */
final class TreeReader {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private final JsonParser parser;
    private final int linesBefore;
    private final ReadLimits limits;
    private final ParsedText.Sink sink;
    /** Equal names are one object: there are few of them. */
    private final Map<String, String> names = new HashMap<>();

    private Places places = new Places(0);
    private int values;

    /** @param linesBefore of the text that the parser does not see */
    TreeReader(JsonParser parser, int linesBefore, ReadLimits limits, ParsedText.Sink sink) {
        this.parser = parser;
        this.linesBefore = linesBefore;
        this.limits = limits;
        this.sink = sink;
    }

    void read() throws IOException, InvalidDocumentException {
        while (parser.nextToken() != null) {
            places = new Places(linesBefore);
            values = 0;
            JsonNode document = value(null, parser.currentTokenLocation());
            if (!limits.countValues(values % ReadLimits.VALUES_AT_ONCE)) {
                throw tooManyOfAll();
            }
            if (isEmpty(document)) {
                continue;
            }
            if (!limits.countDocument()) {
                throw refused("there are more than " + Documents.MAX_DOCUMENTS + " documents", "apply them in parts");
            }
            places.trim();
            sink.accept(document, places);
        }
    }

    private static boolean isEmpty(JsonNode document) {
        return document.isNull() || (document.isTextual() && document.asText().isEmpty());
    }

    private JsonNode value(@Nullable String name, JsonLocation location) throws IOException, InvalidDocumentException {
        if (parser instanceof YAMLParser yaml && yaml.isCurrentAlias()) {
            throw refused("YAML aliases (*name) are not taken", "write the value out");
        }
        if (++values > ReadLimits.MAX_VALUES) {
            throw tooMany(ReadLimits.MAX_VALUES + " values in one document", "divide it");
        }
        if (values % ReadLimits.VALUES_AT_ONCE == 0 && !limits.countValues(ReadLimits.VALUES_AT_ONCE)) {
            throw tooManyOfAll();
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
                throw refused("there is something that is no object, list, text or number", null);
        };
        places.end(place);
        return value;
    }

    private InvalidDocumentException tooMany(String what, String hint) {
        return refused("there are more than " + what, hint);
    }

    private InvalidDocumentException tooManyOfAll() {
        return tooMany(ReadLimits.MAX_VALUES_OF_ALL + " values", "apply the documents in parts");
    }

    private InvalidDocumentException refused(String message, @Nullable String hint) {
        return ParsedText.refused(message, hint, parser.currentTokenLocation(), linesBefore);
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
