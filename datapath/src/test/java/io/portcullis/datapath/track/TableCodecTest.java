package io.portcullis.datapath.track;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.packet.PacketView;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.Test;

class TableCodecTest {
    private static final long NOW = 1_000_000_000_000L;
    /** The other host's clock has another zero. */
    private static final long THERE = -77_000_000_000_000L;

    @Test
    void shouldMoveEveryKindOfConnection() {
        try (ConnectionTracker here = everyKind();
                ConnectionTracker there = empty(100)) {
            TableSnapshot snapshot = here.export(NOW);
            assertThat(snapshot.entries()).isEqualTo(here.table().count());
            assertThat(there.importSnapshot(snapshot, THERE)).isEqualTo(ImportResult.IMPORTED);
            assertThat(there.list(100, THERE))
                    .usingElementComparator(MovedConnections.SAME)
                    .containsExactlyInAnyOrderElementsOf(here.list(100, NOW));
            TableSnapshot back = there.export(THERE);
            assertThat(back.digest()).isEqualTo(snapshot.digest());
            assertThat(TableCodec.digest(there.table(), THERE)).isEqualTo(snapshot.digest());
            assertThat(back.chunks().getFirst()).isEqualTo(snapshot.chunks().getFirst());
        }
    }

    @Test
    void shouldCarryTimeOutsAsAges() {
        try (ConnectionTracker here = empty(10);
                ConnectionTracker there = empty(10)) {
            open(here, Packets.udp(Story.CLIENT, Story.SERVER), NOW);
            long later = NOW + TrackingProfile.STRICT.udpNanos() - 5;
            assertThat(there.importSnapshot(here.export(later), THERE)).isEqualTo(ImportResult.IMPORTED);
            assertThat(there.list(10, THERE + 4)).hasSize(1);
            assertThat(there.list(10, THERE + 5)).isEmpty();
        }
    }

    @Test
    void shouldLeaveExpiredConnectionsBehind() {
        try (ConnectionTracker here = empty(10)) {
            open(here, Packets.udp(Story.CLIENT, Story.SERVER), NOW);
            TableSnapshot snapshot = here.export(NOW + TrackingProfile.STRICT.udpNanos());
            assertThat(snapshot.entries()).isZero();
            assertThat(snapshot.chunks()).isEmpty();
            assertThat(snapshot.digest()).isZero();
        }
    }

    @Test
    void shouldReplaceWhatWasThere() {
        try (ConnectionTracker here = everyKind();
                ConnectionTracker there = empty(100)) {
            open(there, Packets.udp(Packets.End.of(9, 9), Packets.End.of(8, 8)), THERE);
            assertThat(there.importSnapshot(here.export(NOW), THERE)).isEqualTo(ImportResult.IMPORTED);
            assertThat(there.list(100, THERE))
                    .usingElementComparator(MovedConnections.SAME)
                    .containsExactlyInAnyOrderElementsOf(here.list(100, NOW));
            assertThat(there.importSnapshot(new TableSnapshot(List.of(), 0, 0), THERE))
                    .isEqualTo(ImportResult.IMPORTED);
            assertThat(there.table().count()).isZero();
            open(there, Packets.udp(Packets.End.of(9, 9), Packets.End.of(8, 8)), THERE);
        }
    }

    @Test
    void shouldSplitALargeTableIntoBoundedChunksInAnyOrder() {
        try (ConnectionTracker here = empty(20_000);
                ConnectionTracker there = empty(20_000)) {
            for (int i = 0; i < 20_000; i++) {
                open(here, Packets.udp(Packets.End.of(i, i), Story.SERVER), NOW + i);
            }
            TableSnapshot snapshot = here.export(NOW + 20_000);
            assertThat(snapshot.chunks()).hasSizeGreaterThan(1);
            assertThat(snapshot.chunks()).allMatch(chunk -> chunk.length <= TableCodec.MAX_CHUNK_BYTES);
            TableSnapshot shuffled =
                    new TableSnapshot(snapshot.chunks().reversed(), snapshot.entries(), snapshot.digest());
            assertThat(there.importSnapshot(shuffled, THERE)).isEqualTo(ImportResult.IMPORTED);
            assertThat(there.export(THERE).digest()).isEqualTo(snapshot.digest());
        }
    }

    @Test
    void shouldRefuseWhatIsMissingDoubledOrTooMuch() {
        try (ConnectionTracker here = empty(20_000);
                ConnectionTracker there = everyKind()) {
            for (int i = 0; i < 20_000; i++) {
                open(here, Packets.udp(Packets.End.of(i, i), Story.SERVER), NOW);
            }
            TableSnapshot whole = here.export(NOW);
            List<byte[]> chunks = whole.chunks();
            expectRefused(
                    there, new TableSnapshot(chunks.subList(1, chunks.size()), 100, 0), ImportResult.OVER_CAPACITY);
            expectRefused(there, whole, ImportResult.OVER_CAPACITY);
        }
        try (ConnectionTracker here = everyKind();
                ConnectionTracker there = everyKind()) {
            TableSnapshot whole = here.export(NOW);
            byte[] chunk = whole.chunks().getFirst();
            expectRefused(there, new TableSnapshot(List.of(), whole.entries(), whole.digest()), ImportResult.DAMAGED);
            expectRefused(
                    there,
                    new TableSnapshot(List.of(chunk), whole.entries() + 1, whole.digest()),
                    ImportResult.DAMAGED);
            expectRefused(
                    there,
                    new TableSnapshot(List.of(chunk), whole.entries(), whole.digest() + 1),
                    ImportResult.DAMAGED);
            expectRefused(
                    there,
                    new TableSnapshot(List.of(chunk, chunk), 2 * whole.entries(), 2 * whole.digest()),
                    ImportResult.DUPLICATE);
            byte[] foreign = chunk.clone();
            foreign[5] = TableCodec.FORMAT_VERSION + 1;
            expectRefused(
                    there,
                    new TableSnapshot(List.of(foreign), whole.entries(), whole.digest()),
                    ImportResult.FOREIGN_FORMAT);
        }
    }

    @Test
    void shouldRefuseEveryFlippedBitAndEveryTruncation() {
        try (ConnectionTracker here = everyKind();
                ConnectionTracker there = empty(100)) {
            open(there, Packets.udp(Packets.End.of(9, 9), Packets.End.of(8, 8)), THERE);
            TableSnapshot snapshot = here.export(NOW);
            byte[] chunk = snapshot.chunks().getFirst();
            for (int bit = 0; bit < chunk.length * 8; bit++) {
                byte[] flipped = chunk.clone();
                flipped[bit >> 3] ^= (byte) (1 << (bit & 7));
                expectRefused(there, with(snapshot, flipped), null);
            }
            for (int length = 0; length < chunk.length; length++) {
                expectRefused(there, with(snapshot, Arrays.copyOf(chunk, length)), null);
            }
            expectRefused(there, with(snapshot, Arrays.copyOf(chunk, chunk.length + 1)), null);
            expectRefused(there, with(snapshot, new byte[TableCodec.MAX_CHUNK_BYTES + 1]), null);
        }
    }

    /** A valid checksum over nonsense: nobody's accident, but it must not break anything either. */
    @Test
    void shouldNeverThrowForBytesThatOnlyTheChecksumVouchesFor() {
        long seed = new Random().nextLong();
        System.out.println("TableCodecTest seed " + seed);
        Random random = new Random(seed);
        try (ConnectionTracker here = everyKind()) {
            TableSnapshot snapshot = here.export(NOW);
            byte[] chunk = snapshot.chunks().getFirst();
            for (int i = 0; i < 20_000; i++) {
                byte[] changed = chunk.clone();
                for (int flips = random.nextInt(3); flips >= 0; flips--) {
                    changed[20 + random.nextInt(chunk.length - 20)] = (byte) random.nextInt();
                }
                TableCodec.sign(changed);
                try (ConnectionTracker there = empty(100)) {
                    ImportResult result = there.importSnapshot(with(snapshot, changed), THERE);
                    boolean isSame = Arrays.equals(changed, chunk);
                    assertThat(result == ImportResult.IMPORTED
                                    && !isSame
                                    && there.table().count() == 0)
                            .as("seed %d, step %d", seed, i)
                            .isFalse();
                }
            }
        }
    }

    @Test
    void shouldRefuseChunksOfOlderFormats() {
        try (ConnectionTracker here = everyKind();
                ConnectionTracker there = everyKind()) {
            TableSnapshot snapshot = here.export(NOW);
            for (int version : new int[] {0, 1, 2, TableCodec.FORMAT_VERSION + 1}) {
                byte[] other = snapshot.chunks().getFirst().clone();
                other[5] = (byte) version;
                TableCodec.sign(other);
                expectRefused(there, with(snapshot, other), ImportResult.FOREIGN_FORMAT);
            }
        }
    }

    @Test
    void shouldCarryWhatAdmittedAConnectionThatWasJudgedAgain() {
        try (ConnectionTracker here = everyKind();
                ConnectionTracker there = empty(40_000);
                ConnectionTracker further = empty(40_000)) {
            ConnectionTable table = here.table();
            int number = 0;
            for (int slot = table.next(0); slot != ConnectionTable.NONE; slot = table.next(slot + 1)) {
                if (number++ % 2 == 0) {
                    table.judged(slot, 77, 9);
                    table.judged(slot, 78, 10 + number);
                }
            }
            TableSnapshot snapshot = here.export(NOW);
            assertThat(there.importSnapshot(snapshot, THERE)).isEqualTo(ImportResult.IMPORTED);
            assertThat(further.importSnapshot(there.export(THERE), THERE)).isEqualTo(ImportResult.IMPORTED);

            assertThat(admissions(further, THERE))
                    .isEqualTo(admissions(here, NOW))
                    .anyMatch(each -> each.endsWith("by 78"));
            assertThat(further.export(THERE).digest()).isEqualTo(snapshot.digest());
        }
    }

    private static List<String> admissions(ConnectionTracker tracker, long now) {
        return tracker.list(40_000, now).stream()
                .map(each -> each.originator() + ">" + each.responder() + "/" + each.protocol() + " admitted by "
                        + each.admittingRuleId() + " of " + each.admittingRevision() + ", allowed under "
                        + each.policyRevision() + " by " + each.ruleId())
                .sorted()
                .toList();
    }

    @Test
    void shouldReadChunksThatDoNotKnowWhatAdmittedAConnection() {
        try (ConnectionTracker here = everyKind();
                ConnectionTracker there = empty(40_000)) {
            TableSnapshot snapshot = here.export(NOW);
            assertThat(snapshot.chunks()).hasSize(1);

            TableSnapshot before = with(
                    snapshot, withoutAdmission(here.table(), snapshot.chunks().getFirst()));
            assertThat(there.importSnapshot(before, THERE)).isEqualTo(ImportResult.IMPORTED);

            assertThat(admissions(there, THERE)).isEqualTo(admissions(here, NOW));
        }
    }

    /** The chunk as version 3 had it. */
    private static byte[] withoutAdmission(ConnectionTable table, byte[] chunk) {
        int headerBytes = 24;
        ByteBuffer out = ByteBuffer.allocate(TableCodec.MAX_CHUNK_BYTES).order(ByteOrder.BIG_ENDIAN);
        out.put(chunk, 0, headerBytes);
        RangeEncoder encoder = new RangeEncoder(out);
        EntryFields entry = new EntryFields();
        EntryModel model = new EntryModel(entry, TableCodec.VERSION_WITHOUT_ADMISSION);
        for (int slot : KeyOrder.slots(table, NOW)) {
            entry.load(table, slot, table.clock().tick(NOW));
            model.code(encoder);
        }
        encoder.finish();
        out.putShort(4, (short) TableCodec.VERSION_WITHOUT_ADMISSION).putInt(12, out.position() - headerBytes);
        byte[] sealed = Arrays.copyOf(out.array(), out.position());
        TableCodec.sign(sealed);
        return sealed;
    }

    /** Files of builds that wrote these versions; {@code -Dportcullis.golden=write} writes one that is missing. */
    @Test
    void shouldReadWhatBuildsOfEachVersionWrote() throws IOException {
        try (ConnectionTracker here = everyKind()) {
            byte[] now = here.export(NOW).chunks().getFirst();
            String sample = String.join("\n", admissions(here, NOW)) + "\n";
            String expected = new String(golden("connections.txt", sample.getBytes(UTF_8)), UTF_8);

            assertReads(golden("4.bin", now), expected);
            assertReads(golden("3.bin", withoutAdmission(here.table(), now)), expected);
            assertThat(golden("4.bin", now))
                    .as("written as before; else it is another version")
                    .isEqualTo(now);
        }
    }

    private static void assertReads(byte[] chunk, String expected) {
        TableSnapshot stored;
        try (ConnectionTable table = ConnectionTable.create(40_000);
                TableImport taken = new TableImport(table)) {
            assertThat(taken.add(chunk, THERE)).isEqualTo(ImportResult.IMPORTED);
            stored = new TableSnapshot(List.of(chunk), taken.entries(), taken.digest());
        }
        try (ConnectionTracker there = empty(40_000)) {
            assertThat(there.importSnapshot(stored, THERE)).isEqualTo(ImportResult.IMPORTED);
            assertThat(admissions(there, THERE))
                    .containsExactlyElementsOf(expected.lines().toList());
        }
    }

    private static byte[] golden(String name, byte[] now) throws IOException {
        Path file = Path.of("src/test/resources/golden/chunks", name);
        if (!Files.exists(file) && "write".equals(System.getProperty("portcullis.golden"))) {
            Files.createDirectories(file.getParent());
            Files.write(file, now);
        }
        return Files.readAllBytes(file);
    }

    @Test
    void shouldReadEachChunkByItself() {
        try (ConnectionTracker here = empty(40_000)) {
            for (int i = 0; i < 40_000; i++) {
                open(here, Packets.udp(Packets.End.of(i * 77, i), Story.SERVER), NOW);
            }
            TableSnapshot snapshot = here.export(NOW);
            long digest = 0;
            int entries = 0;
            for (byte[] bytes : snapshot.chunks()) {
                try (ConnectionTable there = ConnectionTable.create(40_000);
                        TableImport taken = new TableImport(there)) {
                    assertThat(taken.add(bytes, THERE)).isEqualTo(ImportResult.IMPORTED);
                    digest += taken.digest();
                    entries += taken.entries();
                }
            }
            assertThat(snapshot.chunks()).hasSizeGreaterThan(1);
            assertThat(entries).isEqualTo(40_000);
            assertThat(digest).isEqualTo(snapshot.digest());
        }
    }

    /** Any bytes behind a right header. */
    @Test
    void shouldRefuseNoise() {
        long seed = new Random().nextLong();
        System.out.println("TableCodecTest seed " + seed);
        Random random = new Random(seed);
        try (ConnectionTracker here = everyKind();
                ConnectionTracker there = everyKind()) {
            byte[] chunk = here.export(NOW).chunks().getFirst();
            TableSnapshot before = there.export(NOW);
            for (int i = 0; i < 2_000; i++) {
                byte[] noise = Arrays.copyOf(chunk, 24 + random.nextInt(600));
                for (int at = 25; at < noise.length; at++) {
                    noise[at] = (byte) (random.nextInt(4) == 0 ? 0 : random.nextInt());
                }
                ByteBuffer.wrap(noise).putInt(8, 1 + random.nextInt(10)).putInt(12, noise.length - 24);
                TableCodec.sign(noise);
                TableSnapshot snapshot = new TableSnapshot(List.of(noise), random.nextInt(10), random.nextLong());
                assertThat(there.importSnapshot(snapshot, NOW))
                        .as("seed %d, step %d", seed, i)
                        .isNotEqualTo(ImportResult.IMPORTED);
            }
            assertThat(there.export(NOW).digest()).isEqualTo(before.digest());
        }
    }

    private static TableSnapshot with(TableSnapshot snapshot, byte[] chunk) {
        return new TableSnapshot(List.of(chunk), snapshot.entries(), snapshot.digest());
    }

    private static void expectRefused(
            ConnectionTracker tracker,
            TableSnapshot snapshot,
            @org.jspecify.annotations.Nullable ImportResult expected) {
        TableSnapshot before = tracker.export(NOW);
        ImportResult result = tracker.importSnapshot(snapshot, NOW);
        assertThat(result).isNotEqualTo(ImportResult.IMPORTED);
        if (expected != null) {
            assertThat(result).isEqualTo(expected);
        }
        TableSnapshot after = tracker.export(NOW);
        assertThat(after.digest()).isEqualTo(before.digest());
        assertThat(after.entries()).isEqualTo(before.entries());
    }

    private static ConnectionTracker empty(int maxConnections) {
        return new ConnectionTracker(ConnectionTable.create(maxConnections), TrackingProfile.STRICT);
    }

    private static void open(ConnectionTracker tracker, PacketView packet, long nowNanos) {
        assertThat(tracker.lookup(packet, nowNanos)).isEqualTo(TrackResult.MISS_NEW);
        assertThat(tracker.insert(packet, Direction.IN, -1, 1L << 40, nowNanos)).isEqualTo(InsertResult.INSERTED);
    }

    /** TCP in several states, UDP, ICMP and another protocol, IPv4 and IPv6, all alive at NOW. */
    private static ConnectionTracker everyKind() {
        ConnectionTracker tracker = empty(100);
        LongUnaryOperator ago = seconds -> NOW - seconds * 1_000_000_000L;
        List<PacketView> story = new ArrayList<>();
        for (Packets.End[] ends : List.of(
                new Packets.End[] {Packets.End.of(1, 40_000), Packets.End.of(2, 443)},
                new Packets.End[] {Packets.End.of6(9, 443), Packets.End.of6(3, 50_000)})) {
            Packets.End client = ends[0];
            Packets.End server = ends[1];
            story.add(Packets.tcp(client, server, Packets.SYN)
                    .seq(-3)
                    .scale(7)
                    .sackPermitted()
                    .view());
            story.add(Packets.tcp(server, client, Packets.SYN | Packets.ACK)
                    .seq(99)
                    .ack(-2)
                    .scale(2)
                    .sackPermitted()
                    .view());
            story.add(Packets.tcp(client, server, Packets.ACK)
                    .seq(-2)
                    .ack(100)
                    .bytes(700)
                    .view());
            story.add(Packets.udp(server, client));
            story.add(Packets.udp(client, server));
            story.add(Packets.icmp(client, server, client.high() == 0 ? 8 : 128));
            story.add(Packets.ip(client, server, 47, 100));
        }
        story.add(Packets.tcp(Packets.End.of(1, 1), Packets.End.of(2, 2), Packets.SYN)
                .view());
        for (PacketView packet : story) {
            long now = ago.applyAsLong(3);
            if (tracker.lookup(packet, now) == TrackResult.MISS_NEW) {
                tracker.insert(packet, Direction.OUT, 0x1234_5678_9abc_def0L, 12, now);
            }
        }
        assertThat(tracker.table().count()).isEqualTo(9);
        return tracker;
    }
}
