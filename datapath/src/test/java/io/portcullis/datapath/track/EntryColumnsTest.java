package io.portcullis.datapath.track;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.packet.PacketView;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Chunks of columns, beside those that are range-coded. */
class EntryColumnsTest {
    private static final long NOW = 1_000_000_000_000L;
    private static final int COUNT = 20_000;
    /** What columns may take beside the same connections range-coded. */
    private static final double MAX_OVER_RANGE_CODED = 1.05;

    @Test
    void shouldBringEveryConnectionOverInHardlyMoreBytesThanRangeCoded() {
        long seed = new Random().nextLong();
        try (ConnectionTable here = new ConnectionTable(COUNT, 1, 2)) {
            new ConnectionPopulation(seed).fill(here, COUNT, here.clock().tick(NOW));
            List<byte[]> columns = updates(here, TableCodec.FORMAT_VERSION);
            List<byte[]> rangeCoded = updates(here, TableCodec.VERSION_WITHOUT_COLUMNS);
            assertThat(columns).as("seed %d", seed).allMatch(chunk -> chunk.length <= TableCodec.MAX_CHUNK_BYTES);
            assertThat(rangeCoded).allMatch(chunk -> version(chunk) == TableCodec.VERSION_WITHOUT_COLUMNS);
            assertThat(columns).anyMatch(chunk -> version(chunk) == TableCodec.FORMAT_VERSION);
            assertThat((double) bytes(columns))
                    .as("seed %d", seed)
                    .isLessThan(bytes(rangeCoded) * MAX_OVER_RANGE_CODED);
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

    @Test
    void shouldRefuseOrTakeWhateverComesUnderARightChecksum() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        byte[] sample = sample(300, 11);
        for (int trial = 0; trial < 4_000; trial++) {
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

    /** A file of the build that wrote this version first; {@code -Dportcullis.golden=write} writes it if it is missing. */
    @Test
    void shouldReadAndWriteWhatTheFirstBuildOfThisVersionWrote() throws IOException {
        byte[] now = sample(500, 1);
        Path file = Path.of("src/test/resources/golden/chunks", "5.bin");
        if (!Files.exists(file) && "write".equals(System.getProperty("portcullis.golden"))) {
            Files.write(file, now);
        }
        byte[] stored = Files.readAllBytes(file);
        try (ConnectionTable here = population(500, 1)) {
            assertThat(digestOf(List.of(stored))).isEqualTo(TableCodec.digest(here, NOW));
        }
        assertThat(now).as("written as before; else it is another version").isEqualTo(stored);
    }

    private static byte[] sample(int count, long seed) {
        try (ConnectionTable here = population(count, seed)) {
            return new ColumnChunks(here, NOW, (_, _) -> {})
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
        List<byte[]> chunks = new ArrayList<>();
        int[] slots = KeyOrder.slots(table, NOW);
        chunks.addAll(TableCodec.updates(table, slots, NOW, version, (_, _) -> {}));
        return chunks;
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
