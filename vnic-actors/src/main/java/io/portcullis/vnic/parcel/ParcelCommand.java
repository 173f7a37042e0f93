package io.portcullis.vnic.parcel;

import io.portcullis.persistence.CborSerializable;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.actor.typed.ActorRef;

/** What the desk of a node understands: from other nodes' desks, and from {@link Parcels} of its own. */
public sealed interface ParcelCommand {
    /** About a parcel that is held here. */
    sealed interface OfParcel extends ParcelCommand, CborSerializable {
        long id();
    }

    /** Wants these pieces. Answer: {@link ParcelPart}s. */
    record Take(long id, int first, int count, ActorRef<ParcelPart> replyTo) implements OfParcel {}

    /** The message has arrived, or nobody waits for it any more. */
    record Discard(long id) implements OfParcel {}

    /** From this node: holds the message. */
    record Hold(long id, Object message) implements ParcelCommand {}

    /** From this node: completes with the message. */
    record Fetch(Parcel parcel, CompletableFuture<Object> message) implements ParcelCommand {}
}
