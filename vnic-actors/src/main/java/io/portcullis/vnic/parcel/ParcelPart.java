package io.portcullis.vnic.parcel;

import io.portcullis.persistence.CborSerializable;

/** What a desk answers. */
public sealed interface ParcelPart {
    /**
     * One of the pieces of the serialized message.
     *
     * @param pieces how many there are
     * @param totalBytes of all pieces
     * @param serializer and {@code manifest}: of the message, as Pekko's serialization wants them
     */
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    record Piece(int index, int pieces, long totalBytes, int serializer, String manifest, byte[] bytes)
            implements ParcelPart, CborSerializable {}

    /** The message itself, to somebody on the same node. */
    record Whole(Object message) implements ParcelPart {}

    /** From the receiver to itself: nothing has come for a while. */
    record Silence() implements ParcelPart {}

    /** There is no such parcel, or it cannot be sent. */
    record Gone(String why) implements ParcelPart, CborSerializable {}
}
