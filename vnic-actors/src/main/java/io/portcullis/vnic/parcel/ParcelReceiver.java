package io.portcullis.vnic.parcel;

import java.time.Duration;
import java.util.BitSet;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.serialization.SerializationExtension;

/**
 * Fetches one message, piece by piece: {@link #WINDOW} of them are under way at a time, so a slow receiver slows the sender down, and what
 * was lost is asked for again. Gives up when nothing has come for {@link #MAX_SILENCES} rounds.
 */
final class ParcelReceiver extends AbstractBehavior<ParcelPart> {
    /** Pieces that are asked for ahead. */
    static final int WINDOW = 8;

    private static final Duration SILENCE = Duration.ofSeconds(1);
    private static final int MAX_SILENCES = 15;

    private final Parcel parcel;
    private final CompletableFuture<Object> message;
    private final BitSet present = new BitSet();
    private byte[] bytes = new byte[0];
    /** The first piece that was not asked for yet. */
    private int next;

    private int silences;

    static Behavior<ParcelPart> create(Parcel parcel, CompletableFuture<Object> message) {
        return Behaviors.setup(context -> {
            context.setReceiveTimeout(SILENCE, new ParcelPart.Silence());
            return new ParcelReceiver(context, parcel, message);
        });
    }

    private ParcelReceiver(ActorContext<ParcelPart> context, Parcel parcel, CompletableFuture<Object> message) {
        super(context);
        this.parcel = parcel;
        this.message = message;
        take(0, WINDOW);
        next = WINDOW;
    }

    private void take(int first, int count) {
        parcel.desk()
                .tell(new ParcelCommand.Take(
                        parcel.id(), first, count, getContext().getSelf()));
    }

    @Override
    public Receive<ParcelPart> createReceive() {
        return newReceiveBuilder().onAnyMessage(this::onPart).build();
    }

    private Behavior<ParcelPart> onPart(ParcelPart part) {
        return switch (part) {
            case ParcelPart.Whole whole -> {
                message.complete(whole.message());
                yield Behaviors.stopped();
            }
            case ParcelPart.Piece piece -> onPiece(piece);
            case ParcelPart.Silence _ -> onSilence();
            case ParcelPart.Gone gone -> lost(gone.why());
        };
    }

    private Behavior<ParcelPart> onPiece(ParcelPart.Piece piece) {
        silences = 0;
        if (present.isEmpty()) {
            if (piece.totalBytes() < 0 || piece.totalBytes() > ParcelHolder.MAX_BYTES) {
                return lost("it has " + piece.totalBytes() + " bytes");
            }
            bytes = new byte[(int) piece.totalBytes()];
        }
        long from = (long) piece.index() * ParcelHolder.PIECE_BYTES;
        if (piece.index() < 0 || from + piece.bytes().length > bytes.length) {
            return lost("its pieces do not fit together");
        }
        if (!present.get(piece.index())) {
            present.set(piece.index());
            System.arraycopy(piece.bytes(), 0, bytes, (int) from, piece.bytes().length);
            if (next < piece.pieces()) {
                take(next++, 1);
            }
        }
        return present.cardinality() == piece.pieces() ? complete(piece) : this;
    }

    private Behavior<ParcelPart> complete(ParcelPart.Piece any) {
        parcel.desk().tell(new ParcelCommand.Discard(parcel.id()));
        try {
            message.complete(
                    SerializationExtension.get(Adapter.toClassic(getContext().getSystem()))
                            .deserialize(bytes, any.serializer(), any.manifest())
                            .get());
        } catch (Exception damaged) {
            message.completeExceptionally(damaged);
        }
        return Behaviors.stopped();
    }

    private Behavior<ParcelPart> onSilence() {
        if (++silences > MAX_SILENCES) {
            parcel.desk().tell(new ParcelCommand.Discard(parcel.id()));
            return lost("its sender is silent");
        }
        // all that was asked for and has not come; from the first gap on it is asked for again
        take(present.nextClearBit(0), WINDOW);
        return this;
    }

    private Behavior<ParcelPart> lost(String why) {
        message.completeExceptionally(new ParcelLostException("a message did not arrive: " + why));
        return Behaviors.stopped();
    }
}
