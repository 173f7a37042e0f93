package io.portcullis.vnic;

import io.portcullis.persistence.CborSerializable;
import io.portcullis.policy.TenantId;
import io.portcullis.vnic.parcel.Parcels;
import java.time.Duration;
import java.util.Collections;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.Effect;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;
import org.apache.pekko.persistence.typed.javadsl.RetentionCriteria;

/**
 * What is known of all tenants together: their names, and which of them has which VLAN. A sharded entity with one instance. Each
 * {@link TenantPolicy} keeps its own entry right.
 */
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

        /** Its VLANs are free, too. */
        record TenantRemoved(TenantId tenant) implements Event {}

        /** The tenant has exactly these now. */
        record VlansReserved(TenantId tenant, SortedSet<Integer> vlans) implements Event {
            public VlansReserved {
                vlans = Collections.unmodifiableSortedSet(new TreeSet<>(vlans));
            }
        }
    }

    /**
     * Stored.
     *
     * @param names ascending
     * @param vlans VLAN to the tenant that has it
     */
    public record State(SortedSet<String> names, SortedMap<Integer, String> vlans) implements CborSerializable {
        public State {
            names = Collections.unmodifiableSortedSet(new TreeSet<>(names));
            vlans = Collections.unmodifiableSortedMap(new TreeMap<>(vlans));
        }

        private State after(Event event) {
            SortedSet<String> nextNames = new TreeSet<>(names);
            SortedMap<Integer, String> nextVlans = new TreeMap<>(vlans);
            switch (event) {
                case Event.TenantAdded added -> nextNames.add(added.tenant().value());
                case Event.TenantRemoved removed -> {
                    nextNames.remove(removed.tenant().value());
                    nextVlans.values().removeIf(removed.tenant().value()::equals);
                }
                case Event.VlansReserved reserved -> {
                    String tenant = reserved.tenant().value();
                    nextVlans.values().removeIf(tenant::equals);
                    reserved.vlans().forEach(vlan -> nextVlans.put(vlan, tenant));
                }
            }
            return new State(nextNames, nextVlans);
        }

        private SortedSet<Integer> vlansOf(TenantId tenant) {
            SortedSet<Integer> own = new TreeSet<>(vlans.keySet());
            own.removeIf(vlan -> !tenant.value().equals(vlans.get(vlan)));
            return own;
        }

        private SortedSet<Integer> takenFrom(TenantId tenant, SortedSet<Integer> wanted) {
            SortedSet<Integer> taken = new TreeSet<>(wanted);
            taken.removeIf(vlan -> tenant.value().equals(vlans.getOrDefault(vlan, tenant.value())));
            return taken;
        }
    }

    private final Parcels parcels;

    public static Behavior<RegistryCommand> create() {
        return Behaviors.setup(context -> new TenantRegistry(Parcels.get(context.getSystem())));
    }

    private TenantRegistry(Parcels parcels) {
        super(
                PersistenceId.of(TYPE_KEY.name(), ENTITY_ID),
                SupervisorStrategy.restartWithBackoff(Duration.ofMillis(200), Duration.ofSeconds(5), 0.1));
        this.parcels = parcels;
    }

    @Override
    public State emptyState() {
        return new State(new TreeSet<>(), new TreeMap<>());
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
            case RegistryCommand.ListTenants list -> {
                RegistryCommand.Names.tell(list.replyTo(), new RegistryCommand.Tenants(state.names()), parcels);
                yield Effect().none();
            }
            case RegistryCommand.AddTenant add ->
                state.names().contains(add.tenant().value())
                        ? answer(add.replyTo())
                        : persist(new Event.TenantAdded(add.tenant()), add.replyTo());
            case RegistryCommand.RemoveTenant remove ->
                state.names().contains(remove.tenant().value())
                                || !state.vlansOf(remove.tenant()).isEmpty()
                        ? persist(new Event.TenantRemoved(remove.tenant()), remove.replyTo())
                        : answer(remove.replyTo());
            case RegistryCommand.ReserveVlans reserve -> onReserveVlans(state, reserve);
            case RegistryCommand.CheckVlans check -> {
                check.replyTo().tell(new RegistryCommand.VlanReply(state.takenFrom(check.tenant(), check.vlans())));
                yield Effect().none();
            }
            case RegistryCommand.Stop _ -> Effect().stop();
        };
    }

    private Effect<Event, State> onReserveVlans(State state, RegistryCommand.ReserveVlans reserve) {
        SortedSet<Integer> taken = state.takenFrom(reserve.tenant(), reserve.vlans());
        if (!taken.isEmpty() || reserve.vlans().equals(state.vlansOf(reserve.tenant()))) {
            reserve.replyTo().tell(new RegistryCommand.VlanReply(taken));
            return Effect().none();
        }
        return Effect()
                .persist(new Event.VlansReserved(reserve.tenant(), reserve.vlans()))
                .thenRun((State next) -> reserve.replyTo().tell(new RegistryCommand.VlanReply(taken)));
    }

    private Effect<Event, State> persist(Event event, ActorRef<RegistryCommand.Registered> replyTo) {
        return Effect().persist(event).thenRun((State next) -> replyTo.tell(new RegistryCommand.Registered()));
    }

    private Effect<Event, State> answer(ActorRef<RegistryCommand.Registered> replyTo) {
        replyTo.tell(new RegistryCommand.Registered());
        return Effect().none();
    }
}
