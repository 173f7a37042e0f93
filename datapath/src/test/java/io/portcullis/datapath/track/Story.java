package io.portcullis.datapath.track;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.packet.PacketView;
import java.util.concurrent.TimeUnit;

/** A client in the VM, a server in the network, a tracker between them that admits every new connection, and a clock. */
final class Story implements AutoCloseable {
    static final Packets.End CLIENT = Packets.End.of(1, 40_000);
    static final Packets.End SERVER = Packets.End.of(2, 443);
    static final long RULE = 77;
    static final long REVISION = 5;

    final ConnectionTracker tracker;
    long nowNanos = 1_000;

    private Story(TrackingProfile profile) {
        tracker = new ConnectionTracker(new ConnectionTable(1_000, 1, 2), profile);
    }

    static Story strict() {
        return new Story(TrackingProfile.STRICT);
    }

    static Story loose() {
        return new Story(TrackingProfile.LOOSE);
    }

    /** Client sequence numbers begin at 1,001, the server's at 5,001; no scaling. */
    static Story established() {
        Story story = strict();
        story.handshake();
        return story;
    }

    void handshake() {
        expect(TrackResult.MISS_NEW, client(Packets.SYN).seq(1_000));
        expect(
                TrackResult.HIT_REPLY,
                server(Packets.SYN | Packets.ACK).seq(5_000).ack(1_001));
        expect(TrackResult.HIT_ORIGINAL, client(Packets.ACK).seq(1_001).ack(5_001));
        expectState(ConnectionState.ESTABLISHED);
    }

    static Packets.Tcp client(int flags) {
        return Packets.tcp(CLIENT, SERVER, flags);
    }

    static Packets.Tcp server(int flags) {
        return Packets.tcp(SERVER, CLIENT, flags);
    }

    Story expect(TrackResult expected, Packets.Tcp segment) {
        return expect(expected, segment.view());
    }

    Story expect(TrackResult expected, PacketView packet) {
        assertThat(send(packet)).isEqualTo(expected);
        return this;
    }

    TrackResult send(PacketView packet) {
        TrackResult result = tracker.lookup(packet, nowNanos);
        if (result == TrackResult.MISS_NEW) {
            Direction direction = packet.sourceLow == CLIENT.low() ? Direction.OUT : Direction.IN;
            assertThat(tracker.insert(packet, direction, RULE, REVISION, nowNanos))
                    .isEqualTo(InsertResult.INSERTED);
        }
        return result;
    }

    Story expectState(ConnectionState state) {
        assertThat(onlyState()).isEqualTo(state);
        return this;
    }

    ConnectionState onlyState() {
        assertThat(tracker.table().count()).isEqualTo(1);
        return tracker.table().state(tracker.table().next(0));
    }

    Story expectConnections(int count) {
        assertThat(tracker.list(100, nowNanos)).hasSize(count);
        return this;
    }

    Story waitSeconds(long seconds) {
        nowNanos += TimeUnit.SECONDS.toNanos(seconds);
        return this;
    }

    @Override
    public void close() {
        tracker.close();
    }
}
