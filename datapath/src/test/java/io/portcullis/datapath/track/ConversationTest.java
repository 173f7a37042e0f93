package io.portcullis.datapath.track;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.packet.PacketView;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;

/** Whole random talks: valid ones are never cut, and a move in the middle changes nothing. */
class ConversationTest {
    private static final int TALKS = 40;

    @RepeatedTest(5)
    void shouldNeverCallAPacketOfAValidConversationInvalid() {
        long seed = new Random().nextLong();
        System.out.println("ConversationTest seed " + seed);
        Random random = new Random(seed);
        for (int talk = 0; talk < TALKS; talk++) {
            List<PacketView> packets = TcpConversation.of(random, Story.CLIENT, Story.SERVER);
            try (Story story = Story.strict()) {
                for (int i = 0; i < packets.size(); i++) {
                    TrackResult result = story.send(packets.get(i));
                    assertThat(result.isInvalid())
                            .as("seed %d, talk %d, packet %d of %d: %s", seed, talk, i, packets.size(), result)
                            .isFalse();
                }
                assertThat(story.tracker.table().count()).isEqualTo(1);
            }
        }
    }

    @RepeatedTest(20)
    void shouldDecideTheSameAfterAMoveAtAnyPoint() {
        long seed = new Random().nextLong();
        System.out.println("ConversationTest seed " + seed);
        Random random = new Random(seed);
        History history = History.of(random);
        TrackingProfile profile = random.nextBoolean() ? TrackingProfile.STRICT : TrackingProfile.LOOSE;
        int move = random.nextInt(history.size() + 1);
        long clockDifference = random.nextLong() >> 2;
        try (ConnectionTracker stays = new ConnectionTracker(new ConnectionTable(500, 1, 2), profile);
                ConnectionTracker source = new ConnectionTracker(new ConnectionTable(500, 3, 4), profile);
                ConnectionTracker destination = new ConnectionTracker(new ConnectionTable(500, 5, 6), profile)) {
            for (int i = 0; i < history.size(); i++) {
                if (i == move) {
                    move(source, destination, history.timeOf(i), clockDifference);
                }
                ConnectionTracker moved = i < move ? source : destination;
                long difference = i < move ? 0 : clockDifference;
                TrackResult expected = history.replay(i, stays, 0);
                assertThat(history.replay(i, moved, difference))
                        .as("seed %d, move at %d, packet %d", seed, move, i)
                        .isEqualTo(expected);
            }
            long end = history.timeOf(history.size() - 1);
            ConnectionTracker last = move < history.size() ? destination : source;
            long lastEnd = move < history.size() ? end + clockDifference : end;
            assertThat(last.list(1_000, lastEnd))
                    .as("seed %d, move at %d", seed, move)
                    .usingElementComparator(MovedConnections.SAME)
                    .containsExactlyInAnyOrderElementsOf(stays.list(1_000, end));
            assertThat(last.export(lastEnd).digest())
                    .as("seed %d", seed)
                    .isEqualTo(stays.export(end).digest());
        }
    }

    private static void move(
            ConnectionTracker source, ConnectionTracker destination, long nowNanos, long clockDifference) {
        TableSnapshot snapshot = source.export(nowNanos);
        assertThat(destination.importSnapshot(snapshot, nowNanos + clockDifference))
                .isEqualTo(ImportResult.IMPORTED);
        assertThat(destination.export(nowNanos + clockDifference).digest()).isEqualTo(snapshot.digest());
    }

    /** Packets of many flows, interleaved, some of them bent or from nowhere, with times. */
    private record History(List<PacketView> packets, List<Long> times) {
        static History of(Random random) {
            List<List<PacketView>> flows = new ArrayList<>();
            for (int i = 0; i < 30; i++) {
                flows.add(flow(random, i));
            }
            List<PacketView> packets = new ArrayList<>();
            List<Long> times = new ArrayList<>();
            long now = random.nextLong() >> 2;
            while (!flows.isEmpty()) {
                int at = random.nextInt(flows.size());
                List<PacketView> flow = flows.get(at);
                PacketView packet = flow.removeFirst();
                if (flow.isEmpty()) {
                    flows.remove(at);
                }
                now += random.nextInt(200) == 0 ? random.nextInt(40) * 1_000_000_000L : random.nextInt(10_000_000);
                packets.add(random.nextInt(15) == 0 ? bent(random, packet) : packet);
                times.add(now);
            }
            return new History(packets, times);
        }

        private static List<PacketView> flow(Random random, int number) {
            // few ports, so that later flows meet what earlier ones left behind
            int port = 1_000 + random.nextInt(20);
            boolean isIpv6 = number % 2 == 0;
            Packets.End client = isIpv6 ? Packets.End.of6(1, port) : Packets.End.of(1, port);
            Packets.End server = isIpv6 ? Packets.End.of6(2, 80) : Packets.End.of(2, 80);
            if (number % 3 != 0) {
                return new ArrayList<>(TcpConversation.of(random, client, server));
            }
            List<PacketView> packets = new ArrayList<>();
            for (int i = random.nextInt(50); i >= 0; i--) {
                boolean isReply = random.nextInt(3) == 0;
                Packets.End from = isReply ? server : client;
                Packets.End to = isReply ? client : server;
                packets.add(
                        switch (number % 4) {
                            case 0 -> Packets.udp(from, to);
                            case 1 -> Packets.icmp(client, server, isIpv6 ? 128 : 8);
                            default -> Packets.ip(from, to, 47, 60);
                        });
            }
            return packets;
        }

        private static PacketView bent(Random random, PacketView packet) {
            switch (random.nextInt(5)) {
                case 0 -> packet.tcpFlags = 1 << random.nextInt(6);
                case 1 -> packet.tcpSequence += random.nextInt();
                case 2 -> packet.tcpAcknowledgement += random.nextInt(100_000) - 50_000;
                case 3 -> packet.tcpFlags = PacketView.TCP_RST;
                default -> packet.sourcePort ^= 1;
            }
            return packet;
        }

        int size() {
            return packets.size();
        }

        long timeOf(int packet) {
            return times.get(Math.min(packet, times.size() - 1));
        }

        TrackResult replay(int at, ConnectionTracker tracker, long clockDifference) {
            PacketView packet = packets.get(at);
            long now = times.get(at) + clockDifference;
            TrackResult result = tracker.lookup(packet, now);
            if (result == TrackResult.MISS_NEW) {
                tracker.insert(packet, Direction.IN, at, 3, now);
            }
            return result;
        }
    }
}
