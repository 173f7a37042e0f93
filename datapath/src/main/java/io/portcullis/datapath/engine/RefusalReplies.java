package io.portcullis.datapath.engine;

import io.portcullis.datapath.engine.EngineCounters.Event;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.datapath.packet.ReplyBuilder;
import io.portcullis.datapath.port.Burst;

/** Tells the ends of refused packets and of connections that end, as often as {@link ReplyBudget} lets it. One thread, no allocation. */
final class RefusalReplies {
    private VnicWorks works;

    RefusalReplies(VnicWorks works) {
        this.works = works;
    }

    void turnTo(VnicWorks newWorks) {
        works = newWorks;
    }

    /** Answers a packet that is rejected. */
    void reject(PacketView packet, long nowNanos, Burst toSender) {
        if (!ReplyBuilder.mayAnswer(packet)) {
            return;
        }
        boolean isSent = works.replies().take(nowNanos) && ReplyBuilder.reject(packet, toSender);
        works.counters.event(isSent ? Event.REPLIES_SENT : Event.REPLIES_LIMITED);
    }

    /**
     * Ends the connection of a packet towards its receiver, which takes a RST only at exactly the next sequence number. That is what it
     * acknowledged last, or, if data is under way that we saw pass, where this packet stands.
     */
    void resetReceiver(PacketView packet, int expected, long nowNanos, Burst toReceiver) {
        if (!ReplyBuilder.mayAnswer(packet)) {
            return;
        }
        boolean isSent = works.replies().take(nowNanos) && ReplyBuilder.resetReceiver(packet, expected, toReceiver);
        works.counters.event(isSent ? Event.REPLIES_SENT : Event.REPLIES_LIMITED);
        if (isSent && packet.tcpSequence != expected) {
            ReplyBuilder.resetReceiver(packet, packet.tcpSequence, toReceiver);
        }
    }
}
