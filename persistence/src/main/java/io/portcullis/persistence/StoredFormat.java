package io.portcullis.persistence;

import com.fasterxml.jackson.databind.JsonNode;
import org.apache.pekko.serialization.jackson.JacksonMigration;

/**
 * Version 1 of a stored event or snapshot. Bound to each stored class in {@code pekko.serialization.jackson.migrations}, so that every
 * record in the journal says which version it has and a newer one is refused. The first change of a format replaces it there by a
 * migration that reads version 1 too.
 */
public final class StoredFormat extends JacksonMigration {
    @Override
    public int currentVersion() {
        return 1;
    }

    @Override
    public JsonNode transform(int fromVersion, JsonNode json) {
        return json;
    }
}
