package io.portcullis.datapath.engine;

import io.portcullis.datapath.guard.ConnectionLimiter;
import io.portcullis.datapath.track.ConnectionTable;
import io.portcullis.datapath.track.TableWalk;

/**
 * Tells the limiter which connections of a table that came from another host still wait for their other end, so that they count against
 * its budgets here as they did there.
 */
final class WaitingSurvey implements Survey {
    private final ConnectionTable table;
    private final ConnectionLimiter limiter;
    private final TableWalk walk;
    private final long importedNanos;

    WaitingSurvey(ConnectionTable table, ConnectionLimiter limiter, long importedNanos) {
        this.table = table;
        this.limiter = limiter;
        this.importedNanos = importedNanos;
        walk = new TableWalk(table);
    }

    @Override
    public boolean step(int maxSlots, long nowNanos) {
        return walk.step(maxSlots, nowNanos, slot -> {
            long openedNanos = nowNanos - table.ageNanos(slot, nowNanos);
            // one that was opened here is known
            if (openedNanos < importedNanos) {
                limiter.adopted(table, slot, openedNanos);
            }
        });
    }
}
