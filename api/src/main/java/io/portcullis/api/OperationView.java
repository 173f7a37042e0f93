package io.portcullis.api;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Many VMs that are moved as one thing.
 *
 * @param kind {@code DRAIN}, {@code LEAVE}, {@code EVACUATE} or {@code REBALANCE}
 * @param host that is emptied; null for a rebalance
 * @param to the only hosts that VMs may go to; empty for all others
 * @param state {@code RUNNING}, {@code PAUSED}, {@code LEAVING}, {@code DONE}, {@code INCOMPLETE} or {@code CANCELLED}
 * @param parallel migrations at the same time
 * @param started ISO 8601, UTC
 * @param ended the same; null while it is not over
 * @param total VMs that belong to it
 * @param moved of those, now elsewhere
 * @param moving of those, under way
 * @param waiting of those, not yet begun
 * @param failed VMs that could not be moved, and why; the first 1,000, in lists the first 10
 * @param etaMillis until all will have moved, as far as those before tell
 * @param moves the first 1,000 VMs; empty in lists
 * @param heldBack why VMs wait, and how many for each reason: {@code PARALLEL}, {@code CLUSTER}, {@code HOST}, {@code MEMORY}, {@code SILENCE}, {@code ROOM}
 * @param bytesPerSecond that all its migrations together may send ahead of their cuts; null if only hosts have limits
 * @param bytesPerSecondUsed that they have sent within the last seconds, as far as their hosts say; null if nothing is known
 */
public record OperationView(
        String id,
        String kind,
        @Nullable String host,
        List<String> to,
        String state,
        int parallel,
        String priority,
        String by,
        String started,
        @Nullable String ended,
        int total,
        int moved,
        List<String> moving,
        int waiting,
        Map<String, String> failed,
        @Nullable Long etaMillis,
        List<OperationMove> moves,
        Map<String, Integer> heldBack,
        @Nullable Long bytesPerSecond,
        @Nullable Long bytesPerSecondUsed) {
    public OperationView {
        // a node of an older build does not say
        heldBack = heldBack == null ? Map.of() : Map.copyOf(heldBack);
    }

    /** Whether nothing more happens by itself. */
    public boolean settled() {
        return !state.equals("RUNNING") && !state.equals("LEAVING");
    }
}
