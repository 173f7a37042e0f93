package io.portcullis.datapath.track;

import java.util.function.IntConsumer;

/**
 * Goes through a table a few slots at a time, while connections come and go between the steps: one that is there from the begin to the
 * end is met exactly once. One thread, that of the table.
 */
public final class TableWalk {
    private final ConnectionTable table;
    private int slot;

    public TableWalk(ConnectionTable table) {
        this.table = table;
    }

    /**
     * Looks at the next slots.
     *
     * @param visitor gets the slots of connections whose time is not over; must not remove any
     * @return whether that was the rest
     */
    public boolean step(int maxSlots, long nowNanos, IntConsumer visitor) {
        int end = Math.min(table.slotCount(), slot + maxSlots);
        while (slot < end) {
            int visited = slot++;
            if (table.isLive(visited, nowNanos)) {
                visitor.accept(visited);
            }
        }
        return slot >= table.slotCount();
    }
}
