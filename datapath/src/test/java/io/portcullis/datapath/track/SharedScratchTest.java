package io.portcullis.datapath.track;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.classify.Rules;
import io.portcullis.datapath.engine.EngineScratch;
import io.portcullis.datapath.engine.Verdict;
import io.portcullis.datapath.engine.VnicEngine;
import io.portcullis.datapath.engine.VnicIdentity;
import io.portcullis.datapath.guard.ConnectionLimits;
import io.portcullis.datapath.packet.Frames;
import io.portcullis.datapath.port.Burst;
import io.portcullis.policy.Action;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.table.RuleTable;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;

/** Engines that share a scratch, as those of a loop do, whose bursts come in turns: each must say and remember what it would by itself. */
class SharedScratchTest {
    private static final int VNICS = 4;

    private final Verdict[] verdicts = new Verdict[Burst.MAX_FRAMES];

    /** The same vNIC twice, and what is still to come for it. */
    private record Pair(VnicEngine sharing, VnicEngine alone, List<ShortWayTest.Sent> traffic) {
        void close() {
            sharing.close();
            alone.close();
        }
    }

    @RepeatedTest(8)
    void shouldDecideAndRememberAsByThemselves() {
        long seed = new Random().nextLong();
        System.out.println("SharedScratchTest seed " + seed);
        Random random = new Random(seed);
        try (Arena arena = Arena.ofConfined();
                EngineScratch scratch = new EngineScratch()) {
            List<Pair> pairs = new ArrayList<>();
            for (int i = 0; i < VNICS; i++) {
                pairs.add(pair(i, random, scratch));
            }
            Burst burst = new Burst(arena);
            Burst[] replies = {new Burst(arena), new Burst(arena), new Burst(arena), new Burst(arena)};
            long now = 1_000_000_000L;
            long revision = 0;
            while (pairs.stream().anyMatch(pair -> !pair.traffic().isEmpty())) {
                Pair pair = pairs.get(random.nextInt(VNICS));
                if (random.nextInt(8) == 0 || pair.alone().revision() == 0) {
                    change(pair, ++revision, random, now);
                }
                now += random.nextInt(30) == 0 ? random.nextInt(200) * 1_000_000_000L : random.nextInt(3_000_000);
                play(pair, random, burst, now, replies, seed);
                pair.sharing().expire(now);
                pair.alone().expire(now);
            }
            for (Pair pair : pairs) {
                assertThat(pair.sharing().exportTable(now).digest())
                        .as("seed %d", seed)
                        .isEqualTo(pair.alone().exportTable(now).digest());
                assertThat(pair.sharing().counters())
                        .as("seed %d", seed)
                        .isEqualTo(pair.alone().counters());
                pair.close();
            }
        }
    }

    private static Pair pair(int number, Random random, EngineScratch scratch) {
        VnicIdentity identity = new VnicIdentity(
                VnicId.parse("acme/web-" + number + "/eth0"), Frames.VM_MAC, List.of(Frames.VM, Frames.VM6));
        ConnectionLimits limits = ConnectionLimits.onlyConnections(200);
        return new Pair(
                new VnicEngine(identity, limits, scratch),
                new VnicEngine(identity, limits),
                ShortWayTest.traffic(random));
    }

    /** Another table, other time-outs and checks. */
    private static void change(Pair pair, long revision, Random random, long now) {
        List<Rules> rules = random.nextBoolean()
                ? List.of()
                : List.of(Rules.aRule(revision).service(Rules.tcp(1_000 + random.nextInt(30))));
        RuleTable table = new RuleTable(
                "t" + revision, rules.stream().map(Rules::reject).toList(), Action.ALLOW, random.nextBoolean());
        boolean verifies = random.nextBoolean();
        for (VnicEngine engine : List.of(pair.sharing(), pair.alone())) {
            engine.install(revision, table, now);
            engine.setVerifiesChecksums(verifies);
        }
    }

    private void play(Pair pair, Random random, Burst burst, long now, Burst[] replies, long seed) {
        List<ShortWayTest.Sent> traffic = pair.traffic();
        if (traffic.isEmpty()) {
            return;
        }
        burst.clear();
        Direction direction = traffic.getFirst().direction();
        int most = 1 + random.nextInt(random.nextBoolean() ? 4 : Burst.MAX_FRAMES);
        while (!traffic.isEmpty()
                && burst.count() < most
                && burst.hasRoom()
                && traffic.getFirst().direction() == direction) {
            traffic.removeFirst().frame().appendTo(burst);
            if (random.nextInt(60) == 0) {
                ShortWayTest.flip(random, burst);
            }
        }
        for (Burst reply : replies) {
            reply.clear();
        }
        pair.alone().process(burst, 0, burst.count(), direction, now, verdicts, replies[0], replies[1]);
        Verdict[] wanted = Arrays.copyOf(verdicts, burst.count());
        pair.sharing().process(burst, 0, burst.count(), direction, now, verdicts, replies[2], replies[3]);
        assertThat(Arrays.copyOf(verdicts, burst.count())).as("seed %d", seed).containsExactly(wanted);
        assertThat(replies[2].count()).isEqualTo(replies[0].count());
        assertThat(replies[3].count()).isEqualTo(replies[1].count());
    }
}
