package io.portcullis.datapath.engine;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.datapath.port.Burst;
import io.portcullis.datapath.track.TrackResult;
import org.jspecify.annotations.Nullable;

/** What became of a frame: counted, noted in the trace if there is one, answered. One thread, no allocation. */
final class FrameOutcomes {
    private EngineCounters counters;
    private final RefusalReplies replies;
    private @Nullable DecisionTrace trace;

    FrameOutcomes(VnicWorks works, RefusalReplies replies) {
        counters = works.counters;
        this.replies = replies;
    }

    void turnTo(VnicWorks works) {
        counters = works.counters;
        trace = works.trace();
        replies.turnTo(works);
    }

    Verdict allow(PacketView packet, Direction direction) {
        counters.allowed(direction, packet.frameLength);
        return Verdict.ALLOW;
    }

    Verdict drop(Direction direction, DropReason reason) {
        counters.dropped(direction, reason);
        if (trace != null) {
            trace.dropped(reason);
        }
        return Verdict.DROP;
    }

    /** Dropped for what it is to its connection, or for having none. */
    Verdict invalid(TrackResult fault, Direction direction) {
        counters.invalid(fault);
        if (trace != null) {
            trace.invalid(fault);
        }
        return drop(direction, DropReason.INVALID);
    }

    Verdict reject(PacketView packet, Direction direction, DropReason reason, long nowNanos, Burst toSender) {
        drop(direction, reason);
        replies.reject(packet, nowNanos, toSender);
        return Verdict.REJECT;
    }
}
