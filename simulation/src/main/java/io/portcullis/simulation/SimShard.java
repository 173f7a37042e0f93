package io.portcullis.simulation;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.apache.pekko.actor.ActorRefProvider;
import org.apache.pekko.actor.PoisonPill;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.internal.InternalRecipientRef;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.jspecify.annotations.Nullable;

/** The entities of one kind on one node, as sharding keeps them: each is started by its first message, and may ask to be stopped until the next. */
final class SimShard<M> extends AbstractBehavior<SimShard.Command> {
    sealed interface Command {}

    /** For an entity, whether it runs or not. */
    record ToEntity(String id, Object message) implements Command {}

    private record Passivate(ActorRef<?> entity) implements Command {}

    private record Ended(String id) implements Command {}

    /** Finds an entity, wherever it is. */
    record Ref<M>(Supplier<ActorRef<Command>> shard, String id, ActorRefProvider provider)
            implements InternalRecipientRef<M> {
        @Override
        public void tell(M message) {
            shard.get().tell(new ToEntity(id, message));
        }

        @Override
        public boolean isTerminated() {
            return false;
        }

        @Override
        public String refPrefix() {
            return "entity";
        }
    }

    private static final class Slot<M> {
        private final ActorRef<M> entity;
        /** What came since it was told to stop; null if it was not. */
        private @Nullable List<M> waiting;

        Slot(ActorRef<M> entity) {
            this.entity = entity;
        }
    }

    private final BiFunction<String, ActorRef<ClusterSharding.ShardCommand>, Behavior<M>> entities;
    /** Null where they stop like any actor. */
    private final @Nullable M stop;

    private final ActorRef<ClusterSharding.ShardCommand> asShard;
    private final Map<String, Slot<M>> slots = new HashMap<>();

    /** Of entities that stop like any actor, when they have done what came before. */
    static <M> Behavior<Command> create(
            BiFunction<String, ActorRef<ClusterSharding.ShardCommand>, Behavior<M>> entities) {
        return Behaviors.setup(context -> new SimShard<>(context, entities, null));
    }

    /** @param stop what tells an entity to stop */
    static <M> Behavior<Command> create(
            BiFunction<String, ActorRef<ClusterSharding.ShardCommand>, Behavior<M>> entities, M stop) {
        return Behaviors.setup(context -> new SimShard<>(context, entities, stop));
    }

    private SimShard(
            ActorContext<Command> context,
            BiFunction<String, ActorRef<ClusterSharding.ShardCommand>, Behavior<M>> entities,
            @Nullable M stop) {
        super(context);
        this.entities = entities;
        this.stop = stop;
        this.asShard = context.messageAdapter(ClusterSharding.ShardCommand.class, command -> switch (command) {
            case ClusterSharding.Passivate<?> passivate -> new Passivate(passivate.entity());
            default -> throw new IllegalArgumentException("not simulated: " + command);
        });
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder().onAnyMessage(this::onCommand).build();
    }

    private Behavior<Command> onCommand(Command command) {
        switch (command) {
            case ToEntity(String id, Object message) -> tell(id, message);
            case Passivate(ActorRef<?> entity) -> {
                Slot<M> slot = slots.get(id(entity));
                if (slot != null && slot.entity.equals(entity) && slot.waiting == null) {
                    slot.waiting = new ArrayList<>();
                    if (stop == null) {
                        Adapter.toClassic(slot.entity)
                                .tell(PoisonPill.getInstance(), org.apache.pekko.actor.ActorRef.noSender());
                    } else {
                        slot.entity.tell(stop);
                    }
                }
            }
            case Ended(String id) -> {
                Slot<M> slot = slots.remove(id);
                if (slot != null && slot.waiting != null) {
                    slot.waiting.forEach(message -> tell(id, message));
                }
            }
        }
        return this;
    }

    @SuppressWarnings("unchecked") // references to this kind of entity take no other messages
    private void tell(String id, Object message) {
        Slot<M> slot = slots.computeIfAbsent(id, this::start);
        if (slot.waiting == null) {
            slot.entity.tell((M) message);
        } else {
            slot.waiting.add((M) message);
        }
    }

    private Slot<M> start(String id) {
        ActorRef<M> entity = getContext().spawn(entities.apply(id, asShard), name(id));
        getContext().watchWith(entity, new Ended(id));
        return new Slot<>(entity);
    }

    private static String name(String id) {
        return id.replace('/', '.');
    }

    /** Ids are made of names without dots. */
    private static String id(ActorRef<?> entity) {
        return entity.path().name().replace('.', '/');
    }
}
