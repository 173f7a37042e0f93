package io.portcullis.loadtest.flow;

import io.portcullis.datapath.packet.FrameBuilder;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.loadtest.scenario.TrafficKind;
import io.portcullis.loadtest.scenario.TrafficPlan;
import io.portcullis.policy.MacAddress;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;

/** Makes the frames of flows. Stateless. */
final class FlowFrames {
    static final MacAddress GATEWAY = new MacAddress(0x02_00_00_00_00_02L);
    static final int TCP = PacketView.PROTOCOL_TCP;
    static final int UDP = PacketView.PROTOCOL_UDP;

    /** 2001:db8::/96, reserved for documentation. */
    private static final byte[] IPV6_PREFIX = {0x20, 0x01, 0x0d, (byte) 0xb8, 0, 0, 0, 0, 0, 0, 0, 0};

    private static final int VM_WINDOW = 64_128;
    private static final byte[] NOTHING = {};

    private FlowFrames() {}

    /** As in the IP header. */
    static int protocol(TrafficPlan plan) {
        return switch (plan.kind()) {
            case TCP, CHURN, IDLE, FLOOD -> TCP;
            case UDP -> UDP;
            case ICMP -> plan.isIpv6() ? PacketView.PROTOCOL_ICMPV6 : PacketView.PROTOCOL_ICMP;
        };
    }

    static InetAddress address(int peer, boolean isIpv6) {
        byte[] bytes = isIpv6
                ? ByteBuffer.allocate(16).put(IPV6_PREFIX).putInt(peer).array()
                : ByteBuffer.allocate(4).putInt(peer).array();
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** A TCP segment of the client. */
    static byte[] fromClient(Flow flow, int flags, byte[] payload) {
        return toVm(flow)
                .tcp(flow.port, flow.plan.port())
                .sequence(flow.clientNext)
                .acknowledgement((flags & PacketView.TCP_ACK) == 0 ? 0 : flow.clientSeen)
                .flags(flags)
                .window(flow.window)
                .payload(payload)
                .build();
    }

    static byte[] fromClient(Flow flow, int flags) {
        return fromClient(flow, flags, NOTHING);
    }

    /** A TCP segment of the VM. */
    static byte[] fromVm(Flow flow, int flags, byte[] payload) {
        return toClient(flow)
                .tcp(flow.plan.port(), flow.port)
                .sequence(flow.vmNext)
                .acknowledgement(flow.vmSeen)
                .flags(flags)
                .window(VM_WINDOW)
                .payload(payload)
                .build();
    }

    static byte[] fromVm(Flow flow, int flags) {
        return fromVm(flow, flags, NOTHING);
    }

    /** A datagram, or an echo request or its reply. */
    static byte[] datagram(Flow flow, boolean isToVm, int number, byte[] payload) {
        FrameBuilder frame = isToVm ? toVm(flow) : toClient(flow);
        if (flow.plan.kind() == TrafficKind.UDP) {
            int from = isToVm ? flow.port : flow.plan.port();
            return frame.udp(from, isToVm ? flow.plan.port() : flow.port)
                    .payload(payload)
                    .build();
        }
        int series = number & 0xffff;
        return (isToVm ? frame.echoRequest(flow.port, series) : frame.echoReply(flow.port, series))
                .payload(payload)
                .build();
    }

    private static FrameBuilder toVm(Flow flow) {
        boolean isIpv6 = flow.plan.isIpv6();
        return FrameBuilder.frame(GATEWAY, flow.vm.mac())
                .vlan(flow.vm.vlan())
                .ip(address(flow.peer, isIpv6), flow.vm.address(isIpv6));
    }

    private static FrameBuilder toClient(Flow flow) {
        boolean isIpv6 = flow.plan.isIpv6();
        return FrameBuilder.frame(flow.vm.mac(), GATEWAY).ip(flow.vm.address(isIpv6), address(flow.peer, isIpv6));
    }
}
