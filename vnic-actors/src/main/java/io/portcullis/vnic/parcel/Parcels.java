package io.portcullis.vnic.parcel;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Extension;
import org.apache.pekko.actor.typed.ExtensionId;
import org.apache.pekko.actor.typed.Props;

/**
 * Sends messages of any size. What is larger than a frame, Artery drops without an answer; so a message that grows with a tenant's model
 * or tables waits at its sender's node, a {@link Parcel} goes in its place, and the receiver fetches it in pieces, on the large-message
 * stream. On one node the message itself is handed over. As with every message it may be lost with a node, and then whoever asked hears
 * nothing. Later small messages may arrive before. Thread-safe.
 */
public final class Parcels implements Extension {
    private static final Id ID = new Id();

    private static final class Id extends ExtensionId<Parcels> {
        @Override
        public Parcels createExtension(ActorSystem<?> system) {
            return new Parcels(system);
        }
    }

    private final ActorRef<ParcelCommand> desk;
    private final AtomicLong lastId = new AtomicLong();

    private Parcels(ActorSystem<?> system) {
        desk = system.systemActorOf(ParcelDesk.create(), ParcelDesk.NAME, Props.empty());
    }

    public static Parcels get(ActorSystem<?> system) {
        return system.registerExtension(ID);
    }

    /** Keeps the message here for whoever gets the parcel. It must not change any more, and must be serializable as a message. */
    public Parcel hold(Object message) {
        long id = lastId.incrementAndGet();
        desk.tell(new ParcelCommand.Hold(id, message));
        return new Parcel(id, desk);
    }

    /** The message; fails with {@link ParcelLostException}, or with what its serializer says. */
    public CompletionStage<Object> fetch(Parcel parcel) {
        CompletableFuture<Object> message = new CompletableFuture<>();
        desk.tell(new ParcelCommand.Fetch(parcel, message));
        return message;
    }

    /**
     * Tells a large message: as it is on this node, as a parcel to another.
     *
     * @param wrap makes a message of the receiver's protocol from the parcel
     */
    public <M> void tell(ActorRef<? super M> receiver, M message, Function<Parcel, ? extends M> wrap) {
        boolean here = receiver.path().address().hasLocalScope();
        receiver.tell(here ? message : wrap.apply(hold(message)));
    }
}
