package io.portcullis.persistence;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.KeyDeserializer;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import com.fasterxml.jackson.databind.ser.std.StdScalarSerializer;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import java.io.IOException;

/** A type as the text that it parses from, as a value and as the key of a map. */
final class TextJson {
    private TextJson() {}

    interface Format<T> {
        String format(T value);
    }

    /** Throws {@link IllegalArgumentException} for any text that is none. */
    interface Parser<T> {
        T parse(String text);
    }

    /** Where the text goes in the document. */
    interface Place {
        void write(JsonGenerator out, String text) throws IOException;
    }

    /** Writes a value. */
    static <T> StdSerializer<T> writer(Class<T> type, Format<T> format) {
        return new Writer<>(type, format, JsonGenerator::writeString);
    }

    /** Writes the key of a map. */
    static <T> StdSerializer<T> keyWriter(Class<T> type, Format<T> format) {
        return new Writer<>(type, format, JsonGenerator::writeFieldName);
    }

    private static final class Writer<T> extends StdScalarSerializer<T> {
        private static final long serialVersionUID = 1L;
        private final transient Format<T> format;
        private final transient Place place;

        Writer(Class<T> type, Format<T> format, Place place) {
            super(type);
            this.format = format;
            this.place = place;
        }

        @Override
        public void serialize(T value, JsonGenerator out, SerializerProvider provider) throws IOException {
            place.write(out, format.format(value));
        }
    }

    static final class Reader<T> extends StdScalarDeserializer<T> {
        private static final long serialVersionUID = 1L;
        private final transient Parser<T> parser;

        Reader(Class<T> type, Parser<T> parser) {
            super(type);
            this.parser = parser;
        }

        @Override
        public T deserialize(JsonParser in, DeserializationContext context) throws IOException {
            if (!in.hasToken(JsonToken.VALUE_STRING)) {
                throw context.wrongTokenException(in, handledType(), JsonToken.VALUE_STRING, "a text");
            }
            String text = in.getText();
            try {
                return parser.parse(text);
            } catch (IllegalArgumentException wrong) {
                throw context.weirdStringException(text, handledType(), wrong.getMessage());
            }
        }
    }

    static final class KeyReader<T> extends KeyDeserializer {
        private final Parser<T> parser;

        KeyReader(Parser<T> parser) {
            this.parser = parser;
        }

        @Override
        public Object deserializeKey(String key, DeserializationContext context) throws IOException {
            try {
                return parser.parse(key);
            } catch (IllegalArgumentException wrong) {
                throw context.weirdStringException(key, Object.class, wrong.getMessage());
            }
        }
    }
}
