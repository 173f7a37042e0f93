package io.portcullis.datapath.track;

import static io.portcullis.datapath.packet.Frames.fromVm;
import static io.portcullis.datapath.packet.Frames.toVm;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.portcullis.datapath.Direction;
import io.portcullis.datapath.engine.Verdict;
import io.portcullis.datapath.packet.FrameBuilder;
import io.portcullis.datapath.packet.Frames;
import io.portcullis.datapath.port.Burst;
import io.portcullis.policy.Action;
import io.portcullis.policy.TimeoutPreset;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A connection whose packets a port passes has the same verdicts, time-outs, counters and export as one that is not. */
class OffloadTest {
    private static final int CONVERSATIONS = 25;
    private static final int SEGMENT = 1_000;
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    @Test
    void shouldDecideAndRememberAsWithoutOffload() {
        long seed = new Random().nextLong();
        System.out.println("OffloadTest seed " + seed);
        Random random = new Random(seed);
        long passed = 0;
        long handedBack = 0;
        for (int i = 0; i < CONVERSATIONS; i++) {
            String description = "seed " + seed + ", conversation " + i;
            int capacity = random.nextInt(3) == 0 ? 2 : 100;
            try (OffloadPair pair =
                    new OffloadPair(description, capacity, 1 + random.nextInt(4), random.nextLong() >> 3)) {
                converse(pair, random);
                passed += pair.port.passedCount();
                handedBack += pair.counter("offload.revoked");
            }
        }
        assertThat(passed).as("seed %d", seed).isGreaterThan(200);
        assertThat(handedBack).as("seed %d", seed).isGreaterThan(200);
    }

    private static void converse(OffloadPair pair, Random random) {
        List<ShortWayTest.Sent> traffic = ShortWayTest.traffic(random);
        boolean isLoose = random.nextBoolean();
        long revision = 1;
        pair.install(revision, Action.ALLOW, isLoose);
        try (Arena arena = Arena.ofConfined()) {
            Burst burst = new Burst(arena);
            for (ShortWayTest.Sent sent : traffic) {
                burst.clear();
                sent.frame().appendTo(burst);
                if (random.nextInt(100) == 0) {
                    ShortWayTest.flip(random, burst);
                }
                pair.now += random.nextInt(60) == 0 ? random.nextInt(200) * SECOND : random.nextInt(3_000_000);
                pair.send(sent.direction(), burst, 0);
                switch (random.nextInt(200)) {
                    case 0 -> pair.install(++revision, Action.ALLOW, isLoose);
                    case 1 -> pair.install(++revision, random.nextBoolean() ? Action.REJECT : Action.DROP, isLoose);
                    case 2 -> {
                        TimeoutPreset preset = random.nextBoolean() ? TimeoutPreset.LINUX : TimeoutPreset.NSX;
                        pair.install(++revision, Action.ALLOW, isLoose, preset);
                    }
                    case 3, 4, 5, 6 -> pair.compare();
                    case 7 -> {
                        pair.behind.endOffload();
                        pair.behind.importTable(pair.behind.exportTable(pair.now), pair.now);
                        pair.alone.importTable(pair.alone.exportTable(pair.now), pair.now);
                    }
                    default -> pair.expire();
                }
            }
        }
        pair.compare();
    }

    @Test
    void shouldLetThePortPassWhatIsPlainAndTakeItBackAtTheEnd() {
        try (OffloadPair pair = opened(10)) {
            int next = transfer(pair, 101, 500);
            assertThat(pair.port.passedCount()).isEqualTo(1_000);
            pair.compare();
            assertThat(pair.counter("offload.packets")).isEqualTo(1_000);
            assertThat(pair.port.count()).isEqualTo(1);

            FrameBuilder fin = fromVm().tcp(1_000, 443)
                    .flags(Packets.FIN | Packets.ACK)
                    .sequence(next)
                    .acknowledgement(501);
            assertThat(pair.send(Direction.OUT, fin)).isEqualTo(Verdict.ALLOW);
            assertThat(pair.port.count()).isZero();
            pair.compare();
            assertThat(pair.behind.connections(10, pair.now).getFirst().state()).isEqualTo("FIN_WAIT");
        }
    }

    @Test
    void shouldHandBackWhatIsNotPlain() {
        FrameBuilder reset =
                toVm().tcp(443, 1_000).flags(Packets.RST | Packets.ACK).sequence(501);
        FrameBuilder outOfWindow = data(101 + 10_000_000, SEGMENT);
        FrameBuilder syn = fromVm().tcp(1_000, 443).flags(Packets.SYN).sequence(7);
        for (FrameBuilder frame : List.of(outOfWindow, syn, reset)) {
            try (OffloadPair pair = opened(10)) {
                transfer(pair, 101, 20);
                assertThat(pair.port.count()).isEqualTo(1);
                pair.send(frame == reset ? Direction.IN : Direction.OUT, frame);
                assertThat(pair.port.count()).isZero();
                pair.compare();
            }
        }
    }

    @Test
    void shouldNotPassAFrameOfSomebodyElse() {
        try (OffloadPair pair = opened(10)) {
            int next = transfer(pair, 101, 20);
            FrameBuilder foreignMac = FrameBuilder.frame(Frames.PEER_MAC, Frames.VM_MAC)
                    .ip(Frames.VM, Frames.PEER)
                    .tcp(1_000, 443)
                    .flags(Packets.ACK)
                    .sequence(next)
                    .acknowledgement(501);
            assertThat(pair.send(Direction.OUT, foreignMac)).isEqualTo(Verdict.DROP);
            FrameBuilder wrongSide = data(next, 1);
            assertThat(pair.send(Direction.IN, wrongSide)).isEqualTo(Verdict.DROP);
            FrameBuilder tagged = fromVm().vlan(5)
                    .tcp(1_000, 443)
                    .flags(Packets.ACK)
                    .sequence(next)
                    .acknowledgement(501);
            assertThat(pair.send(Direction.OUT, tagged)).isEqualTo(Verdict.DROP);
            pair.compare();
        }
    }

    @Test
    void shouldJudgeTheNextPacketUnderANewPolicy() {
        try (OffloadPair pair = opened(10)) {
            int next = transfer(pair, 101, 20);
            pair.install(2, Action.DROP, false);
            assertThat(pair.port.count()).isZero();
            assertThat(pair.send(Direction.OUT, data(next, SEGMENT))).isEqualTo(Verdict.DROP);
            assertThat(pair.behind.connectionCount()).isZero();
            pair.compare();
        }
    }

    @Test
    void shouldKeepAConnectionThatOnlyThePortSees() {
        try (OffloadPair pair = opened(10)) {
            int next = transfer(pair, 101, 20);
            long passed = pair.port.passedCount();
            // acknowledged: 5 days; each pause is below what sends a packet back
            for (int hour = 0; hour < 6 * 24; hour++) {
                for (int part = 0; part < 15; part++) {
                    pair.now += 240 * SECOND;
                    pair.send(Direction.OUT, data(next, 0));
                    pair.send(Direction.IN, answer(next));
                }
                pair.expire();
            }
            assertThat(pair.port.passedCount()).isGreaterThan(passed + 4_000);
            assertThat(pair.behind.connectionCount()).isEqualTo(1);
            pair.compare();
            pair.now += TimeUnit.DAYS.toNanos(5) + SECOND;
            pair.expire();
            assertThat(pair.behind.connectionCount()).isZero();
            assertThat(pair.port.count()).isZero();
        }
    }

    @Test
    void shouldOffloadUdpBothWaysUntilItIsIdle() {
        try (OffloadPair pair = new OffloadPair("UDP", 10, 8, SECOND)) {
            pair.install(1, Action.ALLOW, false);
            for (int i = 0; i < 500; i++) {
                pair.now += SECOND / 10;
                pair.send(Direction.OUT, fromVm().udp(5_000, 6_000).payload(new byte[100]));
                pair.send(Direction.IN, toVm().udp(6_000, 5_000).payload(new byte[10]));
            }
            assertThat(pair.port.passedCount()).isGreaterThan(900);
            pair.compare();
            pair.now += 121 * SECOND;
            pair.send(Direction.IN, toVm().udp(6_000, 5_000).payload(new byte[10]));
            pair.expire();
            pair.compare();
            assertThat(pair.port.count()).isZero();
        }
    }

    @Test
    void shouldCountWhatAFullPortRefuses() {
        try (OffloadPair pair = new OffloadPair("full", 1, 4, SECOND)) {
            pair.install(1, Action.ALLOW, false);
            open(pair, 1_000);
            open(pair, 1_001);
            transfer(pair, 1_000, 101, 20);
            transfer(pair, 1_001, 101, 20);
            assertThat(pair.port.count()).isEqualTo(1);
            assertThat(pair.counter("offload.installed")).isEqualTo(1);
            assertThat(pair.counter("offload.refused")).isPositive();
            pair.compare();
        }
    }

    @Test
    void shouldTakeEverythingBackWithTheTableThatLeaves() {
        try (OffloadPair pair = opened(10)) {
            transfer(pair, 101, 20);
            assertThat(pair.port.count()).isEqualTo(1);
            pair.behind.exportTable(pair.now);
            assertThat(pair.port.count()).as("a checkpoint leaves it there").isEqualTo(1);
            pair.behind.endOffload();
            assertThat(pair.behind.exportTable(pair.now).digest())
                    .isEqualTo(pair.alone.exportTable(pair.now).digest());
            assertThat(pair.port.count()).isZero();
        }
    }

    @Test
    void shouldTakeEverythingBackFromAPortThatIsLeft() {
        try (OffloadPair pair = opened(10)) {
            int next = transfer(pair, 101, 20);
            pair.behind.offloadTo(null, 1);
            assertThat(pair.port.count()).isZero();
            transfer(pair, next, 20);
            assertThat(pair.port.count()).isZero();
            pair.compare();
        }
    }

    @Test
    void shouldAllocateNothingForInstallingPassingAndTakingBack() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (OffloadPair pair = opened(10);
                Arena arena = Arena.ofConfined()) {
            Burst burst = new Burst(arena);
            data(1_000, 101, 0).appendTo(burst);
            // sent again: not plain, so that it comes back
            data(1_000, 100, 0).appendTo(burst);
            long allocatedBytes = Long.MAX_VALUE;
            for (int attempt = 0; attempt < 20 && allocatedBytes != 0; attempt++) {
                long before = threads.getCurrentThreadAllocatedBytes();
                for (int i = 0; i < 2_000; i++) {
                    pair.behindOnly(Direction.OUT, burst, i % 10 == 9 ? 1 : 0);
                }
                allocatedBytes = threads.getCurrentThreadAllocatedBytes() - before;
            }
            assertThat(allocatedBytes).isZero();
            assertThat(pair.port.passedCount()).isGreaterThan(1_000);
            assertThat(pair.counter("offload.revoked")).isGreaterThan(100);
        }
    }

    @Test
    void shouldMapSlotsToHandlesAsAnyMapDoes() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        SlotHandles map = new SlotHandles(50);
        Map<Integer, Integer> model = new HashMap<>();
        for (int i = 0; i < 20_000; i++) {
            int slot = random.nextInt(300);
            if (model.remove(slot) != null) {
                map.remove(slot);
            } else if (model.size() < 50) {
                map.put(slot, i);
                model.put(slot, i);
            }
            int other = random.nextInt(300);
            assertThat(map.get(other)).as("seed %d", seed).isEqualTo(model.getOrDefault(other, -1));
        }
    }

    // ---- a conversation that loses nothing ----

    /** A TCP connection behind the handshake, offloaded with its next packet. */
    private static OffloadPair opened(int capacity) {
        OffloadPair pair = new OffloadPair("opened", capacity, 4, SECOND);
        pair.install(1, Action.ALLOW, false);
        open(pair, 1_000);
        return pair;
    }

    private static void open(OffloadPair pair, int port) {
        pair.send(
                Direction.OUT,
                fromVm().tcp(port, 443).flags(Packets.SYN).sequence(100).window(60_000));
        pair.send(
                Direction.IN,
                toVm().tcp(443, port)
                        .flags(Packets.SYN | Packets.ACK)
                        .sequence(500)
                        .acknowledgement(101)
                        .window(60_000));
        pair.send(Direction.OUT, data(port, 101, 0));
        pair.send(Direction.IN, answer(port, 101));
    }

    /** The VM sends segments, each is acknowledged; returns the next sequence number. */
    private static int transfer(OffloadPair pair, int sequence, int segments) {
        return transfer(pair, 1_000, sequence, segments);
    }

    private static int transfer(OffloadPair pair, int port, int sequence, int segments) {
        int next = sequence;
        for (int i = 0; i < segments; i++) {
            pair.now += 1_000_000;
            assertThat(pair.send(Direction.OUT, data(port, next, SEGMENT))).isEqualTo(Verdict.ALLOW);
            next += SEGMENT;
            assertThat(pair.send(Direction.IN, answer(port, next))).isEqualTo(Verdict.ALLOW);
        }
        return next;
    }

    private static FrameBuilder data(int sequence, int bytes) {
        return data(1_000, sequence, bytes);
    }

    private static FrameBuilder data(int port, int sequence, int bytes) {
        return fromVm().tcp(port, 443)
                .flags(Packets.ACK)
                .sequence(sequence)
                .acknowledgement(501)
                .window(60_000)
                .payload(new byte[bytes]);
    }

    private static FrameBuilder answer(int acknowledgement) {
        return answer(1_000, acknowledgement);
    }

    private static FrameBuilder answer(int port, int acknowledgement) {
        return toVm().tcp(443, port)
                .flags(Packets.ACK)
                .sequence(501)
                .acknowledgement(acknowledgement)
                .window(60_000);
    }
}
