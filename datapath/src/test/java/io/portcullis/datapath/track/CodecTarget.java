package io.portcullis.datapath.track;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.packet.PacketView;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * A chunk to the import: bytes as they are, or the chunk of a table of every kind of connection with changes, under a checksum that is
 * right. It is refused whole, or it is imported, and then what is exported is the same again.
 */
public final class CodecTarget {
    private static final int MAX_CONNECTIONS = 64;
    private static final int LENGTH_AT = 12;
    private static final long NOW = 1_000_000_000_000L;
    private static final long THERE = -77_000_000_000_000L;
    private static final byte[] SAMPLE = sample();
    /** The same as columns, but for what is none. */
    private static final byte[] COLUMNS = columns(TableCodec.FORMAT_VERSION);

    private static final byte[] FIRST_COLUMNS = columns(TableCodec.VERSION_OF_FIRST_COLUMNS);

    private CodecTarget() {}

    /** Called by the fuzzer: the first byte says what the others are. */
    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length == 0) {
            return;
        }
        byte[] body = Arrays.copyOfRange(input, 1, input.length);
        byte[] chunk = switch (input[0] & 3) {
            case 0 -> body;
            case 1 -> changed(SAMPLE, body);
            case 3 -> changed((input[0] & 4) == 0 ? FIRST_COLUMNS : COLUMNS, body);
            default -> withBody(body);
        };
        try (ConnectionTracker there = tracker()) {
            require(there.insert(bystander(), Direction.OUT, 1, 1, THERE) == InsertResult.INSERTED, "one finds room");
            TableSnapshot before = there.export(THERE);
            TableSnapshot claimed = claims(chunk);
            ImportResult result = there.importSnapshot(claimed, THERE);
            TableSnapshot after = there.export(THERE);
            if (result == ImportResult.IMPORTED) {
                requireSame(claimed, after);
                requireAgain(after);
            } else {
                requireSame(before, after);
                require(Arrays.equals(before.chunks().getFirst(), after.chunks().getFirst()), "bytes of a refusal");
            }
        }
    }

    /** What an exporter would say of this chunk, as far as it can be read. */
    private static TableSnapshot claims(byte[] chunk) {
        try (ConnectionTable scratch = ConnectionTable.create(MAX_CONNECTIONS);
                TableImport taken = new TableImport(scratch)) {
            boolean isRead = taken.add(chunk, THERE) == ImportResult.IMPORTED;
            return isRead
                    ? new TableSnapshot(List.of(chunk), taken.entries(), taken.digest())
                    : new TableSnapshot(List.of(chunk), 1, 0);
        }
    }

    private static void requireAgain(TableSnapshot exported) {
        try (ConnectionTracker next = tracker()) {
            require(next.importSnapshot(exported, NOW) == ImportResult.IMPORTED, "imports what was exported");
            TableSnapshot again = next.export(NOW);
            requireSame(exported, again);
            for (int i = 0; i < exported.chunks().size(); i++) {
                require(Arrays.equals(exported.chunks().get(i), again.chunks().get(i)), "same bytes");
            }
        }
    }

    private static void requireSame(TableSnapshot expected, TableSnapshot found) {
        require(expected.entries() == found.entries(), found.entries() + " entries, not " + expected.entries());
        require(expected.digest() == found.digest(), "digests differ");
    }

    private static void require(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }

    /** Three bytes change one of a sample's. */
    private static byte[] changed(byte[] sample, byte[] edits) {
        byte[] chunk = sample.clone();
        for (int i = 0; i + 2 < edits.length; i += 3) {
            int at = ((edits[i] & 0xff) << 8 | edits[i + 1] & 0xff) % chunk.length;
            chunk[at] ^= edits[i + 2];
        }
        TableCodec.sign(chunk);
        return chunk;
    }

    /** The sample's header, as many entries as the first two bytes say, then these bytes. */
    private static byte[] withBody(byte[] bytes) {
        int header = SAMPLE.length - ByteBuffer.wrap(SAMPLE).getInt(LENGTH_AT);
        int skipped = Math.min(2, bytes.length);
        byte[] chunk = Arrays.copyOf(SAMPLE, header + bytes.length - skipped);
        ByteBuffer buffer = ByteBuffer.wrap(chunk);
        buffer.putInt(LENGTH_AT, chunk.length - header);
        buffer.putInt(LENGTH_AT - Integer.BYTES, skipped < 2 ? 1 : (bytes[0] & 0x3f) + 1);
        buffer.put(header, bytes, skipped, bytes.length - skipped);
        TableCodec.sign(chunk);
        return chunk;
    }

    private static ConnectionTracker tracker() {
        return new ConnectionTracker(ConnectionTable.create(MAX_CONNECTIONS), TrackingProfile.STRICT);
    }

    private static PacketView bystander() {
        return Packets.udp(Packets.End.of(9, 9), Packets.End.of(8, 8));
    }

    private static byte[] sample() {
        try (ConnectionTracker here = filled()) {
            return here.export(NOW + 1_000_000_000L).chunks().getFirst();
        }
    }

    private static byte[] columns(int version) {
        try (ConnectionTracker here = filled()) {
            return new ColumnChunks(here.table(), NOW + 1_000_000_000L, version, (_, _) -> {})
                    .write(TableCodec.WHOLE, KeyOrder.slots(here.table(), NOW + 1_000_000_000L))
                    .getFirst();
        }
    }

    private static ConnectionTracker filled() {
        ConnectionTracker here = tracker();
        Random random = new Random(1);
        for (int i = 0; i < 6; i++) {
            Packets.End client = i % 2 == 0 ? Packets.End.of(i, 1_000 + i) : Packets.End.of6(i, 1_000 + i);
            Packets.End server = i % 2 == 0 ? Packets.End.of(99, 443) : Packets.End.of6(99, 443);
            List<PacketView> packets = TcpConversation.of(random, client, server);
            packets.subList(0, Math.min(packets.size(), 4 * i + 1)).forEach(packet -> pass(here, packet));
            pass(here, Packets.udp(client, server));
            if (i % 3 == 0) {
                pass(here, Packets.udp(server, client));
            }
        }
        return here;
    }

    private static void pass(ConnectionTracker tracker, PacketView packet) {
        TrackResult result = tracker.lookup(packet, NOW);
        if (result == TrackResult.MISS_NEW) {
            tracker.insert(packet, Direction.OUT, 7, 1, NOW);
        }
    }
}
