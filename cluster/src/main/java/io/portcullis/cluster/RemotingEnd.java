package io.portcullis.cluster;

import java.time.Duration;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.Terminated;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.io.TcpMessage;

/**
 * Aborts the TCP connections of an actor system that ends, when it has not ended soon after its guardian: Artery waits without a limit until its
 * streams have ended, and one over TLS may stay until the peer closes its connection, which a peer that lives does not.
 *
 * <p>Artery ends a stream to a peer by failing it ({@code ArteryTransport.internalShutdown}), and aborts its connection by that. The inbound control stream fails
 * at the same time, and tells the outbound ones, that wait for acknowledgements from it, that they are complete
 * ({@code InboundControlJunction.postStop}, {@code SystemMessageDelivery.controlSubjectCompleted}). Where that comes first, a stream completes instead of failing, and
 * {@code TLSActor} ignores that as Artery tells it to ({@code IgnoreComplete} in {@code ArteryTcpTransport}): the connection stays open in both directions. So it was in
 * the heap of a node that did not end, and so it was with five of 28 that left one after the other. Pekko 1.7.0, the newest release, has no setting for it; its main branch continues after ten
 * seconds (apache/pekko#3317), but does not close the connection. To be removed with a release that ends by itself.
 *
 * <pre>
 * WATCHING ──the guardian has stopped──▶ WAITING ──the flush and a second later──▶ ABORTING, again and again until it is stopped with the system
 * </pre>
 */
final class RemotingEnd {
    /** Beyond the time that Artery itself takes to flush what it was told to send. */
    private static final Duration GRACE = Duration.ofSeconds(1);

    private static final Duration INTERVAL = Duration.ofMillis(500);

    private static final String NAME = "remoting-end";

    /** Where Pekko has its connections; a listener, which is there too, takes no notice. */
    private static final String CONNECTIONS = "/system/IO-TCP/selectors/*/*";

    private record Abort() {}

    private RemotingEnd() {}

    /** Call it once, from the guardian of the system, which lives then. */
    static void start(ActorSystem<?> system) {
        system.systemActorOf(create(), NAME, Props.empty());
    }

    private static Behavior<Abort> create() {
        return Behaviors.setup(context -> Behaviors.withTimers(timers -> {
            context.setLoggerName(RemotingEnd.class);
            context.watch(context.getSystem());
            return Behaviors.receive(Abort.class)
                    .onSignal(Terminated.class, _ -> onGuardianStopped(context, timers))
                    .onMessage(Abort.class, _ -> abort(context))
                    .build();
        }));
    }

    private static Behavior<Abort> onGuardianStopped(ActorContext<Abort> context, TimerScheduler<Abort> timers) {
        Duration flush = context.getSystem()
                .settings()
                .config()
                .getDuration("pekko.remote.artery.advanced.shutdown-flush-timeout");
        timers.startTimerWithFixedDelay(new Abort(), flush.plus(GRACE), INTERVAL);
        return Behaviors.same();
    }

    private static Behavior<Abort> abort(ActorContext<Abort> context) {
        context.getLog().info("the connections to other nodes did not end with the actors; they are aborted");
        Adapter.toClassic(context.getSystem())
                .actorSelection(CONNECTIONS)
                .tell(TcpMessage.abort(), ActorRef.noSender());
        return Behaviors.same();
    }
}
