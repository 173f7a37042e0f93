package io.portcullis.vnic.parcel;

import io.portcullis.persistence.CborSerializable;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * A message that waits at its sender's node to be fetched, by {@link Parcels#fetch} of whatever node it is sent to. Small, whatever the
 * message is; good for one fetch, within {@link ParcelHolder#TTL}.
 */
public record Parcel(long id, ActorRef<ParcelCommand> desk) implements CborSerializable {}
