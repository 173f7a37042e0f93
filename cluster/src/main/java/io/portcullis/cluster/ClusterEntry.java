package io.portcullis.cluster;

import io.portcullis.persistence.ClusterRoll;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.AddressFromURIString;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.JoinSeedNodes;
import org.apache.pekko.cluster.typed.SelfUp;
import org.apache.pekko.cluster.typed.Subscribe;
import org.jspecify.annotations.Nullable;

/**
 * Brings a node into its cluster, and keeps it on the {@link ClusterRoll} while it is in.
 *
 * <p>It asks the seeds and everybody on the roll. Only the first of the seeds may form a cluster, and only if the roll allows it ({@link FormingRule}); without an answer of
 * the database it forms none. With a discovery, {@link NodeDiscovery} does the joining, and only the roll is kept.
 */
final class ClusterEntry extends AbstractBehavior<ClusterEntry.Command> {
    static final String NAME = "cluster-entry";
    static final Duration BEAT_INTERVAL = Duration.ofSeconds(3);

    private static final Duration LOOK_INTERVAL = Duration.ofSeconds(1);
    /** The phase's own limit is above it. */
    private static final Duration STRIKE_LIMIT = Duration.ofSeconds(4);

    /** What it is told, by itself but for {@link Leave}. */
    sealed interface Command {}

    private record Look() implements Command {}

    private record RollRead(@Nullable List<ClusterRoll.Entry> roll) implements Command {}

    private record Entered() implements Command {}

    private record Beat() implements Command {}

    /** The node is not in the cluster any more: strike it off. */
    private record Leave(ActorRef<Done> replyTo) implements Command {}

    private final NodeConfig config;
    private final ClusterRoll roll;
    private final TimerScheduler<Command> timers;
    private final Cluster cluster;
    private final FormingRule forming = new FormingRule();
    /** Until it is in, or leaves. */
    private boolean isAsking = true;
    /** Whom it asks; the own address first if it may form a cluster. */
    private List<String> asked = List.of();

    private CompletionStage<?> lastBeat = CompletableFuture.completedFuture(Done.done());

    private ClusterEntry(
            ActorContext<Command> context, TimerScheduler<Command> timers, NodeConfig config, ClusterRoll roll) {
        super(context);
        this.timers = timers;
        this.config = config;
        this.roll = roll;
        this.cluster = Cluster.get(context.getSystem());
        cluster.subscriptions()
                .tell(Subscribe.create(context.messageAdapter(SelfUp.class, _ -> new Entered()), SelfUp.class));
        strikeAtShutdown(context.getSystem(), context.getSelf());
        if (!config.discovery().enabled()) {
            context.getSelf().tell(new Look());
        }
    }

    static Behavior<Command> create(NodeConfig config, ClusterRoll roll) {
        return Behaviors.setup(
                context -> Behaviors.withTimers(timers -> new ClusterEntry(context, timers, config, roll)));
    }

    private static void strikeAtShutdown(ActorSystem<?> system, ActorRef<Command> self) {
        CoordinatedShutdown.get(system)
                .addTask(
                        CoordinatedShutdown.PhaseClusterShutdown(),
                        "strike-off-the-roll",
                        () -> AskPattern.<Command, Done>ask(self, Leave::new, STRIKE_LIMIT, system.scheduler())
                                .exceptionally(_ -> Done.done()));
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder().onAnyMessage(this::onCommand).build();
    }

    private Behavior<Command> onCommand(Command command) {
        switch (command) {
            case Look _ -> {
                if (isAsking) {
                    getContext().pipeToSelf(roll.list(), (entries, _) -> new RollRead(entries));
                }
            }
            case RollRead read -> {
                if (isAsking) {
                    ask(read.roll());
                    timers.startSingleTimer(new Look(), LOOK_INTERVAL);
                }
            }
            case Entered _ -> {
                isAsking = false;
                timers.startTimerWithFixedDelay(new Beat(), Duration.ZERO, BEAT_INTERVAL);
            }
            case Beat _ -> lastBeat = roll.beat(config.host(), self());
            case Leave leave -> {
                timers.cancelAll();
                isAsking = false;
                lastBeat.handle((_, _) -> Done.done())
                        .thenCompose(_ -> roll.strike(config.host()))
                        .whenComplete((_, _) -> leave.replyTo().tell(Done.done()));
            }
        }
        return this;
    }

    /** @param read null if the database did not answer */
    private void ask(@Nullable List<ClusterRoll.Entry> read) {
        List<ClusterRoll.Entry> others = read == null
                ? List.of()
                : read.stream()
                        .filter(entry -> !entry.host().equals(config.host()))
                        .toList();
        boolean isFirst = config.seeds().getFirst().equals(self());
        boolean mayForm = isFirst && read != null && forming.allows(others, System.nanoTime());
        List<String> whom = whom(others, mayForm);
        if (whom.isEmpty() || whom.equals(asked)) {
            return;
        }
        if (isFirst && !mayForm) {
            getContext().getLog().info("asking {}: no new cluster while there may be one", whom);
        }
        asked = whom;
        cluster.manager()
                .tell(new JoinSeedNodes(whom.stream().map(this::address).toList()));
    }

    private List<String> whom(List<ClusterRoll.Entry> others, boolean mayForm) {
        Set<String> whom = new LinkedHashSet<>(config.seeds());
        others.forEach(entry -> whom.add(entry.address()));
        whom.remove(self());
        List<String> all = new ArrayList<>(whom);
        if (mayForm) {
            all.addFirst(self());
        }
        return all;
    }

    private String self() {
        Address self = cluster.selfMember().address();
        return self.getHost().orElseThrow() + ":" + self.getPort().orElseThrow();
    }

    private Address address(String hostAndPort) {
        return AddressFromURIString.parse(
                cluster.selfMember().address().protocol() + "://" + PortcullisNode.SYSTEM_NAME + "@" + hostAndPort);
    }
}
