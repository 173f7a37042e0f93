package io.portcullis.datapath.engine;

import static io.portcullis.datapath.classify.Rules.aRule;
import static io.portcullis.datapath.classify.Rules.table;
import static io.portcullis.datapath.classify.Rules.tcp;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.packet.Checksums;
import io.portcullis.datapath.packet.FrameBuilder;
import io.portcullis.datapath.packet.Frames;
import io.portcullis.datapath.packet.PacketParser;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.datapath.packet.ParseResult;
import io.portcullis.datapath.port.Burst;
import io.portcullis.policy.Action;
import io.portcullis.policy.LiveFlowMode;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.table.RuleTable;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * Whatever arrives, every frame gets a verdict and a count, nothing throws, and what the engine itself sends is well-formed.
 * Repeat a failure with {@code -Dportcullis.seed=N}.
 */
class EngineFuzzTest {
    private static final int FRAMES = 200_000;
    private static final long SEED = Long.getLong("portcullis.seed", System.nanoTime());
    private static final List<RuleTable> TABLES = List.of(
            table(Action.ALLOW),
            table(Action.REJECT, aRule(1).outbound().allow()),
            table(Action.DROP, aRule(2).service(tcp(443)).allow()),
            table(
                    Action.ALLOW,
                    aRule(3).live(LiveFlowMode.RESET).service(tcp(443)).drop()));

    private final PacketView reply = new PacketView();

    @Test
    void shouldDecideAboutAnyFrame() {
        System.out.println("EngineFuzzTest seed " + SEED);
        SplittableRandom random = new SplittableRandom(SEED);
        VnicIdentity identity =
                new VnicIdentity(VnicId.parse("acme/web-1/eth0"), Frames.VM_MAC, List.of(Frames.VM, Frames.VM6));
        Verdict[] verdicts = new Verdict[Burst.MAX_FRAMES];
        long nowNanos = 0;
        long revision = 0;
        try (Arena arena = Arena.ofConfined();
                VnicEngine engine = new VnicEngine(identity, 500)) {
            Burst burst = new Burst(arena);
            Burst toVm = new Burst(arena);
            Burst toNetwork = new Burst(arena);
            List<byte[]> seeds = seeds();
            for (int i = 0; i < FRAMES; i++) {
                if (i % 1_000 == 0) {
                    engine.install(++revision, TABLES.get(random.nextInt(TABLES.size())), nowNanos);
                }
                byte[] frame = mutate(seeds.get(random.nextInt(seeds.size())).clone(), random);
                append(burst, frame);
                Direction direction = random.nextBoolean() ? Direction.OUT : Direction.IN;
                nowNanos += random.nextInt(50_000_000);
                try {
                    verdicts[0] = null;
                    engine.process(burst, 0, 1, direction, nowNanos, verdicts, toVm, toNetwork);
                    assertThat(verdicts[0]).isNotNull();
                    checkReplies(toVm);
                    checkReplies(toNetwork);
                } catch (RuntimeException | AssertionError e) {
                    throw new AssertionError(
                            "seed " + SEED + ", " + direction + " "
                                    + HexFormat.of().formatHex(frame),
                            e);
                }
                if (i % 5_000 == 0) {
                    engine.expire(nowNanos);
                }
            }
            long counted = engine.counters().entrySet().stream()
                    .filter(counter -> counter.getKey().startsWith("allowed.")
                            || counter.getKey().startsWith("dropped.")
                            || counter.getKey().equals("fragments.held"))
                    .mapToLong(java.util.Map.Entry::getValue)
                    .sum();
            assertThat(counted).isEqualTo(FRAMES);
        }
    }

    private static List<byte[]> seeds() {
        List<byte[]> seeds = new ArrayList<>(Frames.corpus());
        for (int flags : new int[] {
            PacketView.TCP_SYN,
            PacketView.TCP_SYN | PacketView.TCP_ACK,
            PacketView.TCP_ACK,
            PacketView.TCP_FIN | PacketView.TCP_ACK,
            PacketView.TCP_RST
        }) {
            for (FrameBuilder frame :
                    List.of(Frames.fromVm().tcp(40_000, 443), Frames.toVm().tcp(443, 40_000))) {
                seeds.add(frame.flags(flags).sequence(100).acknowledgement(101).build());
            }
        }
        seeds.add(Frames.toVm().echoRequest(1, 1).build());
        seeds.add(Frames.toVm6()
                .udp(1, 2)
                .fragment(3, 0, true)
                .payload(new byte[24])
                .build());
        seeds.add(Frames.toVm6()
                .udp(1, 2)
                .fragment(3, 32, false)
                .payload(new byte[24])
                .build());
        return seeds;
    }

    private static byte[] mutate(byte[] frame, SplittableRandom random) {
        byte[] mutated = random.nextInt(8) == 0 ? Arrays.copyOf(frame, random.nextInt(frame.length + 1)) : frame;
        for (int edits = random.nextInt(4); edits > 0 && mutated.length > 0; edits--) {
            mutated[random.nextInt(mutated.length)] ^= (byte) (1 << random.nextInt(8));
        }
        return random.nextInt(8) == 0 ? mutated : Frames.repaired(mutated);
    }

    private static void append(Burst burst, byte[] frame) {
        burst.clear();
        MemorySegment.copy(MemorySegment.ofArray(frame), 0, burst.memory(), burst.nextOffset(), frame.length);
        burst.commit(frame.length);
    }

    private void checkReplies(Burst replies) {
        for (int i = 0; i < replies.count(); i++) {
            assertThat(PacketParser.parse(replies.memory(), replies.offset(i), replies.length(i), reply))
                    .isEqualTo(ParseResult.OK);
            if (reply.isFragment) {
                // not ours: a frame that waited for the first fragment of its datagram
                continue;
            }
            assertThat(Checksums.isIpHeaderValid(reply)).isTrue();
            assertThat(Checksums.isTransportValid(reply)).isTrue();
        }
        replies.clear();
    }
}
