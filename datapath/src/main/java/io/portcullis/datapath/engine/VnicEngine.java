package io.portcullis.datapath.engine;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.classify.LinearClassifier;
import io.portcullis.datapath.packet.PacketParser;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.datapath.packet.ParseResult;
import io.portcullis.datapath.port.Burst;
import io.portcullis.datapath.runtime.DataPathException;
import io.portcullis.datapath.track.ConnectionInfo;
import io.portcullis.datapath.track.TableSnapshot;
import io.portcullis.policy.table.RuleTable;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The firewall of one vNIC. One thread at a time (the loop that owns the vNIC); {@link #process} neither allocates nor
 * throws for any content of a frame.
 */
public final class VnicEngine implements AutoCloseable {
    private final VnicIdentity identity;
    private final PacketView packet = new PacketView();
    private @Nullable RuleTable table;
    private @Nullable LinearClassifier classifier;
    private long revision;

    /** @param maxConnections hard limit of the connection table */
    public VnicEngine(VnicIdentity identity, int maxConnections) {
        this.identity = identity;
    }

    public VnicIdentity identity() {
        return identity;
    }

    /**
     * Puts a rule table in force from the next packet on. A revision below the one in force changes nothing; live
     * connections are judged again when their next packet comes.
     *
     * @return whether the table is in force now
     */
    public boolean install(long newRevision, RuleTable newTable, long nowNanos) {
        if (newRevision < revision) {
            return false;
        }
        revision = newRevision;
        table = newTable;
        classifier = new LinearClassifier(newTable);
        return true;
    }

    /**
     * Decides about the frames {@code from} (inclusive) to {@code to} (exclusive) of a burst, in order.
     *
     * @param verdicts receives one verdict at each frame's index in the burst
     * @param repliesToVm gets complete, untagged frames for the VM (answers to what it sent)
     * @param repliesToNetwork gets complete, untagged frames for the network
     */
    public void process(
            Burst burst,
            int from,
            int to,
            Direction direction,
            long nowNanos,
            Verdict[] verdicts,
            Burst repliesToVm,
            Burst repliesToNetwork) {
        for (int i = from; i < to; i++) {
            ParseResult parsed = PacketParser.parse(burst.memory(), burst.offset(i), burst.length(i), packet);
            verdicts[i] = parsed != ParseResult.OK || classifier == null ? Verdict.DROP : Verdict.ALLOW;
        }
    }

    /** Removes connections whose time is over; call it every second or so, it does a bounded piece of work. */
    public void expire(long nowNanos) {}

    /** A copy of the connection table. */
    public TableSnapshot exportTable(long nowNanos) {
        return new TableSnapshot(List.of(), 0, 0);
    }

    /**
     * Replaces the connection table by a snapshot's connections; changes nothing when it throws.
     *
     * @throws DataPathException with BAD_SNAPSHOT or CAPACITY
     */
    public void importTable(TableSnapshot snapshot, long nowNanos) {}

    public int connectionCount() {
        return 0;
    }

    /** At most {@code limit} connections, in no order. */
    public List<ConnectionInfo> connections(int limit, long nowNanos) {
        return List.of();
    }

    /** A copy of all counters that are not zero, and of {@code allowed.in} and {@code allowed.out}, by name. */
    public Map<String, Long> counters() {
        return Map.of();
    }

    /** Connections admitted and packets refused per rule of the table in force, by rule id (0: the default). */
    public Map<Long, Long> ruleHits() {
        return Map.of();
    }

    /** Of the table in force, 0 for none. */
    public long revision() {
        return revision;
    }

    /** Of the table in force, empty for none. */
    public String rulesHash() {
        return table == null ? "" : table.hash();
    }

    /** Frees the connection table's memory; no other call is allowed afterwards. */
    @Override
    public void close() {}
}
