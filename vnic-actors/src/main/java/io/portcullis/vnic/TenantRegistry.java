package io.portcullis.vnic;

import io.portcullis.persistence.CborSerializable;
import io.portcullis.policy.TenantId;
import java.time.Duration;
import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.Effect;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;
import org.apache.pekko.persistence.typed.javadsl.RetentionCriteria;

/** The names of all tenants; a sharded entity with one instance. Each {@link TenantPolicy} keeps its own entry right. */
public final class TenantRegistry
        extends EventSourcedBehavior<RegistryCommand, TenantRegistry.Event, TenantRegistry.State> {
    public static final EntityTypeKey<RegistryCommand> TYPE_KEY =
            EntityTypeKey.create(RegistryCommand.class, "tenant-registry");

    /** The only entity of its type. */
    public static final String ENTITY_ID = "tenants";

    private static final int SNAPSHOT_EVERY_EVENTS = 100;
    private static final int SNAPSHOTS_KEPT = 2;

    /** Stored; see {@link io.portcullis.persistence.StoredFormat}. */
    public sealed interface Event extends CborSerializable {
        record TenantAdded(TenantId tenant) implements Event {}

        record TenantRemoved(TenantId tenant) implements Event {}
    }

    /** Names, ascending. Stored. */
    public record State(SortedSet<String> names) implements CborSerializable {
        public State {
            names = Collections.unmodifiableSortedSet(new TreeSet<>(names));
        }

        private State after(Event event) {
            SortedSet<String> next = new TreeSet<>(names);
            switch (event) {
                case Event.TenantAdded added -> next.add(added.tenant().value());
                case Event.TenantRemoved removed -> next.remove(removed.tenant().value());
            }
            return new State(next);
        }
    }

    public static Behavior<RegistryCommand> create() {
        return new TenantRegistry();
    }

    private TenantRegistry() {
        super(
                PersistenceId.of(TYPE_KEY.name(), ENTITY_ID),
                SupervisorStrategy.restartWithBackoff(Duration.ofMillis(200), Duration.ofSeconds(5), 0.1));
    }

    @Override
    public State emptyState() {
        return new State(new TreeSet<>());
    }

    @Override
    public EventHandler<State, Event> eventHandler() {
        return State::after;
    }

    @Override
    public RetentionCriteria retentionCriteria() {
        return RetentionCriteria.snapshotEvery(SNAPSHOT_EVERY_EVENTS, SNAPSHOTS_KEPT)
                .withDeleteEventsOnSnapshot();
    }

    @Override
    public CommandHandler<RegistryCommand, Event, State> commandHandler() {
        return this::onCommand;
    }

    private Effect<Event, State> onCommand(State state, RegistryCommand command) {
        return switch (command) {
            case RegistryCommand.ListTenants list -> answer(state, list.replyTo());
            case RegistryCommand.AddTenant add ->
                state.names().contains(add.tenant().value())
                        ? answer(state, add.replyTo())
                        : persist(new Event.TenantAdded(add.tenant()), add.replyTo());
            case RegistryCommand.RemoveTenant remove ->
                state.names().contains(remove.tenant().value())
                        ? persist(new Event.TenantRemoved(remove.tenant()), remove.replyTo())
                        : answer(state, remove.replyTo());
            case RegistryCommand.Stop _ -> Effect().stop();
        };
    }

    private Effect<Event, State> persist(Event event, ActorRef<RegistryCommand.Tenants> replyTo) {
        return Effect().persist(event).thenRun((State next) -> replyTo.tell(new RegistryCommand.Tenants(next.names())));
    }

    private Effect<Event, State> answer(State state, ActorRef<RegistryCommand.Tenants> replyTo) {
        replyTo.tell(new RegistryCommand.Tenants(state.names()));
        return Effect().none();
    }
}
