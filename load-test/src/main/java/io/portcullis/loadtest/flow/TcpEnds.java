package io.portcullis.loadtest.flow;

import io.portcullis.datapath.packet.PacketView;
import io.portcullis.loadtest.scenario.TrafficKind;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Both ends of TCP connections: handshake, acknowledgement of every second segment, FIN in both directions (RFC 9293). Segments with numbered
 * content are never sent again, so that each loss shows; SYN and FIN are, after a second. The traffic's thread only.
 */
final class TcpEnds {
    private static final long RETRY_NANOS = 1_000_000_000L;
    private static final long GIVE_UP_NANOS = 15_000_000_000L;
    private static final int SEGMENTS_AN_ACK = 2;

    private final FlowSender sender;
    private final FlowFactory flows;
    /** Those whose SYN or FIN has no answer, and all that are to be closed. */
    private final Set<Flow> waiting = new LinkedHashSet<>();

    private int opened;

    TcpEnds(FlowSender sender, FlowFactory flows) {
        this.sender = sender;
        this.flows = flows;
    }

    /** Connections whose handshake is over. */
    int opened() {
        return opened;
    }

    int waiting() {
        return waiting.size();
    }

    void open(Flow flow, long dueNanos) {
        sender.client(flow, PacketView.TCP_SYN);
        flow.clientNext++;
        flow.client = FlowEnd.SYN_SENT;
        flow.waitingSinceNanos = dueNanos;
        waiting.add(flow);
    }

    // ---- a segment has come to the VM

    void atVm(Flow flow, PacketView segment) {
        if (segment.hasTcpFlag(PacketView.TCP_RST)) {
            reset(flow, false);
            return;
        }
        if (segment.hasTcpFlag(PacketView.TCP_SYN)) {
            boolean isFirst = flow.server == FlowEnd.CLOSED;
            flow.vmSeen = segment.tcpSequence + 1;
            flow.vmNext -= isFirst ? 0 : 1;
            if (isFirst || flow.server == FlowEnd.SYN_RECEIVED) {
                sender.vm(flow, PacketView.TCP_SYN | PacketView.TCP_ACK);
                flow.server = FlowEnd.SYN_RECEIVED;
            }
            flow.vmNext++;
            return;
        }
        acknowledged(flow, segment, false);
        if (flow.server == FlowEnd.SYN_RECEIVED) {
            flow.server = FlowEnd.OPEN;
        }
        if (segment.tcpPayloadLength > 0) {
            flow.vmSeen = later(flow.vmSeen, segment.tcpSequence + segment.tcpPayloadLength);
            flow.vmOwes++;
        }
        if (segment.hasTcpFlag(PacketView.TCP_FIN)) {
            flow.vmSeen = later(flow.vmSeen, segment.tcpSequence + segment.tcpPayloadLength + 1);
            if (flow.server == FlowEnd.FIN_SENT) {
                flow.vmNext--;
            }
            sender.vm(flow, PacketView.TCP_FIN | PacketView.TCP_ACK);
            flow.vmNext++;
            flow.server = FlowEnd.FIN_SENT;
        } else if (flow.server == FlowEnd.FIN_SENT && flow.vmAcknowledged == flow.vmNext) {
            flow.server = FlowEnd.DONE;
        }
        if (flow.vmOwes >= SEGMENTS_AN_ACK) {
            sender.vm(flow, PacketView.TCP_ACK);
        }
    }

    // ---- a segment has come to the client

    void atClient(Flow flow, PacketView segment, long nanos) {
        if (segment.hasTcpFlag(PacketView.TCP_RST)) {
            reset(flow, true);
            return;
        }
        if (segment.hasTcpFlag(PacketView.TCP_SYN)) {
            flow.clientSeen = segment.tcpSequence + 1;
            if (flow.client == FlowEnd.SYN_SENT) {
                flow.client = FlowEnd.OPEN;
                waiting.remove(flow);
                opened++;
                flow.counts.opened++;
                flow.counts.openNanos.recordValue(Math.max(0, nanos - flow.waitingSinceNanos));
                if (flow.plan.kind() == TrafficKind.CHURN) {
                    flow.waitingSinceNanos = nanos;
                    waiting.add(flow);
                }
            }
            acknowledged(flow, segment, true);
            sender.client(flow, PacketView.TCP_ACK);
            return;
        }
        acknowledged(flow, segment, true);
        if (segment.tcpPayloadLength > 0) {
            flow.clientSeen = later(flow.clientSeen, segment.tcpSequence + segment.tcpPayloadLength);
            flow.clientOwes++;
        }
        if (segment.hasTcpFlag(PacketView.TCP_FIN)) {
            flow.clientSeen = later(flow.clientSeen, segment.tcpSequence + segment.tcpPayloadLength + 1);
            sender.client(flow, PacketView.TCP_ACK);
            if (flow.client == FlowEnd.FIN_SENT) {
                done(flow);
            }
        } else if (flow.clientOwes >= SEGMENTS_AN_ACK) {
            sender.client(flow, PacketView.TCP_ACK);
        }
    }

    /** The client has said all. */
    void finish(Flow flow, long nanos) {
        if (flow.client == FlowEnd.OPEN) {
            sender.client(flow, PacketView.TCP_FIN | PacketView.TCP_ACK);
            flow.clientNext++;
            flow.client = FlowEnd.FIN_SENT;
            flow.waitingSinceNanos = nanos;
            waiting.add(flow);
        }
    }

    private void done(Flow flow) {
        flow.client = FlowEnd.DONE;
        flow.counts.completed++;
        end(flow);
    }

    private void reset(Flow flow, boolean isClient) {
        if (isClient ? flow.client != FlowEnd.RESET : flow.server != FlowEnd.RESET) {
            flow.counts.resets++;
        }
        if (isClient) {
            flow.client = FlowEnd.RESET;
        } else {
            flow.server = FlowEnd.RESET;
        }
        if (flow.plan.kind() == TrafficKind.CHURN) {
            end(flow);
        }
    }

    /** Of what is not lasting nothing stays but its counts. */
    private void end(Flow flow) {
        waiting.remove(flow);
        flow.counts.lost += flow.lost();
        flows.forget(flow);
    }

    private static void acknowledged(Flow flow, PacketView segment, boolean isAtClient) {
        if (!segment.hasTcpFlag(PacketView.TCP_ACK)) {
            return;
        }
        if (isAtClient) {
            flow.clientAcknowledged = later(flow.clientAcknowledged, segment.tcpAcknowledgement);
        } else {
            flow.vmAcknowledged = later(flow.vmAcknowledged, segment.tcpAcknowledgement);
        }
    }

    private static int later(int one, int other) {
        return other - one > 0 ? other : one;
    }

    /** The run is over: what has not ended by now does not end. */
    void abandon() {
        for (Flow flow : List.copyOf(waiting)) {
            if (flow.plan.kind() == TrafficKind.CHURN) {
                flow.counts.unfinished++;
                end(flow);
            }
        }
    }

    // ---- time

    /** Sends SYN and FIN again that have no answer, and gives up after a while. */
    void tick(long nanos) {
        for (Flow flow : List.copyOf(waiting)) {
            long since = nanos - flow.waitingSinceNanos;
            boolean isShort = flow.plan.kind() == TrafficKind.CHURN;
            if (isShort && since > GIVE_UP_NANOS) {
                flow.counts.unfinished++;
                end(flow);
            } else if (since / RETRY_NANOS > flow.retries) {
                flow.retries++;
                retry(flow);
            }
        }
    }

    private void retry(Flow flow) {
        if (flow.client == FlowEnd.SYN_SENT || flow.client == FlowEnd.FIN_SENT) {
            flow.counts.retried++;
            flow.clientNext--;
            sender.client(
                    flow,
                    flow.client == FlowEnd.SYN_SENT ? PacketView.TCP_SYN : PacketView.TCP_FIN | PacketView.TCP_ACK);
            flow.clientNext++;
        }
    }
}
