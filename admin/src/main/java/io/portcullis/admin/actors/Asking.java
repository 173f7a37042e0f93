package io.portcullis.admin.actors;

import io.portcullis.admin.http.ProblemKind;
import io.portcullis.admin.http.RefusedException;
import io.portcullis.persistence.DatabaseHealth;
import io.portcullis.vnic.HostCommand;
import io.portcullis.vnic.HostReply;
import io.portcullis.vnic.RefusalCode;
import io.portcullis.vnic.parcel.Parcel;
import io.portcullis.vnic.parcel.Parcels;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.RecipientRef;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.japi.function.Function;

/** Asks actors, always with a deadline. Thread-safe. */
final class Asking {
    /** An actor that is awake answers sooner; one that is not cannot start without the database. */
    private static final Duration AWAKE = Duration.ofSeconds(1);

    private final ActorSystem<?> system;
    private final Duration timeout;
    private final DatabaseHealth database;

    Asking(ActorSystem<?> system, Duration timeout, DatabaseHealth database) {
        this.system = system;
        this.timeout = timeout;
        this.database = database;
    }

    /** Whether what is only known with the help of the database should be said by others. */
    boolean isStoreDown() {
        return database.outage().isPresent();
    }

    /** How long one who only looks waits for an actor that needs the database to start. */
    Duration lookTimeout() {
        return isStoreDown() ? AWAKE : timeout;
    }

    /** Longest wait for an answer. */
    Duration timeout() {
        return timeout;
    }

    /** The answer; fails with a {@link java.util.concurrent.TimeoutException} if there is none in time. */
    <C, R> CompletionStage<R> ask(RecipientRef<C> actor, Function<ActorRef<R>, C> command) {
        return ask(actor, command, timeout);
    }

    <C, R> CompletionStage<R> ask(RecipientRef<C> actor, Function<ActorRef<R>, C> command, Duration deadline) {
        return AskPattern.ask(actor, command, deadline, system.scheduler());
    }

    /** As {@link #ask}, of a host's agent; what comes in pieces is put together. */
    CompletionStage<HostReply> askHost(
            RecipientRef<HostCommand> agent, Function<ActorRef<HostReply>, HostCommand> command, Duration deadline) {
        return ask(agent, command, deadline)
                .thenCompose(reply -> reply instanceof HostReply.InPieces(Parcel answer)
                        ? arrived(answer, HostReply.class)
                        : CompletableFuture.completedFuture(reply));
    }

    /** An answer that comes in pieces; fails with a refusal if it is lost on the way. */
    <R> CompletionStage<R> arrived(Parcel answer, Class<R> type) {
        return Parcels.get(system).fetch(answer).handle((reply, lost) -> {
            if (type.isInstance(reply)) {
                return type.cast(reply);
            }
            throw new RefusedException(
                    ProblemKind.TIMEOUT,
                    "an answer did not arrive" + (lost == null ? "" : ": " + lost.getMessage()),
                    "try again");
        });
    }

    /** How a refusal of an actor looks to a client. */
    static RefusedException refused(RefusalCode code, String message) {
        ProblemKind kind = switch (code) {
            case UNKNOWN -> ProblemKind.UNKNOWN;
            case STALE_EPOCH, WRONG_STATE -> ProblemKind.WRONG_STATE;
            case CAPACITY -> ProblemKind.CAPACITY;
            case PORT -> ProblemKind.PORT;
            case HOST_UNAVAILABLE -> ProblemKind.HOST_UNAVAILABLE;
            case TIMEOUT -> ProblemKind.TIMEOUT;
            case DRAINING -> ProblemKind.DRAINING;
            case SAME_HOST -> ProblemKind.SAME_HOST;
            case MOVING -> ProblemKind.MOVING;
            case TOO_LATE -> ProblemKind.TOO_LATE;
            case INVALID -> ProblemKind.INVALID_REQUEST;
        };
        return new RefusedException(kind, message);
    }

    /** An answer that the protocol does not allow here: a defect. */
    static IllegalStateException unexpected(Object reply) {
        return new IllegalStateException("unexpected answer " + reply.getClass().getName());
    }
}
