package io.portcullis.migration;

import io.portcullis.migration.model.MigrationReceipt;
import io.portcullis.migration.model.Move;
import io.portcullis.migration.model.PlacementState;
import java.util.ArrayDeque;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/**
 * Who watches the migration under way, or awaits its next phase; used by its placement only. At the limit the oldest watcher is dropped, and who has waited
 * longest gets an answer.
 */
final class MigrationWatchers {
    private final ArrayDeque<ActorRef<MigrationUpdate>> watchers = new ArrayDeque<>();
    private final ArrayDeque<PlacementCommand.AwaitMigration> waiting = new ArrayDeque<>();
    private final int limit;
    private final Function<PlacementState, PlacementView> view;

    MigrationWatchers(int limit, Function<PlacementState, PlacementView> view) {
        this.limit = limit;
        this.view = view;
    }

    void await(PlacementState state, PlacementCommand.AwaitMigration await) {
        if (hasCome(state, await)) {
            answer(state, await);
            return;
        }
        if (waiting.size() == limit) {
            answer(state, waiting.removeFirst());
        }
        waiting.addLast(await);
    }

    /** Whether nobody is to be told of anything. */
    boolean areNone() {
        return watchers.isEmpty() && waiting.isEmpty();
    }

    private boolean hasCome(PlacementState state, PlacementCommand.AwaitMigration await) {
        return !state.isMoving(await.id()) || view.apply(state).phasesEntered() > await.phases();
    }

    private void answer(PlacementState state, PlacementCommand.AwaitMigration await) {
        await.replyTo().tell(new PlacementReply.Placement(view.apply(state)));
    }

    void add(PlacementState state, PlacementCommand.WatchMigration watch) {
        MigrationUpdate update = update(state, watch.id());
        watch.replyTo().tell(update == null ? new MigrationUpdate.NotFound(watch.id()) : update);
        if (state.isMoving(watch.id()) && !watchers.contains(watch.replyTo())) {
            if (watchers.size() == limit) {
                watchers.removeFirst();
            }
            watchers.addLast(watch.replyTo());
        }
    }

    void tell(PlacementState before, PlacementState after) {
        Move move = before.move() == null ? after.move() : before.move();
        if (move == null || before.phase() == after.phase()) {
            return;
        }
        answerWaiting(after);
        MigrationUpdate update = update(after, move.id());
        if (update != null) {
            watchers.forEach(watcher -> watcher.tell(update));
        }
        if (after.move() == null) {
            watchers.clear();
        }
    }

    /** Answers those for whom there is news, journaled or not. */
    void answerWaiting(PlacementState state) {
        waiting.removeIf(await -> {
            boolean come = hasCome(state, await);
            if (come) {
                answer(state, await);
            }
            return come;
        });
    }

    private static @Nullable MigrationUpdate update(PlacementState state, String id) {
        MigrationReceipt receipt = state.lastReceipt();
        boolean receiptIsOfIt = receipt != null && receipt.id().equals(id);
        if (state.isMoving(id)) {
            Move move = state.currentMove();
            return new MigrationUpdate.Progress(
                    id, state.vm(), move.from(), move.to(), state.phase(), false, receiptIsOfIt ? receipt : null);
        }
        return receipt != null && receiptIsOfIt
                ? new MigrationUpdate.Progress(
                        id, state.vm(), receipt.from(), receipt.to(), state.phase(), true, receipt)
                : null;
    }
}
