package io.portcullis.datapath.track;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.packet.PacketView;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What an import notes of the VM's own addresses is what a walk of the table finds. */
class LocalAddressesTest {
    private static final long START = 1_000_000_000_000L;

    @Test
    void shouldHaveEachOnceWhoeverOpenedTheConnection() {
        long seed = new Random().nextLong();
        System.out.println("LocalAddressesTest seed " + seed);
        Random random = new Random(seed);
        try (ConnectionTracker here = tracker();
                ConnectionTracker there = tracker();
                TableImport taken = there.beginImport()) {
            for (int i = 0; i < 200; i++) {
                open(here, random);
            }
            for (byte[] chunk : here.export(START).chunks()) {
                assertThat(taken.add(chunk, START)).isEqualTo(ImportResult.IMPORTED);
            }
            List<String> noted = new ArrayList<>();
            taken.localAddresses().forEach((family, high, low) -> noted.add(family + " " + high + " " + low));

            assertThat(noted).as("seed %d", seed).doesNotHaveDuplicates().isNotEmpty();
            assertThat(new HashSet<>(noted)).as("seed %d", seed).isEqualTo(walk(here.table()));
        }
    }

    private static void open(ConnectionTracker tracker, Random random) {
        int own = 1 + random.nextInt(6);
        int port = 1_000 + random.nextInt(1_000);
        boolean isIpv6 = random.nextBoolean();
        Packets.End vm = isIpv6 ? Packets.End.of6(own, port) : Packets.End.of(own, port);
        // sometimes below the VM's address, sometimes above it
        int other = random.nextBoolean() ? 0 : 9;
        Packets.End peer = isIpv6 ? Packets.End.of6(other, 53) : Packets.End.of(other, 53);
        boolean isOut = random.nextBoolean();
        PacketView packet = isOut ? Packets.udp(vm, peer) : Packets.udp(peer, vm);
        if (tracker.lookup(packet, START) == TrackResult.MISS_NEW) {
            tracker.insert(packet, isOut ? Direction.OUT : Direction.IN, 1, 1, START);
        }
    }

    private static Set<String> walk(ConnectionTable table) {
        Set<String> found = new HashSet<>();
        PacketView tuple = new PacketView();
        for (int slot = table.next(0); slot != ConnectionTable.NONE; slot = table.next(slot + 1)) {
            table.originalTuple(slot, tuple);
            found.add(
                    table.isOutbound(slot)
                            ? tuple.family + " " + tuple.sourceHigh + " " + tuple.sourceLow
                            : tuple.family + " " + tuple.destinationHigh + " " + tuple.destinationLow);
        }
        return found;
    }

    private static ConnectionTracker tracker() {
        ConnectionTable table = ConnectionTable.create(10_000);
        table.setCurrentRevision(1);
        return new ConnectionTracker(table, TrackingProfile.STRICT);
    }
}
