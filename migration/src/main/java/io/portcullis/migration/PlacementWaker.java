package io.portcullis.migration;

import io.portcullis.persistence.MigrationLog;
import io.portcullis.policy.VmId;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.RecipientRef;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.jspecify.annotations.Nullable;

/**
 * Looks at intervals for migrations that have not ended, and wakes their placements: one whose node died does nothing before
 * the next message. It also forgets what has ended long ago. One for the cluster.
 */
final class PlacementWaker {
    /** Placements that are woken at one look; those of more migrations come with the next ones, as these end. */
    static final int MOST_WOKEN = 10_000;

    sealed interface Command {}

    private record Look() implements Command {}

    private record Forget() implements Command {}

    private record Forgotten(int migrations, @Nullable Throwable failure) implements Command {}

    private record Found(List<VmId> vms) implements Command {}

    private PlacementWaker() {}

    static Behavior<Command> create(
            MigrationLog log,
            Function<VmId, RecipientRef<PlacementCommand>> placements,
            Duration interval,
            MigrationSettings.Retention retention,
            Clock clock) {
        return Behaviors.setup(context -> Behaviors.withTimers(timers -> {
            ActorRef<PlacementReply> ignored = context.getSystem().ignoreRef();
            timers.startTimerWithFixedDelay(new Look(), Duration.ZERO, interval);
            timers.startTimerWithFixedDelay(new Forget(), retention.interval());
            return Behaviors.receiveMessage(message -> {
                switch (message) {
                    case Look look ->
                        context.pipeToSelf(
                                log.underWay(MOST_WOKEN),
                                (vms, failure) -> new Found(failure == null ? vms : List.of()));
                    case Forget forget ->
                        context.pipeToSelf(
                                log.prune(clock.instant().minus(retention.age()), retention.receipts()),
                                (rows, failure) -> new Forgotten(failure == null ? rows : 0, failure));
                    case Forgotten(int migrations, Throwable failure) -> {
                        if (failure != null) {
                            context.getLog()
                                    .warn("old migrations are not forgotten, trying again: {}", failure.toString());
                        } else if (migrations > 0) {
                            context.getLog().info("forgot {} migrations that ended long ago", migrations);
                        }
                    }
                    case Found found ->
                        found.vms()
                                .forEach(vm -> placements.apply(vm).tell(new PlacementCommand.GetPlacement(ignored)));
                }
                return Behaviors.same();
            });
        }));
    }
}
