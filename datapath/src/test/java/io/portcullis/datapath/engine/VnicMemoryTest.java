package io.portcullis.datapath.engine;

import static io.portcullis.datapath.classify.Rules.aRule;
import static io.portcullis.datapath.classify.Rules.table;
import static io.portcullis.datapath.classify.Rules.tcp;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.classify.CompiledRules;
import io.portcullis.datapath.guard.ConnectionLimits;
import io.portcullis.datapath.packet.FrameBuilder;
import io.portcullis.datapath.packet.Frames;
import io.portcullis.datapath.port.Burst;
import io.portcullis.policy.Action;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.VnicId;
import java.lang.foreign.Arena;
import java.net.InetAddress;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * What a vNIC takes that has no connection: most of many, and each hears every broadcast of its segment. Heap and native memory, of engines that share
 * their rules and their scratch as those of a loop do; their ids and addresses are their attachments'.
 */
@Isolated // it looks at the whole heap
class VnicMemoryTest {
    private static final int VNICS = 4_000;
    private static final CompiledRules RULES = CompiledRules.of(table(
            Action.DROP,
            aRule(1).outbound().allow(),
            aRule(2).inbound().service(tcp(443)).allow()));

    private final VnicEngine[] engines = new VnicEngine[VNICS];
    private final Verdict[] verdicts = new Verdict[Burst.MAX_FRAMES];

    @Test
    void shouldStaySmallWhileItHearsNothingButBroadcasts() {
        FrameBuilder announcement = FrameBuilder.arpRequest(Frames.PEER_MAC, Frames.PEER, Frames.PEER);
        FrameBuilder question = FrameBuilder.frame(Frames.PEER_MAC, MacAddress.BROADCAST)
                .ip(Frames.PEER, InetAddress.ofLiteral("255.255.255.255"))
                .udp(68, 67);
        List<VnicIdentity> identities =
                IntStream.range(0, VNICS).mapToObj(VnicMemoryTest::identity).toList();
        long before = settled();
        try (EngineScratch scratch = new EngineScratch()) {
            for (int i = 0; i < VNICS; i++) {
                engines[i] = engine(identities.get(i), scratch);
            }
            double idle = perVnic(before);
            hear(announcement);
            double awake = perVnic(before);
            hear(question);
            double judged = perVnic(before);
            System.out.printf(
                    "bytes of a vNIC: %.0f; behind a broadcast %.0f, behind one that rules judged %.0f%n",
                    idle, awake, judged);
            assertThat(idle).as("bytes before any frame").isLessThan(256);
            assertThat(awake).as("bytes behind a broadcast").isLessThan(820);
            assertThat(judged).as("bytes behind one that rules judged").isLessThan(1_228);
            for (VnicEngine engine : engines) {
                assertThat(engine.connectionMemoryBytes()).isZero();
                assertThat(engine.counters()).containsEntry("allowed.in", 1L).containsEntry("dropped.in.policy", 1L);
                engine.close();
            }
        }
    }

    private static double perVnic(long before) {
        return (double) (settled() - before) / VNICS;
    }

    private static VnicIdentity identity(int number) {
        return new VnicIdentity(
                VnicId.parse("acme/vm-" + number + "/eth0"),
                new MacAddress(0x0200_0100_0000L + number),
                List.of(InetAddress.ofLiteral("10.1." + number / 250 + "." + number % 250)));
    }

    private static VnicEngine engine(VnicIdentity identity, EngineScratch scratch) {
        VnicEngine engine = new VnicEngine(identity, new ConnectionLimits(100_000, 8_192, 8_192, 1_000), scratch);
        engine.setVerifiesChecksums(true);
        engine.install(1, RULES, 0);
        return engine;
    }

    private void hear(FrameBuilder frame) {
        try (Arena arena = Arena.ofConfined()) {
            Burst burst = new Burst(arena);
            Burst replies = new Burst(arena);
            frame.appendTo(burst);
            for (VnicEngine engine : engines) {
                engine.process(burst, 0, 1, Direction.IN, 1_000_000_000L, verdicts, replies, replies);
            }
        }
    }

    /** Bytes on the heap when all garbage is gone. */
    private static long settled() {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 4; i++) {
            System.gc();
            Runtime runtime = Runtime.getRuntime();
            least = Math.min(least, runtime.totalMemory() - runtime.freeMemory());
        }
        return least;
    }
}
