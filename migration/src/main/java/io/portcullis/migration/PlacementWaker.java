package io.portcullis.migration;

import io.portcullis.persistence.MigrationLog;
import io.portcullis.persistence.MigrationRow;
import io.portcullis.policy.VmId;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.RecipientRef;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * Looks at intervals for migrations that have not ended, and wakes their placements: one whose node died does nothing before
 * the next message. One for the cluster.
 */
final class PlacementWaker {
    private static final int NEWEST_LOOKED_AT = 10_000;

    sealed interface Command {}

    private record Look() implements Command {}

    private record Found(List<VmId> vms) implements Command {}

    private PlacementWaker() {}

    static Behavior<Command> create(
            MigrationLog log, Function<VmId, RecipientRef<PlacementCommand>> placements, Duration interval) {
        return Behaviors.setup(context -> Behaviors.withTimers(timers -> {
            ActorRef<PlacementReply> ignored = context.getSystem().ignoreRef();
            timers.startTimerWithFixedDelay(new Look(), Duration.ZERO, interval);
            return Behaviors.receiveMessage(message -> {
                switch (message) {
                    case Look look ->
                        context.pipeToSelf(
                                log.list(null, NEWEST_LOOKED_AT),
                                (rows, failure) -> new Found(failure == null ? unfinished(rows) : List.of()));
                    case Found found ->
                        found.vms()
                                .forEach(vm -> placements.apply(vm).tell(new PlacementCommand.GetPlacement(ignored)));
                }
                return Behaviors.same();
            });
        }));
    }

    private static List<VmId> unfinished(List<MigrationRow> rows) {
        return rows.stream()
                .filter(row -> row.ended() == null)
                .map(MigrationRow::vm)
                .distinct()
                .toList();
    }
}
