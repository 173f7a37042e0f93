package io.portcullis.datapath.rulelog;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.datapath.rulelog.RuleLogEvent.Cause;
import io.portcullis.policy.Action;
import io.portcullis.policy.IpFamily;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.table.TableRule;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Events from one loop to one reader. The loop calls {@link #offer}, which neither allocates nor waits; any other thread, but one
 * at a time, calls {@link #drain}. Holds {@value #CAPACITY} events: what comes when it is full is dropped, and {@link #offer} says so.
 */
public final class RuleLogRing {
    /** Events that wait at once; a power of two. */
    public static final int CAPACITY = 4_096;

    private final Slot[] slots = new Slot[CAPACITY];
    /** Events ever written; the loop's. */
    private final AtomicLong written = new AtomicLong();
    /** Events ever read; the reader's. */
    private final AtomicLong read = new AtomicLong();

    /** Plain fields: the counters publish them. */
    private static final class Slot {
        private @Nullable VnicId vnic;
        private long atNanos;
        private Cause cause = Cause.FRAME;
        private long ruleId;
        private String ruleName = "";
        private String label = "";
        private long revision;
        private Action action = Action.DROP;
        private Direction direction = Direction.IN;
        private long sourceMac;
        private long destinationMac;
        private int etherType;
        private @Nullable IpFamily family;
        private long sourceHigh;
        private long sourceLow;
        private long destinationHigh;
        private long destinationLow;
        private int protocol;
        private int sourcePort;
        private int destinationPort;
        private int icmpType;
        private int icmpCode;
        private int tcpFlags;
    }

    public RuleLogRing() {
        for (int i = 0; i < CAPACITY; i++) {
            slots[i] = new Slot();
        }
    }

    /**
     * Adds an event. The loop's thread only.
     *
     * @return false if there is no room, and the event is lost
     */
    public boolean offer(
            VnicId vnic,
            Cause cause,
            TableRule rule,
            long revision,
            PacketView packet,
            Direction direction,
            Action action,
            long nowNanos) {
        long place = written.getPlain();
        if (place - read.getAcquire() >= CAPACITY) {
            return false;
        }
        Slot slot = slots[(int) place & CAPACITY - 1];
        slot.vnic = vnic;
        slot.atNanos = nowNanos;
        slot.cause = cause;
        slot.ruleId = rule.id();
        slot.ruleName = rule.name();
        slot.label = rule.logLabel();
        slot.revision = revision;
        slot.action = action;
        slot.direction = direction;
        slot.sourceMac = packet.sourceMac;
        slot.destinationMac = packet.destinationMac;
        slot.etherType = packet.etherType;
        slot.family = packet.family;
        if (packet.family != null) {
            fillIp(slot, packet);
        }
        written.setRelease(place + 1);
        return true;
    }

    private static void fillIp(Slot slot, PacketView packet) {
        slot.sourceHigh = packet.sourceHigh;
        slot.sourceLow = packet.sourceLow;
        slot.destinationHigh = packet.destinationHigh;
        slot.destinationLow = packet.destinationLow;
        slot.protocol = packet.protocol;
        boolean hasTransport = !packet.isLaterFragment;
        slot.sourcePort = hasTransport ? packet.sourcePort : 0;
        slot.destinationPort = hasTransport ? packet.destinationPort : 0;
        slot.icmpType = hasTransport && packet.isIcmp() ? packet.icmpType : 0;
        slot.icmpCode = hasTransport && packet.isIcmp() ? packet.icmpCode : 0;
        slot.tcpFlags = hasTransport && packet.isTcp() ? packet.tcpFlags : 0;
    }

    /**
     * Hands over what waits, oldest first. One reader at a time.
     *
     * @param limit at most so many
     * @return how many
     */
    public int drain(Consumer<RuleLogEvent> consumer, int limit) {
        long from = read.getPlain();
        long to = Math.min(written.getAcquire(), from + limit);
        for (long place = from; place < to; place++) {
            RuleLogEvent event = event(slots[(int) place & CAPACITY - 1]);
            read.setRelease(place + 1);
            if (event != null) {
                consumer.accept(event);
            }
        }
        return (int) (to - from);
    }

    private static @Nullable RuleLogEvent event(Slot slot) {
        VnicId vnic = slot.vnic;
        if (vnic == null) {
            return null;
        }
        IpFamily family = slot.family;
        return new RuleLogEvent(
                vnic,
                slot.atNanos,
                slot.cause,
                slot.ruleId,
                slot.ruleName,
                slot.label,
                slot.revision,
                slot.action,
                slot.direction,
                new MacAddress(slot.sourceMac),
                new MacAddress(slot.destinationMac),
                slot.etherType,
                family,
                family == null ? null : RuleLogEvent.address(family, slot.sourceHigh, slot.sourceLow),
                family == null ? null : RuleLogEvent.address(family, slot.destinationHigh, slot.destinationLow),
                slot.protocol,
                slot.sourcePort,
                slot.destinationPort,
                slot.icmpType,
                slot.icmpCode,
                slot.tcpFlags);
    }
}
