package io.portcullis.datapath.rulelog;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.guard.TokenBucket;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.datapath.rulelog.RuleLogEvent.Cause;
import io.portcullis.policy.Action;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.table.TableRule;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The log of one vNIC's rules. A flood must not become a flood of events: {@value #EVENTS_PER_SECOND} a second and
 * {@value #BURST_EVENTS} at once go to the ring, the rest is counted as {@code log.limited}; what the ring has no room for is counted
 * as {@code log.dropped}. Without a ring (nobody reads) nothing happens. The loop's thread only; no allocation per event.
 */
public final class RuleLog {
    public static final int EVENTS_PER_SECOND = 100;
    public static final int BURST_EVENTS = 500;

    private final VnicId vnic;
    /** Made with the first event. */
    private @Nullable TokenBucket budget;

    private @Nullable RuleLogRing ring;
    private long logged;
    private long limited;
    private long dropped;

    public RuleLog(VnicId vnic) {
        this.vnic = vnic;
    }

    /** Where events go from now on. */
    public void to(RuleLogRing newRing) {
        ring = newRing;
    }

    /** Notes a decision, if the rule logs. */
    public void note(
            Cause cause,
            @Nullable TableRule rule,
            Action action,
            long revision,
            PacketView packet,
            Direction direction,
            long nowNanos) {
        RuleLogRing to = ring;
        if (rule == null || !rule.log() || to == null) {
            return;
        }
        if (!budget().take(nowNanos)) {
            limited++;
        } else if (to.offer(vnic, cause, rule, revision, packet, direction, action, nowNanos)) {
            logged++;
        } else {
            dropped++;
        }
    }

    private TokenBucket budget() {
        TokenBucket bucket = budget;
        if (bucket == null) {
            bucket = new TokenBucket(EVENTS_PER_SECOND, BURST_EVENTS);
            budget = bucket;
        }
        return bucket;
    }

    /** Adds what was counted, by name; zeros are left out. */
    public void addCounters(Map<String, Long> counters) {
        put(counters, "log.events", logged);
        put(counters, "log.limited", limited);
        put(counters, "log.dropped", dropped);
    }

    private static void put(Map<String, Long> counters, String name, long count) {
        if (count != 0) {
            counters.put(name, count);
        }
    }
}
