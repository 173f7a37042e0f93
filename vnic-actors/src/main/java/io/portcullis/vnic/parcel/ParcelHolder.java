package io.portcullis.vnic.parcel;

import java.time.Duration;
import java.util.Arrays;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.serialization.SerializationExtension;
import org.apache.pekko.serialization.Serializer;
import org.apache.pekko.serialization.Serializers;
import org.jspecify.annotations.Nullable;

/**
 * Holds one message until it is fetched, or until nobody asked for {@link #TTL}. It is serialized when another node asks for it, and never
 * for somebody on this one.
 */
final class ParcelHolder extends AbstractBehavior<ParcelCommand.OfParcel> {
    /** A parcel that nobody asks for so long is dropped. */
    static final Duration TTL = Duration.ofSeconds(30);
    /** Bytes of one piece: far below what a frame of the transport takes. */
    static final int PIECE_BYTES = 128 << 10;
    /** A larger message is not sent, and its receiver is told so. */
    static final int MAX_BYTES = 512 << 20;

    /** A message as bytes. */
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    private record Serialized(byte[] bytes, int serializer, String manifest) {
        int pieces() {
            return Math.max(1, Math.ceilDiv(bytes.length, PIECE_BYTES));
        }

        ParcelPart.Piece piece(int index) {
            int from = index * PIECE_BYTES;
            byte[] part = Arrays.copyOfRange(bytes, from, Math.min(bytes.length, from + PIECE_BYTES));
            return new ParcelPart.Piece(index, pieces(), bytes.length, serializer, manifest, part);
        }
    }

    private final Object message;
    private @Nullable Serialized serialized;

    static Behavior<ParcelCommand.OfParcel> create(long id, Object message) {
        return Behaviors.setup(context -> {
            context.setReceiveTimeout(TTL, new ParcelCommand.Discard(id));
            return new ParcelHolder(context, message);
        });
    }

    private ParcelHolder(ActorContext<ParcelCommand.OfParcel> context, Object message) {
        super(context);
        context.setLoggerName(ParcelHolder.class);
        this.message = message;
    }

    @Override
    public Receive<ParcelCommand.OfParcel> createReceive() {
        return newReceiveBuilder().onAnyMessage(this::onCommand).build();
    }

    private Behavior<ParcelCommand.OfParcel> onCommand(ParcelCommand.OfParcel command) {
        return switch (command) {
            case ParcelCommand.Take take -> onTake(take);
            case ParcelCommand.Discard _ -> Behaviors.stopped();
        };
    }

    private Behavior<ParcelCommand.OfParcel> onTake(ParcelCommand.Take take) {
        if (take.replyTo().path().address().hasLocalScope()) {
            take.replyTo().tell(new ParcelPart.Whole(message));
            return Behaviors.stopped();
        }
        Serialized bytes;
        try {
            bytes = serialized();
        } catch (Exception unserializable) {
            getContext()
                    .getLog()
                    .error("a {} cannot be sent", message.getClass().getName(), unserializable);
            take.replyTo().tell(new ParcelPart.Gone("it cannot be serialized: " + unserializable.getMessage()));
            return Behaviors.stopped();
        }
        if (bytes.bytes().length > MAX_BYTES) {
            getContext()
                    .getLog()
                    .error(
                            "a {} of {} bytes is larger than what is sent ({})",
                            message.getClass().getName(),
                            bytes.bytes().length,
                            MAX_BYTES);
            take.replyTo().tell(new ParcelPart.Gone("it has more than " + MAX_BYTES + " bytes"));
            return Behaviors.stopped();
        }
        int end = (int) Math.min(bytes.pieces(), (long) take.first() + take.count());
        for (int index = Math.max(0, take.first()); index < end; index++) {
            take.replyTo().tell(bytes.piece(index));
        }
        return this;
    }

    private Serialized serialized() {
        Serialized present = serialized;
        if (present == null) {
            Serialization serialization =
                    SerializationExtension.get(Adapter.toClassic(getContext().getSystem()));
            Serializer serializer = serialization.findSerializerFor(message);
            present = new Serialized(
                    serialization.serialize(message).get(),
                    serializer.identifier(),
                    Serializers.manifestFor(serializer, message));
            serialized = present;
        }
        return present;
    }
}
