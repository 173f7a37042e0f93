package io.portcullis.datapath.track;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portcullis.datapath.Direction;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConnectionTableTest {
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void shouldBehaveLikeAMap(long seed) {
        Random random = new Random(seed);
        Map<Integer, Integer> model = new HashMap<>();
        List<Integer> keys = new ArrayList<>();
        try (ConnectionTable table = new ConnectionTable(5_000, random.nextLong(), random.nextLong())) {
            for (int step = 0; step < 40_000; step++) {
                // grows in the first half, shrinks in the second
                boolean adds = random.nextInt(100) < (step < 20_000 ? 60 : 35);
                if (adds) {
                    int id = random.nextInt(20_000);
                    int found = table.find(key(id));
                    assertThat(found != ConnectionTable.NONE)
                            .as("seed %d", seed)
                            .isEqualTo(model.containsKey(id));
                    if (found == ConnectionTable.NONE) {
                        int slot = table.add(key(id));
                        table.setState(slot, ConnectionState.OTHER_NEW);
                        table.judged(slot, id, 0);
                        model.put(id, slot);
                        keys.add(id);
                    }
                } else if (!keys.isEmpty()) {
                    int at = random.nextInt(keys.size());
                    int id = keys.get(at);
                    keys.set(at, keys.getLast());
                    keys.removeLast();
                    table.remove(model.remove(id));
                }
                assertThat(table.count()).isEqualTo(model.size());
            }
            for (Map.Entry<Integer, Integer> entry : model.entrySet()) {
                int slot = table.find(key(entry.getKey()));
                assertThat(slot).as("seed %d", seed).isEqualTo(entry.getValue());
                assertThat(table.ruleId(slot)).isEqualTo((long) entry.getKey());
            }
            Set<Integer> iterated = new HashSet<>();
            for (int slot = table.next(0); slot != ConnectionTable.NONE; slot = table.next(slot + 1)) {
                assertThat(iterated.add((int) table.ruleId(slot))).isTrue();
            }
            assertThat(iterated).isEqualTo(model.keySet());
        }
    }

    @Test
    void shouldRefuseMoreThanItsLimitAndKeepTheOthers() {
        try (ConnectionTracker tracker = new ConnectionTracker(ConnectionTable.create(300), TrackingProfile.STRICT)) {
            for (int i = 0; i < 300; i++) {
                assertThat(open(tracker, i, 0)).isEqualTo(InsertResult.INSERTED);
            }
            assertThat(open(tracker, 300, 0)).isEqualTo(InsertResult.TABLE_FULL);
            assertThat(tracker.connection()).isEqualTo(ConnectionTable.NONE);
            for (int i = 0; i < 300; i++) {
                assertThat(tracker.lookup(Packets.udp(Story.SERVER, Packets.End.of(1, i)), 1))
                        .isEqualTo(TrackResult.HIT_REPLY);
            }
        }
    }

    @Test
    void shouldMakeRoomForNewConnectionsWhenOldOnesAreOver() {
        try (ConnectionTracker tracker = new ConnectionTracker(ConnectionTable.create(100), TrackingProfile.STRICT)) {
            for (int i = 0; i < 100; i++) {
                open(tracker, i, 0);
            }
            long later = TrackingProfile.STRICT.udpNanos();
            assertThat(open(tracker, 100, later - 1)).isEqualTo(InsertResult.TABLE_FULL);
            for (int i = 100; i < 200; i++) {
                assertThat(open(tracker, i, later)).isEqualTo(InsertResult.INSERTED);
            }
        }
    }

    @Test
    void shouldSweepABoundedPieceAtATime() {
        try (ConnectionTracker tracker = new ConnectionTracker(ConnectionTable.create(1_000), TrackingProfile.STRICT)) {
            for (int i = 0; i < 1_000; i++) {
                open(tracker, i, 0);
            }
            long later = TrackingProfile.STRICT.udpNanos();
            assertThat(tracker.expire(later - 1, 10_000)).isZero();
            assertThat(tracker.expire(later, 400)).isEqualTo(400);
            assertThat(tracker.expire(later, 400)).isEqualTo(400);
            assertThat(tracker.expire(later, 400)).isEqualTo(200);
            assertThat(tracker.table().count()).isZero();
        }
    }

    /** Who knew the secret of one table could fill another one's buckets. */
    @Test
    void shouldHaveASecretOfItsOwn() {
        try (ConnectionTable one = ConnectionTable.create(10);
                ConnectionTable other = ConnectionTable.create(10)) {
            assertThat(one.keyHash().of(1, 2)).isNotEqualTo(other.keyHash().of(1, 2));
        }
    }

    @Test
    void shouldRefuseASillyLimit() {
        assertThatThrownBy(() -> ConnectionTable.create(0)).isInstanceOf(IllegalArgumentException.class);
    }

    private static InsertResult open(ConnectionTracker tracker, int port, long nowNanos) {
        var packet = Packets.udp(Packets.End.of(1, port), Story.SERVER);
        assertThat(tracker.lookup(packet, nowNanos)).isEqualTo(TrackResult.MISS_NEW);
        return tracker.insert(packet, Direction.OUT, 1, 1, nowNanos);
    }

    private static FlowKey key(int id) {
        FlowKey key = new FlowKey();
        key.set(Packets.ip(Packets.End.of(1, 0), Packets.End.of(100 + id, 0), 47, 20));
        return key;
    }
}
