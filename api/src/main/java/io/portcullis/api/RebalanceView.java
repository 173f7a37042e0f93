package io.portcullis.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A plan that evens out what hosts carry.
 *
 * @param moves in their order
 * @param operation that makes them; null for a dry run, or if there is nothing to move
 */
public record RebalanceView(
        List<Move> moves, List<Host> hosts, @Nullable OperationView operation) {
    /** A VM that is to move, and what it weighs. */
    public record Move(String vm, String from, String to, long connections, long packetsPerSecond) {}

    /** What a host carries now, and after all moves. */
    public record Host(String host, Carried before, Carried after) {}

    public record Carried(int vms, long vnics, long connections, long packetsPerSecond) {}
}
