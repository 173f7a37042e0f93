package io.portcullis.migration.model;

import io.portcullis.datapath.track.TableSum;
import io.portcullis.persistence.StateChunk;

/** What a destination wants done with what comes ahead of the cut. */
public sealed interface AheadOrder {
    /** Has the data path take the chunk in, and say with {@code attempt} what is here then: {@link AheadChunks#imported}. */
    record Import(int attempt, StateChunk chunk) implements AheadOrder {}

    /** Tells the source that the chunk is here, and {@code here} of all. */
    record Acknowledge(ChunkName chunk, TableSum here) implements AheadOrder {}

    /** Tells the source that nothing is taken. */
    record Refuse(Refusal why) implements AheadOrder {}

    /** Gives the migration up: the source cannot have cut. */
    record Abort(String why) implements AheadOrder {}
}
