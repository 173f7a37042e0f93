package io.portcullis.datapath.runtime;

import io.portcullis.datapath.engine.EngineScratch;
import io.portcullis.datapath.engine.VnicEngine;
import io.portcullis.datapath.engine.VnicIdentity;
import io.portcullis.datapath.port.VmPort;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.VnicId;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An attached vNIC: its port, its firewall, and what the loop does with its frames. Owned by one loop. */
// Ordinals index the counters of this process; they are neither stored nor sent.
@SuppressWarnings("EnumOrdinal")
final class Vnic {
    /** What happens to a frame from the network for this vNIC. */
    enum Ingress {
        /** Another host enforces. */
        ABSENT,
        /** Kept in order until the connection table is here. */
        HOLD,
        /** The engine decides. */
        DECIDE,
        /** The table has left: sent after it through the tunnel. */
        FORWARD
    }

    private static final VnicCounter[] COUNTERS = VnicCounter.values();
    private static final long[] NOTHING_COUNTED = {};

    final VmPort port;
    final VnicEngine engine;
    private final int vlan;
    private final String portName;
    private final DataPathSettings.Limits limits;
    /** Null before the first frame that waits. */
    private @Nullable HoldBuffer hold;
    /** Present while this host is the source of a cut-over. */
    @Nullable
    CutoverSource source;
    /** Present while this host is, or lately was, the destination of a cut-over. */
    @Nullable
    CutoverDestination destination;

    /** Present while its table is being exported. */
    @Nullable
    OutgoingTable outgoing;
    /** Of its table, for the disk; null before the first. */
    private @Nullable TableCopies copies;
    /** Present while another host's table is being taken in. */
    @Nullable
    IncomingTable incoming;

    /** Frames were sent to the port since its last flush. */
    boolean needsFlush;
    /** Whether the poller waits for the port. */
    boolean interested;
    /** The port is left alone after a failure, so that a broken one does not burn a core. */
    boolean pausing;

    long pausedUntilNanos;

    /** The place among {@link VnicChanges}, whose these are. */
    long changedAt;

    @Nullable
    Vnic changedBefore;

    @Nullable
    Vnic changedAfter;

    boolean isAging;
    /** Something may be read of the port; kept by {@link PortReads}, as is the next. */
    boolean isReady;
    /** What the loop waits for may be something else than before. */
    boolean isUnsettled;
    /** The epoch was given back to the source: it may never be activated here. */
    boolean revoked;
    /** When the vNIC was attached. */
    final long attachedNanos;

    /** Empty before something is counted. */
    private long[] counters = NOTHING_COUNTED;

    private VnicMode mode = VnicMode.PASSIVE;
    private long epoch;

    /** @param scratch of all engines of the loop */
    Vnic(VnicAttachment attachment, VmPort port, DataPathSettings.Limits limits, EngineScratch scratch, long nowNanos) {
        this.attachedNanos = nowNanos;
        this.vlan = attachment.vlan();
        this.portName = attachment.port();
        this.port = port;
        this.epoch = attachment.epoch();
        this.engine = new VnicEngine(
                new VnicIdentity(attachment.vnic(), attachment.mac(), attachment.addresses(), attachment.protection()),
                limits.connections().withConnections(attachment.maxConnections()),
                scratch);
        engine.setVerifiesChecksums(true);
        this.limits = limits;
    }

    /** Where frames wait that come before the table. */
    HoldBuffer hold() {
        HoldBuffer made = hold;
        if (made == null) {
            made = new HoldBuffer(limits.holdBytesPerVnic(), limits.holdFramesPerVnic());
            hold = made;
        }
        return made;
    }

    /** For the disk. */
    TableCopies copies() {
        TableCopies made = copies;
        if (made == null) {
            made = new TableCopies(this);
            copies = made;
        }
        return made;
    }

    /** Ends all copies for the disk. */
    void endCopies() {
        if (copies != null) {
            copies.end();
            copies = null;
        }
    }

    boolean holdsFrames() {
        return hold != null && !hold.isEmpty();
    }

    VnicId id() {
        return engine.identity().vnic();
    }

    MacAddress mac() {
        return engine.identity().mac();
    }

    int vlan() {
        return vlan;
    }

    /** As it was attached, under the epoch of now. */
    VnicAttachment attachment() {
        VnicIdentity identity = engine.identity();
        return new VnicAttachment(
                identity.vnic(),
                epoch,
                identity.mac(),
                identity.addresses(),
                vlan,
                portName,
                engine.maxConnections(),
                identity.protection());
    }

    VnicMode mode() {
        return mode;
    }

    void setMode(VnicMode newMode) {
        mode = newMode;
        if (newMode == VnicMode.ENFORCING) {
            endImport();
        }
    }

    long epoch() {
        return epoch;
    }

    /** Epochs only grow. */
    void raiseEpoch(long newEpoch) {
        epoch = Math.max(epoch, newEpoch);
    }

    Ingress ingress() {
        return switch (mode) {
            case PASSIVE -> Ingress.ABSENT;
            case HOLDING -> Ingress.HOLD;
            case ENFORCING -> Ingress.DECIDE;
            case CUTTING -> source != null && source.decidesIngress() ? Ingress.DECIDE : Ingress.FORWARD;
            case SEALED -> Ingress.FORWARD;
        };
    }

    /** Whether the loop reads what the VM sent. A passive or holding vNIC leaves it in the port's queue. */
    boolean readsPort() {
        return switch (mode) {
            case PASSIVE -> destination != null && destination.drainsPort();
            case HOLDING -> destination != null && destination.drainsPort();
            case ENFORCING -> true;
            case CUTTING, SEALED -> source != null && source.readsPort();
        };
    }

    void count(VnicCounter counter) {
        count(counter, 1);
    }

    void count(VnicCounter counter, long count) {
        if (counters.length == 0) {
            counters = new long[COUNTERS.length];
        }
        counters[counter.ordinal()] += count;
    }

    long counter(VnicCounter counter) {
        return counters.length == 0 ? 0 : counters[counter.ordinal()];
    }

    VnicStatus status() {
        Map<String, Long> all = new LinkedHashMap<>(engine.counters());
        for (VnicCounter counter : COUNTERS) {
            all.merge(counter.text, counter(counter), Long::sum);
        }
        port.counters().forEach((name, count) -> all.merge("port." + name, count, Long::sum));
        return new VnicStatus(
                id(),
                epoch,
                mode,
                engine.rulesHash(),
                engine.revision(),
                engine.connectionCount(),
                engine.shadowRevision(),
                engine.shadowHash(),
                all,
                engine.discoveredAddresses());
    }

    /** The table notes no changes any more. */
    void endExport() {
        if (outgoing != null) {
            outgoing.close();
            outgoing = null;
        }
    }

    void endImport() {
        if (incoming != null) {
            incoming.close();
            incoming = null;
        }
    }

    /** Ends everything; frames still in the port's queue are lost. */
    void close() {
        if (source != null) {
            source.abandon();
        }
        if (destination != null) {
            destination.abandon();
        }
        endExport();
        endCopies();
        endImport();
        if (hold != null) {
            hold.clear();
        }
        port.close();
        engine.close();
    }
}
