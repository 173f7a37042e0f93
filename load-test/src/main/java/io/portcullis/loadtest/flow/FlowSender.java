package io.portcullis.loadtest.flow;

import io.portcullis.datapath.packet.PacketView;
import io.portcullis.loadtest.history.History;

/** Sends what flows have to say, and notes each numbered frame in the history. The traffic's thread only. */
final class FlowSender {
    /** A sender waits when so much is not acknowledged: the least window that clients offer is a quarter more. */
    private static final int MOST_IN_FLIGHT_BYTES = 12_288;

    /** The two ways out. */
    interface Wires {
        /** From the clients; false if there is no room now. */
        boolean toUplink(byte[] frame);

        /** From the VM; false if there is no room now. */
        boolean fromVm(VmEnd vm, byte[] frame);
    }

    private final Wires wires;
    private final History history;

    FlowSender(Wires wires, History history) {
        this.wires = wires;
        this.history = history;
    }

    /** A client's segment without content; what does not fit is lost, as on any wire, and sent again. */
    void client(Flow flow, int flags) {
        wires.toUplink(FlowFrames.fromClient(flow, flags));
        flow.clientOwes = 0;
    }

    void vm(Flow flow, int flags) {
        wires.fromVm(flow.vm, FlowFrames.fromVm(flow, flags));
        flow.vmOwes = 0;
    }

    /** The next numbered frame of a flow and of its mirrors, if their ends are open; false if there is no room now. */
    boolean numbered(Flow flow, boolean isToVm, long dueNanos) {
        if (!one(flow, isToVm, dueNanos)) {
            return false;
        }
        for (Flow mirror : flow.mirrors) {
            one(mirror, isToVm, dueNanos);
        }
        return true;
    }

    /** The same without mirrors. */
    boolean one(Flow flow, boolean isToVm, long dueNanos) {
        boolean isTcp = FlowFrames.protocol(flow.plan) == FlowFrames.TCP;
        if (isTcp ? !mayTcp(flow, isToVm) : !isToVm && !flow.isHeard) {
            return true;
        }
        Numbering numbering = flow.numbering(isToVm);
        int number = numbering.number();
        byte[] payload = Payload.make(flow.id, number, isToVm, dueNanos, flow.plan.payloadBytes());
        byte[] frame;
        if (!isTcp) {
            frame = FlowFrames.datagram(flow, isToVm, number, payload);
        } else if (isToVm) {
            frame = FlowFrames.fromClient(flow, PacketView.TCP_ACK | PacketView.TCP_PSH, payload);
        } else {
            frame = FlowFrames.fromVm(flow, PacketView.TCP_ACK | PacketView.TCP_PSH, payload);
        }
        long nanos = System.nanoTime();
        if (!(isToVm ? wires.toUplink(frame) : wires.fromVm(flow.vm, frame))) {
            return false;
        }
        if (flow.vm.isRecorded()) {
            history.sent().append(flow.id, isToVm, number, 0, nanos);
        }
        numbering.countSent();
        flow.counts.sent++;
        if (isTcp && isToVm) {
            flow.clientNext += payload.length;
            flow.clientOwes = 0;
        } else if (isTcp) {
            flow.vmNext += payload.length;
            flow.vmOwes = 0;
        }
        return true;
    }

    /** An end that got an RST goes on to send, as an attacker would: nothing of it may pass. */
    private static boolean mayTcp(Flow flow, boolean isToVm) {
        FlowEnd end = isToVm ? flow.client : flow.server;
        if (end != FlowEnd.OPEN && end != FlowEnd.RESET) {
            return false;
        }
        int inFlight = isToVm ? flow.clientNext - flow.clientAcknowledged : flow.vmNext - flow.vmAcknowledged;
        if (inFlight + flow.plan.payloadBytes() > MOST_IN_FLIGHT_BYTES) {
            flow.counts.blocked++;
            return false;
        }
        return true;
    }
}
