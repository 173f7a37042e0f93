package io.portcullis.vnic.parcel;

import java.util.HashMap;
import java.util.Map;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;

/** Where a node holds parcels and fetches those of others, each with an actor of its own. */
final class ParcelDesk extends AbstractBehavior<ParcelCommand> {
    /** Named in the configuration, so that the pieces have a stream of their own: {@code /system/parcels} and all below. */
    static final String NAME = "parcels";
    /** Messages that are held at a time; one more is refused to whoever comes for it, as if it were lost. */
    static final int MAX_HELD = 10_000;

    private final Map<Long, ActorRef<ParcelCommand.OfParcel>> holders = new HashMap<>();

    static Behavior<ParcelCommand> create() {
        return Behaviors.setup(ParcelDesk::new);
    }

    private ParcelDesk(ActorContext<ParcelCommand> context) {
        super(context);
        context.setLoggerName(ParcelDesk.class);
    }

    @Override
    public Receive<ParcelCommand> createReceive() {
        return newReceiveBuilder()
                .onSignal(org.apache.pekko.actor.typed.Terminated.class, this::onTerminated)
                .onAnyMessage(this::onCommand)
                .build();
    }

    private Behavior<ParcelCommand> onCommand(ParcelCommand command) {
        switch (command) {
            case ParcelCommand.Hold hold -> onHold(hold);
            case ParcelCommand.Fetch fetch ->
                getContext().spawnAnonymous(ParcelReceiver.create(fetch.parcel(), fetch.message()));
            case ParcelCommand.OfParcel about -> onParcel(about);
        }
        return this;
    }

    private void onHold(ParcelCommand.Hold hold) {
        if (holders.size() == MAX_HELD) {
            getContext().getLog().warn("{} messages wait to be fetched: one more was dropped", MAX_HELD);
            return;
        }
        ActorRef<ParcelCommand.OfParcel> holder =
                getContext().spawn(ParcelHolder.create(hold.id(), hold.message()), Long.toString(hold.id()));
        getContext().watch(holder);
        holders.put(hold.id(), holder);
    }

    private void onParcel(ParcelCommand.OfParcel about) {
        ActorRef<ParcelCommand.OfParcel> holder = holders.get(about.id());
        if (holder != null) {
            holder.tell(about);
        } else if (about instanceof ParcelCommand.Take take) {
            take.replyTo().tell(new ParcelPart.Gone("it is not held any more"));
        }
    }

    private Behavior<ParcelCommand> onTerminated(org.apache.pekko.actor.typed.Terminated ended) {
        holders.remove(Long.parseLong(ended.getRef().path().name()));
        return this;
    }
}
