package io.portcullis.datapath.track;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.packet.PacketParser;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.datapath.packet.ParseResult;
import io.portcullis.datapath.port.Burst;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** A table that goes on while it is sent arrives as it is in the end. */
class TableExportTest {
    private static final long START = 1_000_000_000_000L;
    /** The other host's clock has another zero. */
    private static final long APART = -77_000_123_456_789L;

    private static final int MAX_CONNECTIONS = 500;

    private final PacketView packet = new PacketView();

    @RepeatedTest(25)
    void shouldArriveAsItIsInTheEnd() {
        long seed = new Random().nextLong();
        System.out.println("TableExportTest seed " + seed);
        Random random = new Random(seed);
        List<ShortWayTest.Sent> traffic = ShortWayTest.traffic(random);
        int unsentFrom = random.nextInt(traffic.size());
        int sealedAt = unsentFrom + random.nextInt(traffic.size() - unsentFrom);
        try (Arena arena = Arena.ofConfined();
                ConnectionTracker here = tracker();
                ConnectionTracker there = tracker();
                EstablishedPath shortWay = new EstablishedPath(here);
                EstablishedPath shortWayThere = new EstablishedPath(there)) {
            Burst burst = new Burst(arena);
            long now = START;
            int at = 0;
            while (at < unsentFrom) {
                at = fill(burst, traffic, at, unsentFrom, random);
                now += step(random);
                pass(here, shortWay, burst, traffic.get(at - 1).direction(), now);
            }
            boolean isSliced = random.nextBoolean();
            try (TableExport export = here.beginExport(TableCodec.FORMAT_VERSION);
                    TableBatch batch = new TableBatch();
                    TableImport taken = there.beginImport()) {
                export.beginBatch(batch);
                while (at < sealedAt) {
                    at = fill(burst, traffic, at, sealedAt, random);
                    now += step(random);
                    pass(here, shortWay, burst, traffic.get(at - 1).direction(), now);
                    here.expire(now, 1 + random.nextInt(100));
                    if (isSliced) {
                        export.collect(batch, 1 + random.nextInt(15), now);
                    }
                    if (isSliced && (export.isRoundOver() || random.nextInt(8) == 0)) {
                        send(export.encode(batch), taken, now, seed);
                        export.beginBatch(batch);
                    }
                    if (!isSliced && random.nextInt(4) == 0) {
                        send(export.next(1 + random.nextInt(30), now), taken, now, seed);
                    }
                }
                send(export.encode(batch), taken, now, seed);
                while (export.pending() > 0) {
                    send(export.next(Integer.MAX_VALUE, now), taken, now, seed);
                }
                assertThat(taken.finish(export.entries(), export.digest()))
                        .as("seed %d", seed)
                        .isEqualTo(ImportResult.IMPORTED);
            }
            assertSame(here.table(), there.table(), 0, now, seed);
            // ticks are aligned by the first connection that comes
            long apart = there.table().count() == 0 ? CoarseClock.TICK_NANOS : 0;
            while (at < traffic.size()) {
                at = fill(burst, traffic, at, traffic.size(), random);
                now += step(random);
                Direction direction = traffic.get(at - 1).direction();
                String said = pass(here, shortWay, burst, direction, now);
                assertThat(pass(there, shortWayThere, burst, direction, now + APART))
                        .as("seed %d", seed)
                        .isEqualTo(said);
            }
            assertSame(here.table(), there.table(), apart, now, seed);
        }
    }

    private static void assertSame(ConnectionTable here, ConnectionTable there, long apartNanos, long now, long seed) {
        assertThat(TableCodec.digest(there, now + APART)).as("seed %d", seed).isEqualTo(TableCodec.digest(here, now));
        FlowKey key = new FlowKey();
        for (int slot = here.next(0); slot != ConnectionTable.NONE; slot = here.next(slot + 1)) {
            if (!here.isExpired(slot, now)) {
                here.key(slot, key);
                assertThat(there.leftNanos(there.find(key), now + APART))
                        .as("seed %d", seed)
                        .isCloseTo(here.leftNanos(slot, now), within(apartNanos));
            }
        }
    }

    private static void send(TableExport.Round round, TableImport taken, long now, long seed) {
        for (byte[] chunk : round.chunks()) {
            assertThat(taken.add(chunk, now + APART)).as("seed %d", seed).isEqualTo(ImportResult.IMPORTED);
        }
    }

    private static int fill(Burst burst, List<ShortWayTest.Sent> traffic, int from, int to, Random random) {
        burst.clear();
        int most = 1 + random.nextInt(EstablishedPath.FRAMES);
        int at = from;
        Direction direction = traffic.get(at).direction();
        while (at < to && burst.count() < most && traffic.get(at).direction() == direction) {
            traffic.get(at++).frame().appendTo(burst);
        }
        return at;
    }

    private static long step(Random random) {
        return random.nextInt(30) == 0 ? random.nextInt(200) * 1_000_000_000L : random.nextInt(3_000_000);
    }

    /** What was said of each frame. */
    private String pass(
            ConnectionTracker tracker, EstablishedPath shortWay, Burst burst, Direction direction, long now) {
        StringBuilder said = new StringBuilder();
        for (int i = 0; i < burst.count(); i++) {
            shortWay.take(i, burst.memory().address() + burst.offset(i), burst.length(i));
        }
        shortWay.find(burst.count(), direction, now);
        for (int i = 0; i < burst.count(); ) {
            int next = shortWay.passFrom(i, burst.count());
            for (; i < next; i++) {
                said.append(" HIT");
            }
            if (i < burst.count()) {
                said.append(' ').append(judge(tracker, burst, i++, direction, now));
            }
        }
        return said.toString();
    }

    private String judge(ConnectionTracker tracker, Burst burst, int i, Direction direction, long now) {
        ParseResult parsed = PacketParser.parse(burst.memory(), burst.offset(i), burst.length(i), packet);
        if (parsed != ParseResult.OK) {
            return parsed.name();
        }
        TrackResult result = tracker.lookup(packet, now);
        if (result == TrackResult.MISS_NEW) {
            tracker.insert(packet, direction, 1 + packet.destinationPort % 3, 1, now);
        }
        return result.isHit() ? "HIT" : result.name();
    }

    @Test
    void shouldSendOnlyWhatHasChanged() {
        try (ConnectionTracker here = tracker();
                ConnectionTracker there = tracker()) {
            for (int i = 0; i < 300; i++) {
                open(here, i);
            }
            try (TableExport export = here.beginExport(TableCodec.FORMAT_VERSION);
                    TableImport taken = there.beginImport()) {
                assertThat(export.pending()).isEqualTo(300);
                TableExport.Round first = export.next(200, START);
                assertThat(first.entries()).isEqualTo(200);
                assertThat(export.next(200, START).entries()).isEqualTo(100);
                assertThat(export.pending()).isZero();
                assertThat(export.next(200, START).chunks()).isEmpty();

                here.lookup(Packets.udp(Packets.End.of(7, 7), Story.SERVER), START);
                here.lookup(Packets.udp(Packets.End.of(7, 7), Story.SERVER), START);
                assertThat(here.lookup(Packets.udp(Packets.End.of(9, 9), Story.SERVER), START))
                        .isEqualTo(TrackResult.HIT_ORIGINAL);
                here.remove(here.connection());
                open(here, 1_000);
                assertThat(export.pending()).isEqualTo(3);
                TableExport.Round news = export.next(200, START);
                assertThat(news.entries()).isEqualTo(2);
                assertThat(news.removals()).isEqualTo(1);
                assertThat(export.entries()).isEqualTo(300);
                assertThat(export.digest()).isEqualTo(here.export(START).digest());
                assertThat(taken.entries()).isZero();
            }
        }
    }

    @Test
    void shouldSendWhatHasChangedThoughTheTableGrowsAllTheTime() {
        try (ConnectionTracker here = tracker();
                TableExport export = here.beginExport(TableCodec.FORMAT_VERSION);
                TableBatch batch = new TableBatch()) {
            for (int i = 0; i < 100; i++) {
                open(here, i);
            }
            int grown = 100;
            List<Integer> rounds = new ArrayList<>();
            for (int round = 0; round < 4; round++) {
                export.beginBatch(batch);
                do {
                    export.collect(batch, 10, START);
                    open(here, grown++);
                } while (!export.isRoundOver());
                rounds.add(export.encode(batch).entries());
                for (int i = 0; i < 20; i++) {
                    here.lookup(Packets.udp(Packets.End.of(i, i), Story.SERVER), START);
                }
                open(here, grown++);
            }

            // ten steps, then what these and the twenty others have left: 31 in four steps, 25 in three, 24 in three
            assertThat(rounds).containsExactly(100, 31, 25, 24);
            assertThat(export.pending()).isEqualTo(24);
        }
    }

    @Test
    void shouldRefuseRoundsThatDoNotFitTogether() {
        try (ConnectionTracker here = tracker();
                ConnectionTracker there = tracker()) {
            open(there, 77);
            for (int i = 0; i < 20; i++) {
                open(here, i);
            }
            try (TableExport export = here.beginExport(TableCodec.FORMAT_VERSION)) {
                TableExport.Round first = export.next(Integer.MAX_VALUE, START);
                here.lookup(Packets.udp(Packets.End.of(3, 3), Story.SERVER), START);
                here.remove(here.connection());
                TableExport.Round second = export.next(Integer.MAX_VALUE, START);

                try (TableImport lost = there.beginImport()) {
                    assertThat(lost.add(second.chunks().getFirst(), START)).isEqualTo(ImportResult.DAMAGED);
                    assertThat(lost.add(first.chunks().getFirst(), START)).isEqualTo(ImportResult.DAMAGED);
                    assertThat(lost.finish(export.entries(), export.digest())).isEqualTo(ImportResult.DAMAGED);
                }
                try (TableImport unfinished = there.beginImport()) {
                    assertThat(unfinished.add(first.chunks().getFirst(), START)).isEqualTo(ImportResult.IMPORTED);
                    assertThat(unfinished.finish(export.entries(), export.digest()))
                            .isEqualTo(ImportResult.DAMAGED);
                }
                assertThat(there.list(10, START)).hasSize(1);
                try (TableImport whole = there.beginImport()) {
                    assertThat(whole.add(first.chunks().getFirst(), START)).isEqualTo(ImportResult.IMPORTED);
                    assertThat(whole.add(second.chunks().getFirst(), START)).isEqualTo(ImportResult.IMPORTED);
                    assertThat(whole.finish(export.entries(), export.digest())).isEqualTo(ImportResult.IMPORTED);
                }
                assertThat(there.table().count()).isEqualTo(19);
            }
        }
    }

    @RepeatedTest(5)
    void shouldServeSeveralExportsThatKnowNothingOfEachOther() {
        long seed = new Random().nextLong();
        System.out.println("TableExportTest seed " + seed);
        Random random = new Random(seed);
        try (ConnectionTracker here = tracker();
                ConnectionTracker there = tracker();
                ConnectionTracker elsewhere = tracker();
                TableExport first = here.beginExport(TableCodec.FORMAT_VERSION);
                TableImport firstTaken = there.beginImport()) {
            for (int i = 0; i < 100; i++) {
                step(here, random);
                send(first.next(random.nextInt(40), START), firstTaken, START, seed);
            }
            try (TableExport second = here.beginExport(TableCodec.FORMAT_VERSION);
                    TableImport secondTaken = elsewhere.beginImport()) {
                for (int i = 0; i < 300; i++) {
                    step(here, random);
                    if (random.nextBoolean()) {
                        send(first.next(random.nextInt(40), START), firstTaken, START, seed);
                    } else {
                        send(second.next(random.nextInt(40), START), secondTaken, START, seed);
                    }
                }
                arrive(second, secondTaken, here, seed);
            }
            step(here, random);
            arrive(first, firstTaken, here, seed);
        }
    }

    private static void step(ConnectionTracker here, Random random) {
        for (int i = 0; i < 10; i++) {
            int number = 1 + random.nextInt(300);
            PacketView packet = Packets.udp(Packets.End.of(number, number), Story.SERVER);
            if (here.lookup(packet, START) == TrackResult.MISS_NEW) {
                here.insert(packet, Direction.OUT, 1, 1, START);
            } else if (random.nextInt(3) == 0) {
                here.remove(here.connection());
            }
        }
    }

    private static void arrive(TableExport export, TableImport taken, ConnectionTracker here, long seed) {
        while (export.pending() > 0) {
            send(export.next(Integer.MAX_VALUE, START), taken, START, seed);
        }
        assertThat(taken.digest()).as("seed %d", seed).isEqualTo(export.digest());
        assertThat(export.digest())
                .as("seed %d", seed)
                .isEqualTo(here.export(START).digest());
        assertThat(taken.finish(export.entries(), export.digest()))
                .as("seed %d", seed)
                .isEqualTo(ImportResult.IMPORTED);
    }

    @Test
    void shouldEndWhenTheTableIsReplaced() {
        try (ConnectionTracker here = tracker()) {
            open(here, 1);
            TableExport first = here.beginExport(TableCodec.FORMAT_VERSION);
            TableExport second = here.beginExport(TableCodec.FORMAT_VERSION);
            assertThat(first.isEnded()).isFalse();
            first.close();
            assertThat(first.isEnded()).isTrue();
            assertThatThrownBy(() -> first.next(1, START)).isInstanceOf(IllegalStateException.class);
            assertThat(second.isEnded()).isFalse();
            here.importSnapshot(new TableSnapshot(List.of(), 0, 0), START);
            assertThat(second.isEnded()).isTrue();
            second.close();
            open(here, 2);
        }
    }

    private static ConnectionTracker tracker() {
        ConnectionTable table = ConnectionTable.create(MAX_CONNECTIONS);
        table.setCurrentRevision(1);
        return new ConnectionTracker(table, TrackingProfile.STRICT);
    }

    private static void open(ConnectionTracker tracker, int number) {
        PacketView first = Packets.udp(Packets.End.of(number, number), Story.SERVER);
        assertThat(tracker.lookup(first, START)).isEqualTo(TrackResult.MISS_NEW);
        tracker.insert(first, Direction.OUT, 1, 1, START);
    }
}
