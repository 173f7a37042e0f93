package io.portcullis.datapath.track;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.packet.FrameBuilder;
import io.portcullis.datapath.packet.Frames;
import io.portcullis.datapath.packet.PacketView;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SctpTrackerTest {
    private static final int OUR_TAG = 0x1111_1111;
    private static final int PEER_TAG = 0x2222_2222;
    private static final int STRANGER_TAG = 0x3333_3333;

    private static final int FLAG_T = 1;

    private final ConnectionTracker tracker =
            new ConnectionTracker(ConnectionTable.create(100), TrackingProfile.STRICT);
    private long nowNanos;

    @AfterEach
    void close() {
        tracker.close();
    }

    private TrackResult send(boolean fromOpener, int tag, byte[]... chunks) {
        int bytes = 12;
        for (byte[] chunk : chunks) {
            bytes += chunk.length;
        }
        ByteBuffer packet = ByteBuffer.allocate(bytes);
        packet.putShort((short) (fromOpener ? 5_000 : 38_412)).putShort((short) (fromOpener ? 38_412 : 5_000));
        packet.putInt(tag).putInt(0);
        for (byte[] chunk : chunks) {
            packet.put(chunk);
        }
        FrameBuilder frame = fromOpener ? Frames.fromVm() : Frames.toVm();
        PacketView view = Frames.parsed(
                frame.protocol(PacketView.PROTOCOL_SCTP).payload(packet.array()).build());
        TrackResult result = tracker.lookup(view, nowNanos);
        if (result == TrackResult.MISS_NEW) {
            tracker.insert(view, Direction.OUT, 1, 1, nowNanos);
        }
        return result;
    }

    private static byte[] chunk(int type, int flags) {
        return ByteBuffer.allocate(4)
                .put((byte) type)
                .put((byte) flags)
                .putShort((short) 4)
                .array();
    }

    private static byte[] chunk(int type) {
        return chunk(type, 0);
    }

    /** INIT or INIT ACK with the tag that its sender wants to be addressed by. */
    private static byte[] init(int type, int initiateTag) {
        return ByteBuffer.allocate(20)
                .put((byte) type)
                .put((byte) 0)
                .putShort((short) 20)
                .putInt(initiateTag)
                .array();
    }

    private void establish() {
        assertThat(send(true, 0, init(SctpSegment.INIT, OUR_TAG))).isEqualTo(TrackResult.MISS_NEW);
        assertThat(send(false, OUR_TAG, init(SctpSegment.INIT_ACK, PEER_TAG))).isEqualTo(TrackResult.HIT_REPLY);
        assertThat(send(true, PEER_TAG, chunk(SctpSegment.COOKIE_ECHO), chunk(SctpSegment.DATA)))
                .isEqualTo(TrackResult.HIT_ORIGINAL);
        assertThat(send(false, OUR_TAG, chunk(SctpSegment.COOKIE_ACK))).isEqualTo(TrackResult.HIT_REPLY);
        assertThat(state()).isEqualTo(ConnectionState.SCTP_ESTABLISHED);
    }

    private ConnectionState state() {
        return tracker.table().state(tracker.connection());
    }

    /** RFC 9260, 5.1 and 9.2. */
    @Test
    void shouldFollowAnAssociationFromInitToShutdown() {
        establish();
        send(true, PEER_TAG, chunk(SctpSegment.DATA));
        send(true, PEER_TAG, chunk(SctpSegment.SHUTDOWN));
        assertThat(state()).isEqualTo(ConnectionState.SCTP_SHUTDOWN_SENT);
        send(false, OUR_TAG, chunk(SctpSegment.SHUTDOWN_ACK));
        assertThat(state()).isEqualTo(ConnectionState.SCTP_SHUTDOWN_ACKNOWLEDGED);
        send(true, PEER_TAG, chunk(SctpSegment.SHUTDOWN_COMPLETE));
        assertThat(state()).isEqualTo(ConnectionState.SCTP_CLOSED);
        assertThat(send(true, 0, init(SctpSegment.INIT, OUR_TAG + 1)))
                .as("the ports may be used again")
                .isEqualTo(TrackResult.HIT_ORIGINAL);
    }

    /** RFC 9260, 8.4. */
    @Test
    void shouldNotOpenAnythingOutOfTheBlue() {
        for (int type : new int[] {
            SctpSegment.DATA,
            SctpSegment.ABORT,
            SctpSegment.COOKIE_ACK,
            SctpSegment.SHUTDOWN_COMPLETE,
            SctpSegment.SHUTDOWN_ACK,
            SctpSegment.ERROR
        }) {
            assertThat(send(true, PEER_TAG, chunk(type))).isEqualTo(TrackResult.INVALID_NO_CONNECTION);
        }
        tracker.setProfile(TrackingProfile.LOOSE);
        assertThat(send(true, PEER_TAG, chunk(SctpSegment.SHUTDOWN_ACK)))
                .as("8.4, 5: to be answered")
                .isEqualTo(TrackResult.MISS_NEW);
    }

    /** RFC 9260, 8.5. */
    @Test
    void shouldRefuseTheTagsOfStrangers() {
        establish();
        assertThat(send(false, STRANGER_TAG, chunk(SctpSegment.DATA))).isEqualTo(TrackResult.INVALID_TAG);
        assertThat(send(false, STRANGER_TAG, chunk(SctpSegment.ABORT))).isEqualTo(TrackResult.INVALID_TAG);
        assertThat(send(false, OUR_TAG, chunk(SctpSegment.ABORT, FLAG_T)))
                .as("flag T wants the reflected tag")
                .isEqualTo(TrackResult.INVALID_TAG);
        assertThat(send(true, PEER_TAG, init(SctpSegment.INIT, 1)))
                .as("8.5.1 A: an INIT has tag 0")
                .isEqualTo(TrackResult.INVALID_TAG);
        assertThat(send(true, PEER_TAG, chunk(SctpSegment.DATA))).isEqualTo(TrackResult.HIT_ORIGINAL);
        assertThat(state()).isEqualTo(ConnectionState.SCTP_ESTABLISHED);
        assertThat(send(false, PEER_TAG, chunk(SctpSegment.ABORT, FLAG_T))).isEqualTo(TrackResult.HIT_REPLY);
        assertThat(state()).isEqualTo(ConnectionState.SCTP_CLOSED);
    }

    /** RFC 9260, 6.10 and 3.2. */
    @Test
    void shouldRefuseChunksThatCannotStandTogether() {
        assertThat(send(true, 0, init(SctpSegment.INIT, 1), chunk(SctpSegment.DATA)))
                .isEqualTo(TrackResult.INVALID_FLAGS);
        establish();
        assertThat(send(true, PEER_TAG, chunk(SctpSegment.DATA), chunk(SctpSegment.COOKIE_ECHO)))
                .isEqualTo(TrackResult.INVALID_FLAGS);
        assertThat(send(true, PEER_TAG, new byte[] {0, 0, 0, 0}))
                .as("no length")
                .isEqualTo(TrackResult.INVALID_FLAGS);
        assertThat(send(true, PEER_TAG)).as("no chunk").isEqualTo(TrackResult.INVALID_FLAGS);
    }

    /** RFC 9260, 5.2: a restarted end begins again with another tag. */
    @Test
    void shouldFollowARestart() {
        establish();
        assertThat(send(true, 0, init(SctpSegment.INIT, OUR_TAG + 7))).isEqualTo(TrackResult.HIT_ORIGINAL);
        assertThat(send(false, OUR_TAG + 7, init(SctpSegment.INIT_ACK, PEER_TAG + 7)))
                .isEqualTo(TrackResult.HIT_REPLY);
        assertThat(send(true, PEER_TAG + 7, chunk(SctpSegment.COOKIE_ECHO))).isEqualTo(TrackResult.HIT_ORIGINAL);
        assertThat(send(true, PEER_TAG, chunk(SctpSegment.DATA)))
                .as("the tag of its former life")
                .isEqualTo(TrackResult.INVALID_TAG);
    }

    /** RFC 9260, 8.3: paths of a multi-homed end. */
    @Test
    void shouldFollowAPathThatBeginsWithHeartbeats() {
        assertThat(send(true, PEER_TAG, chunk(SctpSegment.HEARTBEAT))).isEqualTo(TrackResult.MISS_NEW);
        assertThat(send(false, OUR_TAG, chunk(SctpSegment.HEARTBEAT_ACK))).isEqualTo(TrackResult.HIT_REPLY);
        assertThat(state()).isEqualTo(ConnectionState.SCTP_ESTABLISHED);
        assertThat(send(true, PEER_TAG, chunk(SctpSegment.DATA))).isEqualTo(TrackResult.HIT_ORIGINAL);
        assertThat(send(false, STRANGER_TAG, chunk(SctpSegment.DATA))).isEqualTo(TrackResult.INVALID_TAG);
    }

    @Test
    void shouldForgetAnInitThatIsOnlyRepeated() {
        send(true, 0, init(SctpSegment.INIT, OUR_TAG));
        for (int second = 1; second < 10; second++) {
            nowNanos = TimeUnit.SECONDS.toNanos(second);
            assertThat(send(true, 0, init(SctpSegment.INIT, OUR_TAG))).isEqualTo(TrackResult.HIT_ORIGINAL);
        }
        nowNanos = TrackingProfile.STRICT.sctpOpeningNanos();
        assertThat(send(true, 0, init(SctpSegment.INIT, OUR_TAG))).isEqualTo(TrackResult.MISS_NEW);
    }

    @Test
    void shouldKeepTagsInASnapshot() {
        establish();
        TableSnapshot snapshot = tracker.export(nowNanos);
        assertThat(tracker.importSnapshot(snapshot, nowNanos)).isEqualTo(ImportResult.IMPORTED);
        assertThat(send(true, PEER_TAG, chunk(SctpSegment.DATA))).isEqualTo(TrackResult.HIT_ORIGINAL);
        assertThat(send(true, STRANGER_TAG, chunk(SctpSegment.DATA))).isEqualTo(TrackResult.INVALID_TAG);
    }
}
