package io.portcullis.loadtest.flow;

import io.portcullis.loadtest.scenario.TrafficKind;
import io.portcullis.loadtest.scenario.TrafficPlan;
import java.util.List;

/** A plan of traffic as it goes: what is due is sent. The traffic's thread only. */
final class Stream {
    /** Units sent in one turn, so that what comes is not kept waiting. */
    private static final int MOST_AT_ONCE = 64;

    private final TrafficPlan plan;
    private final List<VmEnd> vms;
    private final List<Flow> flows;
    private final StreamCounts floodCounts;
    private final Schedule schedule;
    private final FlowSender sender;
    private final FlowFactory factory;
    private final TcpEnds tcp;
    private int woken;
    private boolean isWaking;

    Stream(
            TrafficPlan plan,
            List<VmEnd> vms,
            StreamCounts floodCounts,
            FlowSender sender,
            FlowFactory factory,
            TcpEnds tcp) {
        this.plan = plan;
        this.vms = vms;
        this.floodCounts = floodCounts;
        this.sender = sender;
        this.factory = factory;
        this.tcp = tcp;
        this.flows = factory.lasting(plan, vms);
        int rate = plan.kind().isLasting() ? plan.framesPerSecond() : plan.newPerSecond();
        this.schedule = new Schedule(rate * vms.size());
    }

    List<Flow> flows() {
        return flows;
    }

    boolean isTcp() {
        return FlowFrames.protocol(plan) == FlowFrames.TCP;
    }

    void start(long nanos) {
        schedule.start(nanos);
    }

    void stop() {
        schedule.stop();
    }

    /** The silent ones say something. */
    void wake() {
        isWaking = plan.kind() == TrafficKind.IDLE;
    }

    boolean isAwake() {
        return !isWaking || woken == flows.size();
    }

    /** Sends what is due; false if there was nothing. */
    boolean send(long nanos) {
        int sent = 0;
        while (sent < MOST_AT_ONCE && schedule.isDue(nanos) && unit(schedule.dueNanos())) {
            schedule.advance();
            sent++;
        }
        while (isWaking && woken < flows.size() && sent < MOST_AT_ONCE) {
            if (!sender.numbered(flows.get(woken), true, nanos)) {
                break;
            }
            woken++;
            sent++;
        }
        return sent > 0;
    }

    private boolean unit(long dueNanos) {
        return switch (plan.kind()) {
            case TCP, UDP -> drawn(schedule.count() % 2 == 0, dueNanos);
            case ICMP -> drawn(true, dueNanos);
            case IDLE -> true;
            case CHURN -> begin(dueNanos);
            case FLOOD -> flood();
        };
    }

    private boolean drawn(boolean isToVm, long dueNanos) {
        if (flows.isEmpty()) {
            return true;
        }
        Flow flow = flows.get(factory.draw(flows.size()));
        boolean isFirst = plan.kind() == TrafficKind.UDP && !flow.isHeard;
        return sender.numbered(flow, isToVm || isFirst, dueNanos);
    }

    private boolean begin(long dueNanos) {
        Flow flow = factory.make(plan, vms.get((int) (schedule.count() % vms.size())));
        tcp.open(flow, dueNanos);
        for (Flow mirror : flow.mirrors) {
            tcp.open(mirror, dueNanos);
        }
        return true;
    }

    private boolean flood() {
        VmEnd vm = vms.get((int) (schedule.count() % vms.size()));
        sender.client(factory.passing(plan, vm, floodCounts), io.portcullis.datapath.packet.PacketView.TCP_SYN);
        floodCounts.sent++;
        return true;
    }
}
