package io.portcullis.datapath.engine;

import io.portcullis.datapath.packet.PacketView;
import io.portcullis.datapath.track.ConnectionInfo;
import io.portcullis.datapath.track.ConnectionTable;
import io.portcullis.datapath.track.ConnectionTracker;
import io.portcullis.datapath.track.TableWalk;
import io.portcullis.policy.evaluate.FirstPacket.Datagram;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Finds the connections of a flow: at once if its source port is known, else by a look at all. */
public final class FlowSearch implements Survey {
    private final FlowQuery query;
    private final ConnectionTracker tracker;
    private final ConnectionTable table;
    private final PacketView wanted;
    private final PacketView found = new PacketView();
    private final TableWalk walk;
    private final @Nullable FlowVerdict verdict;
    private final List<ConnectionInfo> connections = new ArrayList<>();
    private int matching;

    FlowSearch(FlowQuery query, @Nullable PolicyInForce inForce, ConnectionTracker tracker) {
        this.query = query;
        this.tracker = tracker;
        table = tracker.table();
        Datagram datagram = Objects.requireNonNull(query.packet().datagram());
        wanted = FirstPacketJudge.view(query.packet(), datagram);
        walk = new TableWalk(table);
        verdict = inForce == null
                ? null
                : FirstPacketJudge.judge(inForce, wanted, datagram.beginning(), query.direction());
        tracker.readBackOffloaded();
    }

    @Override
    public boolean step(int maxSlots, long nowNanos) {
        if (query.anySource()) {
            return walk.step(maxSlots, nowNanos, slot -> {
                if (isOfFlow(slot)) {
                    add(slot, nowNanos);
                }
            });
        }
        int slot = tracker.peek(wanted, nowNanos);
        if (slot != ConnectionTable.NONE) {
            add(slot, nowNanos);
        }
        return true;
    }

    private boolean isOfFlow(int slot) {
        table.originalTuple(slot, found);
        return found.protocol == wanted.protocol
                && found.family == wanted.family
                && found.sourceHigh == wanted.sourceHigh
                && found.sourceLow == wanted.sourceLow
                && found.destinationHigh == wanted.destinationHigh
                && found.destinationLow == wanted.destinationLow
                && (wanted.isIcmp()
                        ? found.icmpType == wanted.icmpType && found.icmpCode == wanted.icmpCode
                        : found.destinationPort == wanted.destinationPort);
    }

    private void add(int slot, long nowNanos) {
        matching++;
        if (connections.size() < query.limit()) {
            connections.add(table.info(slot, nowNanos));
        }
    }

    /** What the rules in force said when the search began; null if there were none. */
    public @Nullable FlowVerdict verdict() {
        return verdict;
    }

    public int matching() {
        return matching;
    }

    public List<ConnectionInfo> connections() {
        return connections;
    }
}
