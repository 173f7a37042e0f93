package io.portcullis.persistence;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import com.fasterxml.jackson.databind.ser.std.StdScalarSerializer;
import io.portcullis.policy.compile.RuleTableCodec;
import io.portcullis.policy.compile.RuleTableInterner;
import io.portcullis.policy.table.RuleTable;
import java.io.IOException;

/** Rule tables as the bytes of {@link RuleTableCodec}; equal tables that arrive are one object. */
final class RuleTableJson {
    private static final RuleTableInterner INTERNER = new RuleTableInterner();

    private RuleTableJson() {}

    static final class Writer extends StdScalarSerializer<RuleTable> {
        private static final long serialVersionUID = 1L;

        Writer() {
            super(RuleTable.class);
        }

        @Override
        public void serialize(RuleTable table, JsonGenerator out, SerializerProvider provider) throws IOException {
            out.writeBinary(RuleTableCodec.bytes(table));
        }
    }

    static final class Reader extends StdScalarDeserializer<RuleTable> {
        private static final long serialVersionUID = 1L;

        Reader() {
            super(RuleTable.class);
        }

        @Override
        public RuleTable deserialize(JsonParser in, DeserializationContext context) throws IOException {
            try {
                return INTERNER.intern(RuleTableCodec.decode(in.getBinaryValue()));
            } catch (IllegalArgumentException damaged) {
                throw context.weirdStringException("(bytes)", RuleTable.class, damaged.getMessage());
            }
        }
    }
}
