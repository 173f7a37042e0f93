package io.portcullis.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.dispatch.Futures;
import org.apache.pekko.persistence.AtomicWrite;
import org.apache.pekko.persistence.PersistentRepr;
import org.apache.pekko.persistence.journal.japi.AsyncWriteJournal;
import scala.concurrent.Future;
import scala.jdk.javaapi.CollectionConverters;

/** The journal of a {@link SimDatabase}. Made by Pekko. */
public final class SimJournal extends AsyncWriteJournal {
    private final SimDatabase database =
            SimLoop.of(context().system().settings().config()).database();

    @Override
    public Future<Iterable<Optional<Exception>>> doAsyncWriteMessages(Iterable<AtomicWrite> writes) {
        List<Optional<Exception>> done = new ArrayList<>();
        for (AtomicWrite write : writes) {
            for (PersistentRepr event : CollectionConverters.asJava(write.payload())) {
                database.write(
                        event.persistenceId(),
                        event.sequenceNr(),
                        SimDatabase.Stored.of(context().system(), event.payload(), event.writerUuid()));
            }
            done.add(Optional.empty());
        }
        return Futures.successful(done);
    }

    @Override
    public Future<Void> doAsyncDeleteMessagesTo(String entity, long sequence) {
        database.deleteUpTo(entity, sequence);
        return Futures.successful(null);
    }

    @Override
    public Future<Void> doAsyncReplayMessages(
            String entity, long from, long to, long max, Consumer<PersistentRepr> replay) {
        database.read(entity, from, to, max)
                .forEach(event -> replay.accept(PersistentRepr.apply(
                        event.getValue().read(context().system()),
                        event.getKey(),
                        entity,
                        "",
                        false,
                        ActorRef.noSender(),
                        event.getValue().writer())));
        return Futures.successful(null);
    }

    @Override
    public Future<Long> doAsyncReadHighestSequenceNr(String entity, long from) {
        return Futures.successful(database.highest(entity));
    }
}
