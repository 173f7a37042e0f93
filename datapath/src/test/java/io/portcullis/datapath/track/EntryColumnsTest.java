package io.portcullis.datapath.track;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.packet.PacketView;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Chunks of columns, beside those that are range-coded. */
class EntryColumnsTest {
    private static final long NOW = 1_000_000_000_000L;
    private static final int COUNT = 20_000;
    /** What columns may take beside the same connections range-coded. */
    private static final double MAX_OVER_RANGE_CODED = 1.02;

    private static final double MAX_FIRST_COLUMNS_OVER_RANGE_CODED = 1.05;
    private static final int FULL_SEGMENT = 1_448;
    private static final long MOST_IDLE_ERROR_NANOS = 1_024_000_000L;

    @Test
    void shouldBringEveryConnectionOverInHardlyMoreBytesThanRangeCoded() {
        expectHardlyMoreBytesThanRangeCoded(TableCodec.FORMAT_VERSION, MAX_OVER_RANGE_CODED);
    }

    @Test
    void shouldWriteForHostsThatReadOnlyTheFirstColumns() {
        expectHardlyMoreBytesThanRangeCoded(TableCodec.VERSION_OF_FIRST_COLUMNS, MAX_FIRST_COLUMNS_OVER_RANGE_CODED);
    }

    private static void expectHardlyMoreBytesThanRangeCoded(int columnVersion, double most) {
        long seed = new Random().nextLong();
        try (ConnectionTable here = new ConnectionTable(COUNT, 1, 2)) {
            new ConnectionPopulation(seed).fill(here, COUNT, here.clock().tick(NOW));
            List<byte[]> columns = updates(here, columnVersion);
            List<byte[]> rangeCoded = updates(here, TableCodec.VERSION_WITHOUT_COLUMNS);
            assertThat(columns).as("seed %d", seed).allMatch(chunk -> chunk.length <= TableCodec.MAX_CHUNK_BYTES);
            assertThat(rangeCoded).allMatch(chunk -> version(chunk) == TableCodec.VERSION_WITHOUT_COLUMNS);
            assertThat(columns).allMatch(chunk -> version(chunk) == columnVersion);
            assertThat((double) bytes(columns)).as("seed %d", seed).isLessThan(bytes(rangeCoded) * most);
            assertThat(digestOf(columns)).as("seed %d", seed).isEqualTo(TableCodec.digest(here, NOW));
        }
    }

    @Test
    void shouldLeaveWhatIsUnusualToOthers() {
        Random random = new Random(5);
        try (ConnectionTracker here = new ConnectionTracker(ConnectionTable.create(COUNT), TrackingProfile.STRICT)) {
            for (int i = 0; i < 3_000; i++) {
                boolean isIpv6 = i % 7 == 0;
                Packets.End client = isIpv6 ? Packets.End.of6(i, 1_000) : Packets.End.of(random.nextInt(), i & 0xffff);
                Packets.End server = isIpv6 ? Packets.End.of6(99, 53) : Packets.End.of(99, i % 5 == 0 ? i : 53);
                pass(here, Packets.udp(client, server));
                if (i % 3 == 0) {
                    TcpConversation.of(random, client, server).subList(0, i % 4).forEach(packet -> pass(here, packet));
                }
            }
            // more rules than a chunk of columns names
            ConnectionTable table = here.table();
            for (int slot = table.next(0); slot >= 0; slot = table.next(slot + 1)) {
                table.judged(slot, slot % 2_000, 1 + slot % 3);
            }
            List<byte[]> chunks = updates(table, TableCodec.FORMAT_VERSION);
            assertThat(chunks).anyMatch(chunk -> version(chunk) == TableCodec.FORMAT_VERSION);
            assertThat(chunks).anyMatch(chunk -> version(chunk) == TableCodec.VERSION_WITHOUT_COLUMNS);
            assertThat(digestOf(chunks)).isEqualTo(TableCodec.digest(table, NOW));
        }
    }

    @Test
    void shouldFindTheDigestsThatTheirBytesHave() {
        EntryDigest digest = new EntryDigest();
        EntryFields entry = new EntryFields();
        FlowKey key = new FlowKey();
        ByteBuffer scratch = ByteBuffer.allocate(EntryCodec.MAX_BYTES);
        Random random = new Random(7);
        try (ConnectionTracker here = new ConnectionTracker(ConnectionTable.create(COUNT), TrackingProfile.STRICT)) {
            for (int i = 0; i < 500; i++) {
                boolean isIpv6 = i % 3 == 0;
                Packets.End client = isIpv6 ? Packets.End.of6(i, 1_000) : Packets.End.of(i, 1_000);
                Packets.End server = isIpv6 ? Packets.End.of6(99, 443) : Packets.End.of(99, 443);
                pass(here, Packets.udp(client, server));
                TcpConversation.of(random, client, server).stream().limit(i % 9).forEach(packet -> pass(here, packet));
            }
            ConnectionTable table = here.table();
            for (int slot = table.next(0); slot >= 0; slot = table.next(slot + 1)) {
                if (slot % 4 == 0) {
                    table.judged(slot, random.nextLong(), slot);
                }
                table.setCounters(slot, random.nextInt() & 0xffff_ffffL, random.nextLong() >>> 16);
                scratch.clear();
                EntryCodec.writeLasting(table, slot, key, scratch);
                entry.load(table, slot, 0);
                assertThat(digest.of(entry)).isEqualTo(EntryCodec.digest(scratch, 0, scratch.position()));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {TableCodec.VERSION_OF_FIRST_COLUMNS, TableCodec.FORMAT_VERSION})
    void shouldRefuseOrTakeWhateverComesUnderARightChecksum(int version) {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        byte[] sample = sample(300, 11, version);
        for (int trial = 0; trial < 3_000; trial++) {
            byte[] changed = sample.clone();
            for (int edits = 1 + random.nextInt(3); edits > 0; edits--) {
                int at = TableCodec.HEADER_BYTES + random.nextInt(changed.length - TableCodec.HEADER_BYTES);
                changed[at] = (byte) random.nextInt();
            }
            TableCodec.sign(changed);
            try (ConnectionTable there = ConnectionTable.create(COUNT);
                    TableImport taken = new TableImport(there)) {
                assertThat(taken.add(changed, NOW))
                        .as("seed %d, trial %d", seed, trial)
                        .isIn(ImportResult.IMPORTED, ImportResult.DAMAGED, ImportResult.DUPLICATE);
            }
        }
    }

    @Test
    void shouldTellTheLastPacketByTheDataThatIsUnderWay() {
        long seed = new Random().nextLong();
        try (ConnectionTable here = new ConnectionTable(COUNT, 1, 2)) {
            new ConnectionPopulation(seed).fill(here, COUNT, here.clock().tick(NOW));
            EntryFields entry = new EntryFields();
            for (int slot = here.next(0); slot != ConnectionTable.NONE; slot = here.next(slot + 1)) {
                entry.load(here, slot, here.clock().tick(NOW));
                int sender = entry.lastDirection;
                boolean isUnderWay = entry.maxAck[1 - sender] != entry.end[sender];
                entry.maxAck[1 - sender] = isUnderWay ? entry.end[sender] - FULL_SEGMENT : entry.maxAck[1 - sender];
                entry.fingerprint = PeerModel.expectedFingerprint(entry, slot % 10 == 0 ? 0 : FULL_SEGMENT);
                entry.store(here, slot, here.clock().tick(NOW));
            }
            List<byte[]> columns = updates(here, TableCodec.FORMAT_VERSION);
            assertThat(digestOf(columns)).as("seed %d", seed).isEqualTo(TableCodec.digest(here, NOW));
            assertThat((double) bytes(columns) / COUNT)
                    .as("seed %d", seed)
                    .isLessThan((double) bytes(updates(here, TableCodec.VERSION_OF_FIRST_COLUMNS)) / COUNT - 1);
        }
    }

    /** Each host's clock has another zero. */
    @Test
    void shouldChangeTimesOnceHoweverOftenTheyMove() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        ConnectionTable there = new ConnectionTable(COUNT, 1, 2);
        new ConnectionPopulation(seed).fill(there, 2_000, there.clock().tick(NOW));
        Map<String, ConnectionInfo> before = byEnds(there, NOW);
        long now = NOW;
        for (int move = 0; move < 30; move++) {
            ConnectionTable next = new ConnectionTable(COUNT, 1, 2);
            long nowThere = random.nextLong(NOW);
            try (TableImport taken = new TableImport(next)) {
                for (byte[] chunk : updates(there, now, TableCodec.FORMAT_VERSION)) {
                    assertThat(taken.add(chunk, nowThere)).isEqualTo(ImportResult.IMPORTED);
                }
                assertThat(taken.finish(2_000, taken.digest())).isEqualTo(ImportResult.IMPORTED);
            }
            there.close();
            there = next;
            now = nowThere;
        }
        try (ConnectionTable last = there) {
            byEnds(last, now).forEach((ends, moved) -> {
                ConnectionInfo was = before.get(ends);
                assertThat(moved.idleNanos())
                        .as("seed %d, %s", seed, ends)
                        .isCloseTo(was.idleNanos(), within(MOST_IDLE_ERROR_NANOS));
                assertThat(moved.ageNanos())
                        .as("seed %d, %s", seed, ends)
                        .isBetween(was.ageNanos() - 100_000_000L, was.ageNanos() / 7 * 8 + 100_000_000L);
            });
        }
    }

    private static Map<String, ConnectionInfo> byEnds(ConnectionTable table, long now) {
        return table.list(COUNT, now).stream()
                .collect(Collectors.toMap(each -> each.originator() + " " + each.responder(), each -> each));
    }

    /** A file of the build that wrote each version first; {@code -Dportcullis.golden=write} writes it if it is missing. */
    @ParameterizedTest
    @ValueSource(ints = {TableCodec.VERSION_OF_FIRST_COLUMNS, TableCodec.FORMAT_VERSION})
    void shouldReadAndWriteWhatTheFirstBuildOfEachVersionWrote(int version) throws IOException {
        byte[] now = sample(500, 1, version);
        Path file = Path.of("src/test/resources/golden/chunks", version + ".bin");
        if (!Files.exists(file) && "write".equals(System.getProperty("portcullis.golden"))) {
            Files.write(file, now);
        }
        byte[] stored = Files.readAllBytes(file);
        try (ConnectionTable here = population(500, 1)) {
            assertThat(digestOf(List.of(stored))).isEqualTo(TableCodec.digest(here, NOW));
        }
        assertThat(now).as("written as before; else it is another version").isEqualTo(stored);
    }

    private static byte[] sample(int count, long seed, int version) {
        try (ConnectionTable here = population(count, seed)) {
            return new ColumnChunks(here, NOW, version, (_, _) -> {})
                    .write(TableCodec.UPDATES, KeyOrder.slots(here, NOW))
                    .getFirst();
        }
    }

    private static ConnectionTable population(int count, long seed) {
        ConnectionTable table = new ConnectionTable(count, 1, 2);
        new ConnectionPopulation(seed).fill(table, count, table.clock().tick(NOW));
        return table;
    }

    private static List<byte[]> updates(ConnectionTable table, int version) {
        return updates(table, NOW, version);
    }

    private static List<byte[]> updates(ConnectionTable table, long now, int version) {
        return TableCodec.updates(table, KeyOrder.slots(table, now), now, version, (_, _) -> {});
    }

    private static long digestOf(List<byte[]> chunks) {
        try (ConnectionTable there = ConnectionTable.create(COUNT);
                TableImport taken = new TableImport(there)) {
            for (byte[] chunk : chunks) {
                assertThat(taken.add(chunk, NOW)).isEqualTo(ImportResult.IMPORTED);
            }
            return taken.digest();
        }
    }

    private static int version(byte[] chunk) {
        return TableCodec.version(ByteBuffer.wrap(chunk));
    }

    private static long bytes(List<byte[]> chunks) {
        return chunks.stream().mapToLong(chunk -> chunk.length).sum();
    }

    private static void pass(ConnectionTracker tracker, PacketView packet) {
        if (tracker.lookup(packet, NOW) == TrackResult.MISS_NEW) {
            tracker.insert(packet, Direction.OUT, 7, 1, NOW);
        }
    }
}
