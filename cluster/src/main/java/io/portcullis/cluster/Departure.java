package io.portcullis.cluster;

import io.portcullis.migration.BulkCommand;
import io.portcullis.migration.BulkReply;
import io.portcullis.migration.model.BulkOperation;
import io.portcullis.policy.HostId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.RecipientRef;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.jspecify.annotations.Nullable;

/**
 * What a signal to the process does where {@code portcullis.cluster.at-stop} is {@code leave}: the VMs of the host move away, then the node leaves the
 * cluster and the process ends. Progress stands in the node's log.
 *
 * <pre>
 * STAYING ─ Signalled ─▶ LEAVING ─ no VM is left: the operation lets the node leave
 *                          └ Signalled ─▶ STOPPING: the leave is cancelled, the process stops with what VMs there are
 * </pre>
 */
final class Departure extends AbstractBehavior<Departure.Command> {
    private static final Duration LOOK_INTERVAL = Duration.ofSeconds(1);
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(5);

    /** A cancelled leave is only kinder to the next start: it is not waited for any longer. */
    private static final Duration CANCEL_LIMIT = Duration.ofSeconds(2);

    private static final int MAX_NAMED = 20;

    /** What it understands. */
    sealed interface Command {}

    /** The process got SIGTERM or SIGINT. */
    record Signalled() implements Command {}

    private record Look() implements Command {}

    private record Answered(
            @Nullable BulkReply reply, @Nullable Throwable failure) implements Command {}

    private record Cancelled() implements Command {}

    private final TimerScheduler<Command> timers;
    private final HostId host;
    private final RecipientRef<BulkCommand> operations;
    private final Runnable stop;
    private boolean leaving;
    private boolean stopping;
    private BulkReply.@Nullable Status last;
    private String said = "";

    /**
     * An actor for each node.
     *
     * @param stop begins the stop of the process; called once, returns at once
     */
    static Behavior<Command> create(HostId host, RecipientRef<BulkCommand> operations, Runnable stop) {
        return Behaviors.setup(
                context -> Behaviors.withTimers(timers -> new Departure(context, timers, host, operations, stop)));
    }

    private Departure(
            ActorContext<Command> context,
            TimerScheduler<Command> timers,
            HostId host,
            RecipientRef<BulkCommand> operations,
            Runnable stop) {
        super(context);
        context.setLoggerName(Departure.class);
        this.timers = timers;
        this.host = host;
        this.operations = operations;
        this.stop = stop;
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder().onAnyMessage(this::onCommand).build();
    }

    private Behavior<Command> onCommand(Command command) {
        switch (command) {
            case Signalled _ -> onSignal();
            case Look _ -> ask(replyTo -> new BulkCommand.GetDrain(host, replyTo));
            case Answered answered -> onAnswered(answered);
            case Cancelled _ -> stop.run();
        }
        return this;
    }

    private void onSignal() {
        if (stopping) {
            return;
        }
        if (leaving) {
            stopNow();
            return;
        }
        leaving = true;
        getContext()
                .getLog()
                .info(
                        "told to stop: the VMs of {} move away first, then it leaves; a second signal stops it at once",
                        host);
        begin();
        timers.startTimerWithFixedDelay(new Look(), LOOK_INTERVAL);
    }

    private void begin() {
        ask(replyTo -> new BulkCommand.Empty(
                BulkOperation.Kind.LEAVE, host, BulkCommand.Wishes.NONE, "signal to " + host, replyTo));
    }

    private void ask(org.apache.pekko.japi.function.Function<ActorRef<BulkReply>, BulkCommand> command) {
        getContext().ask(BulkReply.class, operations, ANSWER_LIMIT, command, Answered::new);
    }

    private void onAnswered(Answered answered) {
        if (stopping) {
            return;
        }
        switch (answered.reply()) {
            case BulkReply.Status status -> {
                last = status;
                boolean isOther =
                        status.kind() != BulkOperation.Kind.LEAVE || status.phase() == BulkOperation.Phase.CANCELLED;
                say(
                        isOther
                                ? "it is not leaving any more (" + status.id() + "); a second signal stops it"
                                : progress(status));
            }
            case BulkReply.Refused refused -> {
                say("cannot leave: " + refused.message() + "; trying again, a second signal stops it at once");
                begin();
            }
            case null ->
                say("nobody in the cluster answers (" + answered.failure() + "); a second signal stops it at once");
            case BulkReply.NoOperation _ -> begin();
            case BulkReply.Operations _, BulkReply.Planned _ ->
                throw new IllegalStateException("unexpected answer " + answered.reply());
        }
    }

    /** How far it is, for people. */
    static String progress(BulkReply.Status status) {
        Long eta = status.etaMillis();
        return status.moved() + " of " + status.total() + " VMs moved, "
                + status.moving().size() + " moving, " + status.waiting() + " waiting"
                + (eta == null ? "" : ", some " + eta / 1_000 + " s left")
                + (status.failed().isEmpty()
                        ? ""
                        : "; no host for " + status.failed() + ", it does not leave without them");
    }

    private void say(String text) {
        if (!Objects.equals(said, text)) {
            said = text;
            getContext().getLog().info("{} leaves: {}", host, text);
        }
    }

    private void stopNow() {
        stopping = true;
        timers.cancelAll();
        getContext().getLog().warn("{} stops at once: {}", host, lost(last));
        getContext()
                .ask(
                        BulkReply.class,
                        operations,
                        CANCEL_LIMIT,
                        replyTo -> new BulkCommand.StopDrain(host, "second signal to " + host, replyTo),
                        (reply, failure) -> new Cancelled());
    }

    /** What a stop costs now, for people. */
    static String lost(BulkReply.@Nullable Status status) {
        if (status == null) {
            return "nobody knows how many VMs are still here";
        }
        int left = status.total() - status.moved();
        if (left == 0) {
            return "no VM is left here, nothing is lost";
        }
        List<String> named = new ArrayList<>();
        status.moving().forEach(vm -> named.add(vm.toString()));
        named.addAll(status.failed().keySet());
        String names = named.isEmpty()
                ? ""
                : " (" + String.join(", ", named.stream().limit(MAX_NAMED).toList())
                        + (named.size() < left ? " and others" : "") + ")";
        return left + " of " + status.total() + " VMs are still here" + names
                + ": nothing of theirs passes until this host is started again, with the connections of its last"
                + " checkpoint, or until they are attached elsewhere, without connections";
    }
}
