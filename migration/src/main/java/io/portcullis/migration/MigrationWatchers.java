package io.portcullis.migration;

import io.portcullis.migration.model.MigrationReceipt;
import io.portcullis.migration.model.Move;
import io.portcullis.migration.model.PlacementState;
import java.util.ArrayDeque;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/** Who watches the migration under way; used by its placement only. At the limit the oldest watcher is dropped. */
final class MigrationWatchers {
    private final ArrayDeque<ActorRef<MigrationUpdate>> watchers = new ArrayDeque<>();
    private final int limit;

    MigrationWatchers(int limit) {
        this.limit = limit;
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
        MigrationUpdate update = update(after, move.id());
        if (update != null) {
            watchers.forEach(watcher -> watcher.tell(update));
        }
        if (after.move() == null) {
            watchers.clear();
        }
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
