package io.portcullis.datapath.track;

import static io.portcullis.datapath.track.ConnectionState.CLOSED;
import static io.portcullis.datapath.track.ConnectionState.CLOSE_WAIT;
import static io.portcullis.datapath.track.ConnectionState.ESTABLISHED;
import static io.portcullis.datapath.track.ConnectionState.FIN_WAIT;
import static io.portcullis.datapath.track.ConnectionState.LAST_ACK;
import static io.portcullis.datapath.track.ConnectionState.SYN_RECEIVED;
import static io.portcullis.datapath.track.ConnectionState.SYN_SENT;
import static io.portcullis.datapath.track.ConnectionState.SYN_SENT2;
import static io.portcullis.datapath.track.ConnectionState.TIME_WAIT;
import static io.portcullis.datapath.track.Packets.ACK;
import static io.portcullis.datapath.track.Packets.FIN;
import static io.portcullis.datapath.track.Packets.RST;
import static io.portcullis.datapath.track.Packets.SYN;
import static io.portcullis.datapath.track.Story.client;
import static io.portcullis.datapath.track.Story.server;
import static io.portcullis.datapath.track.TrackResult.HIT_ORIGINAL;
import static io.portcullis.datapath.track.TrackResult.HIT_REPLY;
import static io.portcullis.datapath.track.TrackResult.INVALID_ACKNOWLEDGEMENT;
import static io.portcullis.datapath.track.TrackResult.INVALID_FLAGS;
import static io.portcullis.datapath.track.TrackResult.INVALID_NO_CONNECTION;
import static io.portcullis.datapath.track.TrackResult.INVALID_RESET;
import static io.portcullis.datapath.track.TrackResult.INVALID_SEQUENCE;
import static io.portcullis.datapath.track.TrackResult.INVALID_STATE;
import static io.portcullis.datapath.track.TrackResult.MISS_NEW;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Lives of TCP connections as a listener in the middle sees them: opening, closing, resets, reuse. */
class TcpTrackerTest {
    @Test
    void shouldFollowAWholeLife() {
        try (Story story = Story.established()) {
            story.expect(HIT_ORIGINAL, client(ACK).seq(1_001).ack(5_001).bytes(100))
                    .expect(HIT_REPLY, server(ACK).seq(5_001).ack(1_101).bytes(1_000))
                    .expect(HIT_ORIGINAL, client(FIN | ACK).seq(1_101).ack(6_001))
                    .expectState(FIN_WAIT)
                    .expect(HIT_REPLY, server(ACK).seq(6_001).ack(1_102))
                    .expectState(CLOSE_WAIT)
                    .expect(HIT_REPLY, server(FIN | ACK).seq(6_001).ack(1_102))
                    .expectState(LAST_ACK)
                    .expect(HIT_ORIGINAL, client(ACK).seq(1_102).ack(6_002))
                    .expectState(TIME_WAIT)
                    .waitSeconds(119)
                    .expectConnections(1)
                    .waitSeconds(1)
                    .expectConnections(0);
        }
    }

    @Test
    void shouldRememberRuleRevisionAndDirection() {
        try (Story story = Story.established()) {
            ConnectionTable table = story.tracker.table();
            int slot = table.next(0);
            assertThat(table.ruleId(slot)).isEqualTo(Story.RULE);
            assertThat(table.revision(slot)).isEqualTo(Story.REVISION);
            assertThat(table.isOutbound(slot)).isTrue();
            assertThat(table.isAnswered(slot)).isTrue();
            assertThat(table.packets(slot)).isEqualTo(3);
            assertThat(table.bytes(slot)).isEqualTo(3 * 40);
        }
    }

    @Test
    void shouldLetTheServerSendLongAfterTheClientClosed() {
        try (Story story = Story.established()) {
            story.expect(HIT_ORIGINAL, client(FIN | ACK).seq(1_001).ack(5_001))
                    .expect(HIT_REPLY, server(ACK).seq(5_001).ack(1_002));
            for (int i = 0; i < 10; i++) {
                story.waitSeconds(50)
                        .expect(
                                HIT_REPLY,
                                server(ACK).seq(5_001 + i * 1_000).ack(1_002).bytes(1_000))
                        .expect(HIT_ORIGINAL, client(ACK).seq(1_002).ack(6_001 + i * 1_000))
                        .expectState(CLOSE_WAIT);
            }
        }
    }

    @Test
    void shouldFollowASimultaneousOpen() {
        try (Story story = Story.strict()) {
            story.expect(MISS_NEW, client(SYN).seq(1_000))
                    .expect(HIT_REPLY, server(SYN).seq(5_000))
                    .expectState(SYN_SENT2)
                    .expect(HIT_ORIGINAL, client(SYN | ACK).seq(1_000).ack(5_001))
                    .expectState(SYN_RECEIVED)
                    .expect(HIT_REPLY, server(SYN | ACK).seq(5_000).ack(1_001))
                    .expect(HIT_ORIGINAL, client(ACK).seq(1_001).ack(5_001))
                    .expectState(ESTABLISHED)
                    .expect(HIT_REPLY, server(ACK).seq(5_001).ack(1_001).bytes(10));
        }
    }

    @Test
    void shouldFollowASplitHandshake() {
        try (Story story = Story.strict()) {
            story.expect(MISS_NEW, client(SYN).seq(1_000))
                    .expect(HIT_REPLY, server(ACK).seq(4_999).ack(1_001))
                    .expect(HIT_REPLY, server(SYN).seq(5_000))
                    .expect(HIT_ORIGINAL, client(SYN | ACK).seq(1_000).ack(5_001))
                    .expect(HIT_REPLY, server(ACK).seq(5_001).ack(1_001))
                    .expectState(ESTABLISHED)
                    .expect(HIT_ORIGINAL, client(ACK).seq(1_001).ack(5_001).bytes(10));
        }
    }

    @Test
    void shouldTakeDataInTheSyn() {
        try (Story story = Story.strict()) {
            story.expect(MISS_NEW, client(SYN).seq(1_000).bytes(200))
                    .expect(HIT_REPLY, server(SYN | ACK).seq(5_000).ack(1_201).bytes(0))
                    .expect(HIT_ORIGINAL, client(ACK).seq(1_201).ack(5_001))
                    .expectState(ESTABLISHED);
        }
    }

    @Test
    void shouldForgetAConnectionThatIsRefused() {
        try (Story story = Story.strict()) {
            story.expect(MISS_NEW, client(SYN).seq(1_000))
                    .expect(HIT_REPLY, server(RST | ACK).seq(0).ack(1_001))
                    .expectConnections(0)
                    .expect(MISS_NEW, client(SYN).seq(9_000));
        }
    }

    @Test
    void shouldNotKeepARefusedSynAliveByRepeatingIt() {
        try (Story story = Story.strict()) {
            story.expect(MISS_NEW, client(SYN).seq(1_000))
                    .waitSeconds(100)
                    .expect(HIT_ORIGINAL, client(SYN).seq(1_000))
                    .waitSeconds(20)
                    .expectConnections(0);
        }
    }

    @Test
    void shouldCloseOnAnExactReset() {
        try (Story story = Story.established()) {
            story.expect(HIT_REPLY, server(RST).seq(5_001))
                    .expectState(CLOSED)
                    .waitSeconds(10)
                    .expectConnections(0);
        }
    }

    @Test
    void shouldCloseOnAResetThatFollowsItsData() {
        try (Story story = Story.established()) {
            story.expect(HIT_REPLY, server(ACK).seq(5_001).ack(1_001).bytes(19))
                    .expect(HIT_REPLY, server(RST | ACK).seq(5_020).ack(1_001))
                    .expectState(CLOSED);
        }
    }

    @Test
    void shouldStayEstablishedOnAnInexactResetAndBelieveTheExactOneThatFollows() {
        try (Story story = Story.established()) {
            story.expect(HIT_REPLY, server(RST).seq(5_100))
                    .expectState(ESTABLISHED)
                    .waitSeconds(1)
                    .expect(HIT_ORIGINAL, client(ACK).seq(1_001).ack(5_001))
                    .waitSeconds(3_600)
                    .expectState(ESTABLISHED)
                    .expect(HIT_REPLY, server(RST).seq(5_001))
                    .expectState(CLOSED);
        }
    }

    @Test
    void shouldSoonForgetAConnectionWhoseEndTookAnInexactReset() {
        try (Story story = Story.established()) {
            story.expect(HIT_REPLY, server(RST).seq(5_100)).waitSeconds(10).expectConnections(0);
        }
    }

    @Test
    void shouldRefuseResetsOutsideTheWindow() {
        try (Story story = Story.established()) {
            story.expect(INVALID_RESET, server(RST).seq(4_000))
                    .expect(INVALID_SEQUENCE, server(RST).seq(5_001 + 200_000))
                    .expect(INVALID_SEQUENCE, client(RST).seq(1_001 + 200_000))
                    .expectState(ESTABLISHED);
        }
    }

    @Test
    void shouldBeginAnewWhenASynReusesAClosedConnection() {
        try (Story story = Story.established()) {
            story.expect(HIT_ORIGINAL, client(FIN | ACK).seq(1_001).ack(5_001))
                    .expect(HIT_REPLY, server(FIN | ACK).seq(5_001).ack(1_002))
                    .expect(HIT_ORIGINAL, client(ACK).seq(1_002).ack(5_002))
                    .expectState(TIME_WAIT)
                    .expect(MISS_NEW, client(SYN).seq(70_000))
                    .expectState(SYN_SENT)
                    .expect(HIT_REPLY, server(SYN | ACK).seq(1_000_000).ack(70_001))
                    .expect(HIT_ORIGINAL, client(ACK).seq(70_001).ack(1_000_001))
                    .expectState(ESTABLISHED);
        }
    }

    @Test
    void shouldBeginAnewAfterTheClientsOwnReset() {
        try (Story story = Story.established()) {
            story.expect(HIT_ORIGINAL, client(RST).seq(1_001))
                    .expectState(CLOSED)
                    .expect(MISS_NEW, client(SYN).seq(70_000))
                    .expectState(SYN_SENT);
        }
    }

    @Test
    void shouldBelieveASynInAnEstablishedConnectionOnlyOnceItIsAnswered() {
        try (Story story = Story.established()) {
            story.expect(HIT_ORIGINAL, client(SYN).seq(900_000).scale(7))
                    .expectState(ESTABLISHED)
                    .expect(HIT_REPLY, server(ACK).seq(5_001).ack(1_001))
                    .expectState(ESTABLISHED)
                    .expect(HIT_ORIGINAL, client(SYN).seq(900_000).scale(7))
                    .expect(
                            HIT_REPLY,
                            server(SYN | ACK).seq(8_000_000).ack(900_001).scale(2))
                    .expectState(SYN_RECEIVED)
                    .expect(HIT_ORIGINAL, client(ACK).seq(900_001).ack(8_000_001))
                    .expectState(ESTABLISHED);
        }
    }

    @Test
    void shouldRefuseASynFromTheServerInTheMiddle() {
        try (Story story = Story.established()) {
            story.expect(INVALID_STATE, server(SYN).seq(5_001)).expectState(ESTABLISHED);
        }
    }

    @Test
    void shouldNotTakeAChallengeAckForTheLastAck() {
        try (Story story = Story.established()) {
            story.expect(HIT_ORIGINAL, client(FIN | ACK).seq(1_001).ack(5_001))
                    .expect(HIT_REPLY, server(FIN | ACK).seq(5_001).ack(1_002))
                    .expectState(LAST_ACK)
                    .expect(HIT_ORIGINAL, client(SYN).seq(800_000))
                    .expect(HIT_REPLY, server(ACK).seq(5_002).ack(1_002))
                    .expectState(LAST_ACK);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, FIN, SYN | FIN, SYN | RST, RST | FIN, FIN | RST | ACK, SYN | ACK | 0x20, RST | 0x20, 0x3f})
    void shouldRefuseFlagsThatDoNotGoTogether(int flags) {
        try (Story story = Story.established()) {
            story.expect(INVALID_FLAGS, client(flags).seq(1_001).ack(5_001));
        }
        try (Story story = Story.loose()) {
            story.expect(INVALID_FLAGS, client(flags).seq(1_001).ack(5_001)).expectConnections(0);
        }
    }

    @Test
    void shouldNotPickUpAConnectionInItsMiddleWhenStrict() {
        try (Story story = Story.strict()) {
            story.expect(
                            INVALID_NO_CONNECTION,
                            client(ACK).seq(1_001).ack(5_001).bytes(10))
                    .expect(INVALID_NO_CONNECTION, server(SYN | ACK).seq(5_000).ack(1_001))
                    .expect(INVALID_NO_CONNECTION, client(FIN | ACK).seq(1_001).ack(5_001))
                    .expect(INVALID_NO_CONNECTION, client(RST).seq(1_001))
                    .expectConnections(0);
        }
    }

    @Test
    void shouldPickUpAConnectionInItsMiddleWhenLoose() {
        try (Story story = Story.loose()) {
            story.expect(INVALID_NO_CONNECTION, server(SYN | ACK).seq(5_000).ack(1_001))
                    .expect(INVALID_NO_CONNECTION, client(FIN | ACK).seq(1_001).ack(5_001))
                    .expect(MISS_NEW, client(ACK).seq(1_001).ack(5_001).bytes(10))
                    .expectState(ESTABLISHED)
                    .expect(HIT_REPLY, server(ACK).seq(5_001).ack(1_011).bytes(500_000));
        }
    }

    @Test
    void shouldGoOnWithARestoredConnectionThatWentOnMeanwhile() {
        try (Story story = Story.established()) {
            TableSnapshot checkpoint = story.tracker.export(story.nowNanos);
            assertThat(story.tracker.importSnapshot(checkpoint, story.nowNanos)).isEqualTo(ImportResult.IMPORTED);
            story.expect(INVALID_SEQUENCE, client(ACK).seq(9_001_001).ack(5_001).bytes(10));

            restore(story, checkpoint);

            // a repeated segment, and an acknowledgement of more than what was seen since
            story.expect(HIT_ORIGINAL, client(ACK).seq(9_000_001).ack(7_000_001).bytes(1_000))
                    .expect(HIT_REPLY, server(ACK).seq(7_000_001).ack(9_030_001))
                    .expect(
                            HIT_ORIGINAL,
                            client(ACK).seq(9_030_001).ack(7_000_001).bytes(1_000))
                    .expect(HIT_REPLY, server(ACK).seq(7_000_001).ack(9_031_001).bytes(500))
                    .expectState(ESTABLISHED);
        }
    }

    private static void restore(Story story, TableSnapshot checkpoint) {
        try (TableImport taken = story.tracker.beginImport()) {
            checkpoint
                    .chunks()
                    .forEach(chunk ->
                            assertThat(taken.add(chunk, story.nowNanos)).isEqualTo(ImportResult.IMPORTED));
            taken.resume();
            assertThat(story.tracker.finishImport(taken, checkpoint.entries(), checkpoint.digest()))
                    .isEqualTo(ImportResult.IMPORTED);
        }
    }

    @Test
    void shouldGiveAPickedUpConnectionWithoutAnswerAShortLife() {
        try (Story story = Story.loose()) {
            story.expect(MISS_NEW, client(ACK).seq(1_001).ack(5_001).bytes(10))
                    .waitSeconds(300)
                    .expectConnections(0);
        }
    }

    @Test
    void shouldKeepAnIdleEstablishedConnectionForFiveDays() {
        try (Story story = Story.established()) {
            story.waitSeconds(5 * 86_400 - 1)
                    .expect(HIT_REPLY, server(ACK).seq(5_001).ack(1_001).bytes(10))
                    .expect(HIT_ORIGINAL, client(ACK).seq(1_001).ack(5_011));
        }
    }

    @Test
    void shouldDropAPacketThatAcknowledgesWhatWasNeverSent() {
        try (Story story = Story.established()) {
            story.expect(INVALID_ACKNOWLEDGEMENT, client(ACK).seq(1_001).ack(5_002))
                    .expectState(ESTABLISHED)
                    .expect(HIT_ORIGINAL, client(ACK).seq(1_001).ack(5_001));
        }
    }

    @Test
    void shouldSayWhichResetTheEndsAccept() {
        try (Story story = Story.established()) {
            story.expect(HIT_ORIGINAL, client(ACK).seq(1_001).ack(5_001).bytes(100));
            ConnectionTable table = story.tracker.table();
            int slot = table.next(0);
            assertThat(table.resetSequence(slot, true)).isEqualTo(5_001);
            assertThat(table.resetAcknowledgement(slot, true)).isEqualTo(1_101);
            // the server has acknowledged 1,001 only: if the data is lost after us, only that is exact
            assertThat(table.resetSequence(slot, false)).isEqualTo(1_001);
            assertThat(table.resetAcknowledgement(slot, false)).isEqualTo(5_001);
        }
    }
}
