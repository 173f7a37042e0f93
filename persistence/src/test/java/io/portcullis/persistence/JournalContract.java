package io.portcullis.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portcullis.persistence.testkit.TestDatabase;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;
import org.apache.pekko.persistence.typed.javadsl.RetentionCriteria;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Events and snapshots of actors, through Pekko's plugin with the settings of the product. */
abstract class JournalContract {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int EVENTS_PER_SNAPSHOT = 10;
    private static final int SNAPSHOTS_KEPT = 2;

    TestDatabase database;

    abstract TestDatabase create() throws Exception;

    @BeforeEach
    void open() throws Exception {
        database = create();
        Database.check(database.settings());
    }

    @AfterEach
    void close() throws SQLException {
        if (database != null) {
            database.close();
        }
    }

    record Add(String text, ActorRef<Sum> replyTo) {}

    record Added(String text) implements CborSerializable {}

    record Sum(long events, int characters) implements CborSerializable {}

    static final class Adder extends EventSourcedBehavior<Add, Added, Sum> {
        Adder(String id) {
            super(PersistenceId.of("adder", id));
        }

        @Override
        public Sum emptyState() {
            return new Sum(0, 0);
        }

        @Override
        public CommandHandler<Add, Added, Sum> commandHandler() {
            return (state, add) -> add.text().isEmpty()
                    ? Effect().reply(add.replyTo(), state)
                    : Effect().persist(new Added(add.text())).thenReply(add.replyTo(), sum -> sum);
        }

        @Override
        public EventHandler<Sum, Added> eventHandler() {
            return (state, event) -> new Sum(
                    state.events() + 1, state.characters() + event.text().length());
        }

        @Override
        public RetentionCriteria retentionCriteria() {
            return RetentionCriteria.snapshotEvery(EVENTS_PER_SNAPSHOT, SNAPSHOTS_KEPT)
                    .withDeleteEventsOnSnapshot();
        }
    }

    @Test
    void shouldReadBackAfterARestartAndKeepNoMoreThanIsNeeded() throws Exception {
        // more than a page of the database, and more than the threshold of the compression
        String large = "x".repeat(300_000);
        ActorTestKit first = ActorTestKit.create("first", database.system("journal-test"));
        try {
            ActorRef<Add> adder = first.spawn(new Adder("a"));
            IntStream.range(0, 45).forEach(_ -> ask(first, adder, "ab"));
            assertThat(ask(first, adder, large)).isEqualTo(new Sum(46, 90 + large.length()));
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(count("snapshot")).isLessThanOrEqualTo(SNAPSHOTS_KEPT + 1));
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(count("event_journal"))
                            .isLessThanOrEqualTo((SNAPSHOTS_KEPT + 1) * EVENTS_PER_SNAPSHOT));
        } finally {
            first.shutdownTestKit();
        }

        ActorTestKit second = ActorTestKit.create("second", database.system("journal-test"));
        try {
            ActorRef<Add> adder = second.spawn(new Adder("a"));
            assertThat(ask(second, adder, "")).isEqualTo(new Sum(46, 90 + large.length()));
            assertThat(ask(second, adder, "z")).isEqualTo(new Sum(47, 91 + large.length()));
        } finally {
            second.shutdownTestKit();
        }
    }

    @Test
    void shouldTakeTheEventsOfManyActorsAtOnce() {
        ActorTestKit kit = ActorTestKit.create("many", database.system("journal-test"));
        try {
            List<ActorRef<Add>> adders = IntStream.range(0, 20)
                    .mapToObj(index -> kit.spawn(new Adder("many-" + index)))
                    .toList();
            List<CompletionStage<Sum>> answers = IntStream.range(0, 25)
                    .boxed()
                    .flatMap(_ -> adders.stream().map(adder -> send(kit, adder, "ab")))
                    .toList();
            answers.forEach(answer -> answer.toCompletableFuture().join());

            adders.forEach(adder -> assertThat(ask(kit, adder, "")).isEqualTo(new Sum(25, 50)));
        } finally {
            kit.shutdownTestKit();
        }
    }

    static Sum ask(ActorTestKit kit, ActorRef<Add> adder, String text) {
        return send(kit, adder, text).toCompletableFuture().join();
    }

    private static CompletionStage<Sum> send(ActorTestKit kit, ActorRef<Add> adder, String text) {
        return AskPattern.ask(
                adder, replyTo -> new Add(text, replyTo), PATIENCE, kit.system().scheduler());
    }

    private int count(String table) throws SQLException {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT COUNT(*) FROM \"" + table + "\"")) {
            row.next();
            return row.getInt(1);
        }
    }
}
