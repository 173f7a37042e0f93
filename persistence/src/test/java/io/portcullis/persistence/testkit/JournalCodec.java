package io.portcullis.persistence.testkit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.cbor.CBORFactory;
import java.io.IOException;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.serialization.SerializationExtension;
import org.apache.pekko.serialization.Serializer;
import org.apache.pekko.serialization.Serializers;

/** Events and snapshots as Pekko puts them into the journal: the manifest, which has the version, and CBOR, here as JSON. */
public final class JournalCodec implements GoldenFiles.Codec {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final ObjectMapper CBOR = new ObjectMapper(new CBORFactory());

    private final Serialization serialization;

    public JournalCodec(ActorSystem<?> system) {
        this.serialization = SerializationExtension.get(Adapter.toClassic(system));
    }

    @Override
    public JsonNode write(Object value) throws IOException {
        Serializer serializer = serialization.findSerializerFor(value);
        return JSON.createObjectNode()
                .put("serializer", serializer.identifier())
                .put("manifest", Serializers.manifestFor(serializer, value))
                .set("value", CBOR.readTree(serialization.serialize(value).get()));
    }

    @Override
    public Object read(JsonNode stored) throws IOException {
        return serialization
                .deserialize(
                        CBOR.writeValueAsBytes(stored.get("value")),
                        stored.get("serializer").intValue(),
                        stored.get("manifest").textValue())
                .get();
    }
}
