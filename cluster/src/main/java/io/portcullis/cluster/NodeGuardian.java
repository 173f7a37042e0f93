package io.portcullis.cluster;

import io.portcullis.admin.AdminServer;
import io.portcullis.admin.AdminTls;
import io.portcullis.datapath.runtime.DataPath;
import io.portcullis.persistence.Checkpoints;
import io.portcullis.persistence.Database;
import io.portcullis.persistence.JdbcClusterRoll;
import io.portcullis.vnic.HostDirectory;
import io.portcullis.vnic.RuleLogWriter;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.SelfUp;
import org.apache.pekko.cluster.typed.Subscribe;
import org.jspecify.annotations.Nullable;

/**
 * First actor of a node: waits until the node is Up, makes sure that no other living node calls itself the same host, then
 * starts everything else.
 *
 * <pre>
 * JOINING ──SelfUp──▶ CHECKING ──no other node of this host──▶ RUNNING
 *                        │ ▲
 *                        └─┘ the other one is unreachable: wait for its removal
 *                        └──the other one lives──▶ failed
 * </pre>
 */
final class NodeGuardian extends AbstractBehavior<NodeGuardian.Command> {
    /** What the guardian tells itself. */
    sealed interface Command {}

    private record Joined(SelfUp event) implements Command {}

    private record CheckAgain() implements Command {}

    private record StillJoining() implements Command {}

    private record AdminStarted(
            @Nullable AdminServer server, @Nullable Throwable failure) implements Command {}

    /** How an actor system ended. */
    sealed interface Outcome {
        /** By SIGTERM, or it has left the cluster. */
        record Stopped() implements Outcome {}

        /** The cluster took it out; a new one may join. */
        record Downed() implements Outcome {}

        /** Nobody answered it; the message says who was asked. */
        record NotJoined(String message) implements Outcome {}

        /** It cannot run here. */
        record Failed(String message) implements Outcome {}
    }

    /** Where the guardian leaves why it gave up. */
    static final class Result {
        private volatile @Nullable String failure;

        void fail(String message) {
            failure = message;
        }

        Outcome outcome(CoordinatedShutdown.Reason reason, NodeConfig config) {
            String message = failure;
            if (message != null) {
                return new Outcome.Failed(message);
            }
            return switch (reason.getClass().getSimpleName()) {
                case "ClusterDowningReason$" -> new Outcome.Downed();
                case "ClusterJoinUnsuccessfulReason$" ->
                    new Outcome.NotJoined("no node of the cluster answered at " + String.join(", ", config.seeds())
                            + "; start one of them, or correct portcullis.cluster.seeds (--seeds)");
                case "IncompatibleConfigurationDetectedReason$" ->
                    new Outcome.Failed(
                            "the cluster speaks another version of the protocol than this node, which speaks "
                                    + config.system().getString(ProtocolVersionChecker.KEY)
                                    + "; run the same release on all nodes, while they are upgraded releases whose"
                                    + " minor versions follow one another (" + ProtocolVersionChecker.KEY
                                    + "). The log of the node at " + String.join(", ", config.seeds())
                                    + " says which version it speaks");
                default -> new Outcome.Stopped();
            };
        }
    }

    private static final Duration CHECK_INTERVAL = Duration.ofMillis(500);
    private static final Duration JOIN_REPORT_INTERVAL = Duration.ofSeconds(10);

    private final NodeConfig config;
    private final AdminTls tls;
    private final Database database;
    private final DataPath dataPath;
    private final Checkpoints checkpoints;
    private final Result result;
    private final TimerScheduler<Command> timers;

    private NodeGuardian(
            ActorContext<Command> context,
            TimerScheduler<Command> timers,
            NodeConfig config,
            AdminTls tls,
            Database database,
            DataPath dataPath,
            Checkpoints checkpoints,
            Result result) {
        super(context);
        context.setLoggerName(NodeGuardian.class);
        this.config = config;
        this.tls = tls;
        this.database = database;
        this.dataPath = dataPath;
        this.checkpoints = checkpoints;
        this.result = result;
        this.timers = timers;
    }

    static Behavior<Command> create(
            NodeConfig config, AdminTls tls, DataPath dataPath, Checkpoints checkpoints, Result result) {
        return Behaviors.setup(context -> Behaviors.withTimers(timers -> {
            RemotingEnd.start(context.getSystem());
            Cluster.get(context.getSystem())
                    .subscriptions()
                    .tell(Subscribe.create(context.messageAdapter(SelfUp.class, Joined::new), SelfUp.class));
            context.spawn(MembershipLog.create(), "membership-log");
            context.spawn(RuleLogWriter.create(dataPath), "rule-log");
            Database database;
            try {
                database = NodeActors.openDatabase(context.getSystem(), config);
            } catch (NodeStartException e) {
                result.fail(String.valueOf(e.getMessage()));
                return Behaviors.stopped();
            }
            context.spawn(ClusterEntry.create(config, new JdbcClusterRoll(database)), ClusterEntry.NAME);
            timers.startTimerWithFixedDelay(new StillJoining(), JOIN_REPORT_INTERVAL);
            return new NodeGuardian(context, timers, config, tls, database, dataPath, checkpoints, result);
        }));
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder().onAnyMessage(this::onCommand).build();
    }

    private Behavior<Command> onCommand(Command command) {
        switch (command) {
            case Joined _ -> {
                timers.cancel(new StillJoining());
                check();
            }
            case StillJoining _ ->
                getContext()
                        .getLog()
                        .info(
                                "not in a cluster yet; asking {}",
                                config.discovery().enabled() ? config.discovery() : config.seeds());
            case CheckAgain _ -> check();
            case AdminStarted started -> onAdminStarted(started);
        }
        return this;
    }

    private void check() {
        Optional<Member> other = otherNodeOfThisHost();
        if (other.isEmpty()) {
            startActors();
        } else if (Cluster.get(getContext().getSystem())
                .state()
                .getUnreachable()
                .contains(other.get())) {
            getContext()
                    .getLog()
                    .info(
                            "waiting until {} is removed, which was host {} before",
                            other.get().address().hostPort(),
                            config.host());
            timers.startSingleTimer(new CheckAgain(), CHECK_INTERVAL);
        } else {
            giveUp("host " + config.host() + " is in the cluster already, at "
                    + other.get().address().hostPort() + "; give this node another portcullis.host");
        }
    }

    private Optional<Member> otherNodeOfThisHost() {
        Cluster cluster = Cluster.get(getContext().getSystem());
        String role = HostDirectory.HOST_ID_ROLE_PREFIX + config.host();
        for (Member member : cluster.state().getMembers()) {
            boolean isPresent = !member.status().equals(MemberStatus.removed())
                    && !member.status().equals(MemberStatus.down());
            if (isPresent
                    && member.hasRole(role)
                    && !member.uniqueAddress().equals(cluster.selfMember().uniqueAddress())
                    && member.isOlderThan(cluster.selfMember())) {
                return Optional.of(member);
            }
        }
        return Optional.empty();
    }

    private void startActors() {
        getContext()
                .pipeToSelf(
                        NodeActors.start(
                                getContext().getSystem(),
                                config,
                                tls,
                                database,
                                dataPath,
                                checkpoints,
                                getContext()::spawn),
                        AdminStarted::new);
    }

    private void onAdminStarted(AdminStarted started) {
        if (started.server() != null) {
            getContext().getLog().info("ready, API at {}", started.server().uri());
        } else {
            Throwable failure = started.failure();
            Throwable cause =
                    failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
            giveUp(cause == null ? "the admin endpoint did not start" : String.valueOf(cause.getMessage()));
        }
    }

    private void giveUp(@Nullable String message) {
        result.fail(String.valueOf(message));
        CoordinatedShutdown.get(getContext().getSystem()).runAll(CoordinatedShutdown.unknownReason());
    }
}
