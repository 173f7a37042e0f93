package io.portcullis.datapath.track;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.classify.Rules;
import io.portcullis.datapath.engine.Verdict;
import io.portcullis.datapath.engine.VnicEngine;
import io.portcullis.datapath.engine.VnicIdentity;
import io.portcullis.datapath.packet.FrameBuilder;
import io.portcullis.datapath.packet.Frames;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.datapath.packet.Wire;
import io.portcullis.datapath.port.Burst;
import io.portcullis.policy.Action;
import io.portcullis.policy.TcpPickup;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.VnicProtection;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.policy.table.TableRule;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * An engine that gets bursts goes the short way where it can; one that gets the same frames one by one never does. Both must
 * say and remember the same, whatever is in the burst: packets of one connection in a row, bent ones, new policies between.
 */
class ShortWayTest {
    private static final int FLOWS = 40;
    private static final int[] STAMPS = {1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2};

    private final Verdict[] verdicts = new Verdict[Burst.MAX_FRAMES];

    record Sent(Direction direction, FrameBuilder frame) {}

    @Test
    @Tag("nightly")
    void shouldDecideAndRememberAsTheLongWayDoesAllNight() {
        for (int i = 0; i < 2_000; i++) {
            shouldDecideAndRememberAsTheLongWayDoes();
        }
    }

    @RepeatedTest(25)
    void shouldDecideAndRememberAsTheLongWayDoes() {
        long seed = new Random().nextLong();
        System.out.println("ShortWayTest seed " + seed);
        Random random = new Random(seed);
        List<Sent> traffic = traffic(random);
        VnicIdentity identity =
                new VnicIdentity(VnicId.parse("acme/web-1/eth0"), Frames.VM_MAC, List.of(Frames.VM, Frames.VM6));
        boolean isLoose = random.nextBoolean();
        boolean verifies = random.nextBoolean();
        try (Arena arena = Arena.ofConfined();
                VnicEngine inBursts = new VnicEngine(identity, 200);
                VnicEngine oneByOne = new VnicEngine(identity, 200)) {
            inBursts.setVerifiesChecksums(verifies);
            oneByOne.setVerifiesChecksums(verifies);
            Burst burst = new Burst(arena);
            Burst[] replies = {new Burst(arena), new Burst(arena), new Burst(arena), new Burst(arena)};
            long now = random.nextLong() >> 3;
            long revision = 0;
            for (int at = 0; at < traffic.size(); ) {
                if (revision == 0 || random.nextInt(8) == 0) {
                    revision++;
                    RuleTable table = new RuleTable("t" + revision, rules(random), Action.ALLOW, isLoose);
                    inBursts.install(revision, table, now);
                    oneByOne.install(revision, table, now);
                }
                burst.clear();
                Direction direction = traffic.get(at).direction();
                int most = 1 + random.nextInt(Burst.MAX_FRAMES);
                while (at < traffic.size()
                        && burst.count() < most
                        && burst.hasRoom()
                        && traffic.get(at).direction() == direction) {
                    traffic.get(at++).frame().appendTo(burst);
                    if (random.nextInt(60) == 0) {
                        flip(random, burst);
                    }
                    if (random.nextInt(10) == 0) {
                        offload(random, burst);
                    }
                }
                now += random.nextInt(30) == 0 ? random.nextInt(200) * 1_000_000_000L : random.nextInt(3_000_000);
                compare(inBursts, oneByOne, burst, direction, now, replies, seed);
                inBursts.expire(now);
                oneByOne.expire(now);
            }
            assertThat(inBursts.exportTable(now).digest())
                    .as("seed %d", seed)
                    .isEqualTo(oneByOne.exportTable(now).digest());
            assertThat(inBursts.connections(1_000, now))
                    .as("seed %d", seed)
                    .containsExactlyInAnyOrderElementsOf(oneByOne.connections(1_000, now));
            assertThat(inBursts.counters()).as("seed %d", seed).isEqualTo(oneByOne.counters());
        }
    }

    /** None, or some that do not keep state as the others do. */
    private static List<TableRule> rules(Random random) {
        List<TableRule> rules = new ArrayList<>();
        for (int id = random.nextInt(4); id > 0; id--) {
            Rules rule = Rules.aRule(id).service(Rules.tcp(random.nextBoolean() ? 80 : 1_000 + random.nextInt(30)));
            rule = random.nextBoolean() ? rule.stateless() : rule.pickup(TcpPickup.values()[random.nextInt(3)]);
            rules.add(random.nextInt(5) == 0 ? rule.reject() : rule.allow());
        }
        return rules;
    }

    /** What the VM has learned to be its own nobody else may use from then on, in an established stream neither. */
    @Test
    void shouldKnowLearnedAddressesAsTheLongWayDoes() {
        VnicIdentity identity = new VnicIdentity(
                VnicId.parse("acme/web-1/eth0"),
                Frames.VM_MAC,
                List.of(Frames.VM),
                VnicProtection.STRICT.withLearnedAddresses(1));
        long second = 1_000_000_000L;
        try (Arena arena = Arena.ofConfined();
                VnicEngine engine = new VnicEngine(identity, 200)) {
            Burst burst = new Burst(arena);
            Burst replies = new Burst(arena);
            engine.install(1, new RuleTable("all", List.of(), Action.ALLOW, false), 0);
            for (long now = second; now < 6 * second; now += second) {
                assertThat(twice(engine, burst, Frames.fromVm().udp(5, 6), Direction.OUT, now, replies))
                        .isEqualTo(Verdict.ALLOW);
                assertThat(twice(engine, burst, Frames.toVm().udp(6, 5), Direction.IN, now, replies))
                        .isEqualTo(Verdict.ALLOW);
            }
            FrameBuilder claim = FrameBuilder.arpRequest(Frames.VM_MAC, Frames.PEER, Frames.PEER);
            assertThat(twice(engine, burst, claim, Direction.OUT, 7 * second, replies))
                    .isEqualTo(Verdict.ALLOW);

            assertThat(twice(engine, burst, Frames.toVm().udp(6, 5), Direction.IN, 7 * second, replies))
                    .isEqualTo(Verdict.DROP);
        }
    }

    private Verdict twice(
            VnicEngine engine, Burst burst, FrameBuilder frame, Direction direction, long now, Burst replies) {
        burst.clear();
        frame.appendTo(burst);
        frame.appendTo(burst);
        engine.process(burst, 0, 2, direction, now, verdicts, replies, replies);
        assertThat(verdicts[0]).isEqualTo(verdicts[1]);
        return verdicts[0];
    }

    /** One bit of the headers of the last frame. */
    static void flip(Random random, Burst burst) {
        int last = burst.count() - 1;
        long at = burst.offset(last) + (long) random.nextInt(Math.min(burst.length(last), 74));
        Wire.put8(burst.memory(), at, Wire.u8(burst.memory(), at) ^ 1 << random.nextInt(8));
    }

    /** Random flags and segmentation type, as often as not on a checksum that is not complete. */
    private static void offload(Random random, Burst burst) {
        int last = burst.count() - 1;
        long header = burst.offset(last) - (long) Burst.VNET_HEADER_BYTES;
        Wire.put8(burst.memory(), header, random.nextInt(4));
        Wire.put8(burst.memory(), header + 1, random.nextInt(6) == 0 ? 1 + random.nextInt(5) : 0);
        if (random.nextBoolean()) {
            long end = burst.offset(last) + (long) burst.length(last) - 1;
            Wire.put8(burst.memory(), end, Wire.u8(burst.memory(), end) ^ 1);
        }
    }

    /** Flags and segmentation type of each frame. */
    private static int[] offloads(Burst burst) {
        int[] offloads = new int[burst.count()];
        for (int i = 0; i < offloads.length; i++) {
            offloads[i] = Wire.u16(burst.memory(), burst.offset(i) - (long) Burst.VNET_HEADER_BYTES);
        }
        return offloads;
    }

    private void compare(
            VnicEngine inBursts,
            VnicEngine oneByOne,
            Burst burst,
            Direction direction,
            long now,
            Burst[] replies,
            long seed) {
        for (Burst reply : replies) {
            reply.clear();
        }
        int[] offloads = offloads(burst);
        inBursts.process(burst, 0, burst.count(), direction, now, verdicts, replies[0], replies[1]);
        int[] marked = offloads(burst);
        List<Verdict> fast = new ArrayList<>();
        for (int i = 0; i < burst.count(); i++) {
            fast.add(verdicts[i]);
        }
        for (int i = 0; i < burst.count(); i++) {
            Wire.put16(burst.memory(), burst.offset(i) - (long) Burst.VNET_HEADER_BYTES, offloads[i]);
            oneByOne.process(burst, i, i + 1, direction, now, verdicts, replies[2], replies[3]);
            assertThat(fast.get(i))
                    .as("seed %d, frame %d of %d", seed, i, burst.count())
                    .isEqualTo(verdicts[i]);
            if (verdicts[i].passes()) {
                assertThat(offloads(burst)[i]).as("seed %d, mark", seed).isEqualTo(marked[i]);
            }
        }
        assertThat(replies[0].count()).isEqualTo(replies[2].count());
        assertThat(replies[1].count()).isEqualTo(replies[3].count());
        Map<String, Long> counters = inBursts.counters();
        assertThat(counters).as("seed %d", seed).isEqualTo(oneByOne.counters());
    }

    static List<Sent> traffic(Random random) {
        List<List<Sent>> flows = new ArrayList<>();
        for (int i = 0; i < FLOWS; i++) {
            flows.add(flow(random, i));
        }
        List<Sent> all = new ArrayList<>();
        while (!flows.isEmpty()) {
            int at = random.nextInt(flows.size());
            List<Sent> flow = flows.get(at);
            // a few of one flow in a row, as a sender's burst brings them
            for (int run = random.nextInt(6); run >= 0 && !flow.isEmpty(); run--) {
                Sent sent = flow.removeFirst();
                all.add(sent);
                if (random.nextInt(25) == 0) {
                    all.add(sent);
                }
            }
            if (flow.isEmpty()) {
                flows.remove(at);
            }
        }
        return all;
    }

    private static List<Sent> flow(Random random, int number) {
        boolean isIpv6 = number % 3 == 0;
        int port = 1_000 + random.nextInt(30);
        boolean isFromVm = random.nextBoolean();
        Packets.End vm = isIpv6 ? Packets.End.of6(1, isFromVm ? port : 80) : Packets.End.of(1, isFromVm ? port : 80);
        Packets.End peer = isIpv6 ? Packets.End.of6(2, isFromVm ? 80 : port) : Packets.End.of(2, isFromVm ? 80 : port);
        Packets.End client = isFromVm ? vm : peer;
        Packets.End server = isFromVm ? peer : vm;
        List<Sent> sent = new ArrayList<>();
        if (number % 4 == 3) {
            for (int i = random.nextInt(100); i >= 0; i--) {
                boolean isReply = random.nextInt(3) == 0;
                boolean isOut = isFromVm != isReply;
                FrameBuilder frame = base(isOut, isIpv6)
                        .udp(isReply ? server.port() : client.port(), isReply ? client.port() : server.port())
                        .payload(new byte[random.nextInt(500)]);
                sent.add(new Sent(isOut ? Direction.OUT : Direction.IN, frame));
            }
            return sent;
        }
        boolean hasStamps = random.nextBoolean();
        for (PacketView packet : TcpConversation.of(random, client, server)) {
            boolean isOut = packet.sourceLow == vm.low() && packet.sourcePort == vm.port();
            sent.add(new Sent(isOut ? Direction.OUT : Direction.IN, frame(random, packet, isOut, isIpv6, hasStamps)));
        }
        return sent;
    }

    private static FrameBuilder frame(
            Random random, PacketView packet, boolean isOut, boolean isIpv6, boolean hasStamps) {
        boolean isBent = random.nextInt(40) == 0;
        byte[] options = new byte[packet.tcpOptionsLength];
        for (int i = 0; i < options.length; i++) {
            options[i] = packet.memory.get(ValueLayout.JAVA_BYTE, packet.tcpOptionsOffset + (long) i);
        }
        if (options.length == 0 && hasStamps) {
            options = new byte[STAMPS.length];
            for (int i = 0; i < options.length; i++) {
                options[i] = (byte) STAMPS[i];
            }
        }
        return base(isOut, isIpv6)
                .tcp(packet.sourcePort, packet.destinationPort)
                .flags(isBent && random.nextBoolean() ? 1 << random.nextInt(6) : packet.tcpFlags)
                .sequence(packet.tcpSequence + (isBent ? random.nextInt(200_000) - 100_000 : 0))
                .acknowledgement(packet.tcpAcknowledgement + (isBent ? random.nextInt(20_000) - 10_000 : 0))
                .window(isBent ? random.nextInt(2) : packet.tcpWindow)
                .tcpOptions(options)
                .payload(new byte[packet.tcpPayloadLength]);
    }

    private static FrameBuilder base(boolean isOut, boolean isIpv6) {
        InetAddress vm = isIpv6 ? Frames.VM6 : Frames.VM;
        InetAddress peer = isIpv6 ? Frames.PEER6 : Frames.PEER;
        return isOut
                ? FrameBuilder.frame(Frames.VM_MAC, Frames.PEER_MAC).ip(vm, peer)
                : FrameBuilder.frame(Frames.PEER_MAC, Frames.VM_MAC).ip(peer, vm);
    }
}
