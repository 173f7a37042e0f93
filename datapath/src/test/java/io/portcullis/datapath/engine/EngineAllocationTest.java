package io.portcullis.datapath.engine;

import static io.portcullis.datapath.classify.Rules.aRule;
import static io.portcullis.datapath.classify.Rules.table;
import static io.portcullis.datapath.classify.Rules.tcp;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.portcullis.datapath.Direction;
import io.portcullis.datapath.packet.FrameBuilder;
import io.portcullis.datapath.packet.Frames;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.datapath.port.Burst;
import io.portcullis.policy.Action;
import io.portcullis.policy.VnicId;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Once warm, a packet allocates nothing, whatever its verdict. */
class EngineAllocationTest {
    private static final int WARM_UP_ROUNDS = 3_000;
    private static final int MEASURED_ROUNDS = 5_000;
    private static final int ATTEMPTS = 10;

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final Verdict[] verdicts = new Verdict[Burst.MAX_FRAMES];
    private long nowNanos;

    @Test
    void shouldAllocateNothingPerPacket() {
        VnicIdentity identity =
                new VnicIdentity(VnicId.parse("acme/web-1/eth0"), Frames.VM_MAC, List.of(Frames.VM, Frames.VM6));
        try (Arena arena = Arena.ofConfined();
                VnicEngine engine = new VnicEngine(identity, 10_000)) {
            engine.install(
                    1,
                    table(
                            Action.REJECT,
                            aRule(1).outbound()
                                    .to("10.0.0.0-10.0.0.9", "fd00::-fd00::ffff")
                                    .allow(),
                            aRule(2).inbound()
                                    .notFrom("10.9.9.9")
                                    .service(tcp(22))
                                    .drop()),
                    nowNanos);
            Burst out = new Burst(arena);
            Burst in = new Burst(arena);
            fill(out, in);
            Burst toVm = new Burst(arena);
            Burst toNetwork = new Burst(arena);
            run(engine, out, in, toVm, toNetwork, WARM_UP_ROUNDS);
            // the compiler may still be at work behind us: what counts is that the steady state is reached
            long allocatedBytes = Long.MAX_VALUE;
            for (int attempt = 0; attempt < ATTEMPTS && allocatedBytes != 0; attempt++) {
                long before = threads.getCurrentThreadAllocatedBytes();
                run(engine, out, in, toVm, toNetwork, MEASURED_ROUNDS);
                allocatedBytes = threads.getCurrentThreadAllocatedBytes() - before;
            }
            assertThat(allocatedBytes).as("bytes in %d rounds", MEASURED_ROUNDS).isZero();
            assertThat(engine.counters()).containsKeys("related", "replies.sent", "dropped.in.invalid");
        }
    }

    private static void fill(Burst out, Burst in) {
        FrameBuilder query = Frames.fromVm6().udp(4_000, 53);
        List.of(
                        Frames.fromVm()
                                .tcp(40_000, 443)
                                .flags(PacketView.TCP_SYN)
                                .sequence(100),
                        query,
                        Frames.fromVm().echoRequest(1, 1),
                        Frames.fromVm().udp(1, 2).payload(new byte[24]).fragment(1, 0, true),
                        Frames.fromVm().udp(1, 2).payload(new byte[24]).fragment(1, 32, false),
                        Frames.toVm().udp(1, 2),
                        FrameBuilder.arpRequest(Frames.VM_MAC, Frames.VM, Frames.PEER))
                .forEach(frame -> frame.appendTo(out));
        List.of(
                        Frames.toVm()
                                .tcp(443, 40_000)
                                .flags(PacketView.TCP_SYN | PacketView.TCP_ACK)
                                .sequence(7)
                                .acknowledgement(101),
                        Frames.toVm6().udp(53, 4_000),
                        Frames.toVm().echoReply(1, 1),
                        Frames.toVm6().icmp(1, 4, 0).payload(Frames.datagramOf(query.build())),
                        Frames.toVm().tcp(9, 22).flags(PacketView.TCP_SYN),
                        Frames.toVm().tcp(9, 23).flags(PacketView.TCP_SYN),
                        Frames.toVm().tcp(9, 24).flags(PacketView.TCP_ACK),
                        Frames.toVm6().udp(9, 24))
                .forEach(frame -> frame.appendTo(in));
        in.append(in.memory(), in.offset(0), 20);
    }

    private void run(VnicEngine engine, Burst out, Burst in, Burst toVm, Burst toNetwork, int rounds) {
        for (int i = 0; i < rounds; i++) {
            nowNanos += 10_000_000;
            engine.process(out, 0, out.count(), Direction.OUT, nowNanos, verdicts, toVm, toNetwork);
            engine.process(in, 0, in.count(), Direction.IN, nowNanos, verdicts, toVm, toNetwork);
            engine.expire(nowNanos);
            toVm.clear();
            toNetwork.clear();
        }
    }
}
