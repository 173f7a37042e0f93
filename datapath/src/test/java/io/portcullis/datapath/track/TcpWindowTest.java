package io.portcullis.datapath.track;

import static io.portcullis.datapath.track.ConnectionState.ESTABLISHED;
import static io.portcullis.datapath.track.Packets.ACK;
import static io.portcullis.datapath.track.Packets.SYN;
import static io.portcullis.datapath.track.Story.client;
import static io.portcullis.datapath.track.Story.server;
import static io.portcullis.datapath.track.TrackResult.HIT_ORIGINAL;
import static io.portcullis.datapath.track.TrackResult.HIT_REPLY;
import static io.portcullis.datapath.track.TrackResult.INVALID_ACKNOWLEDGEMENT;
import static io.portcullis.datapath.track.TrackResult.INVALID_SEQUENCE;
import static io.portcullis.datapath.track.TrackResult.MISS_NEW;

import io.portcullis.datapath.packet.PacketView;
import org.junit.jupiter.api.Test;

/** The four window checks, with scaling, SACK, wrap-around, super-frames and retransmissions. */
class TcpWindowTest {
    /** Client scale 7, server scale 9. */
    private static Story scaled() {
        Story story = Story.strict();
        story.expect(MISS_NEW, client(SYN).seq(1_000).win(64_240).scale(7).sackPermitted())
                .expect(
                        HIT_REPLY,
                        server(SYN | ACK)
                                .seq(5_000)
                                .ack(1_001)
                                .win(65_160)
                                .scale(9)
                                .sackPermitted())
                .expect(HIT_ORIGINAL, client(ACK).seq(1_001).ack(5_001).win(502));
        return story;
    }

    @Test
    void shouldDropWhatIsBeyondTheWindow() {
        try (Story story = Story.established()) {
            story.expect(
                            INVALID_SEQUENCE,
                            server(ACK).seq(5_001 + 200_000).ack(1_001).bytes(10))
                    .expect(
                            INVALID_SEQUENCE,
                            client(ACK).seq(1_001 + 200_000).ack(5_001).bytes(10))
                    .expectState(ESTABLISHED)
                    .expect(HIT_REPLY, server(ACK).seq(5_001).ack(1_001).bytes(10));
        }
    }

    @Test
    void shouldHonourTheScaledWindowAndNoMore() {
        try (Story story = scaled()) {
            int window = 502 << 7;
            story.expect(HIT_REPLY, server(ACK).seq(5_001 + window).ack(1_001).win(1))
                    .expect(
                            INVALID_SEQUENCE,
                            server(ACK).seq(5_001 + 3 * window).ack(1_001).bytes(1))
                    .expect(HIT_REPLY, server(ACK).seq(5_001).ack(1_001).win(128))
                    .expect(
                            HIT_ORIGINAL,
                            client(ACK).seq(1_001 + (128 << 9)).ack(5_001).win(502));
        }
    }

    @Test
    void shouldNotScaleWhenOnlyOneEndSaysSo() {
        try (Story story = Story.strict()) {
            story.expect(MISS_NEW, client(SYN).seq(1_000).win(1_000).scale(7))
                    .expect(HIT_REPLY, server(SYN | ACK).seq(5_000).ack(1_001).win(1_000))
                    .expect(HIT_ORIGINAL, client(ACK).seq(1_001).ack(5_001).win(1_000))
                    .expect(
                            INVALID_SEQUENCE,
                            server(ACK).seq(5_001 + 2_500).ack(1_001).bytes(10));
        }
    }

    @Test
    void shouldLimitTheScaleToFourteen() {
        try (Story story = Story.strict()) {
            story.expect(MISS_NEW, client(SYN).seq(1_000).win(1_000).scale(30))
                    .expect(
                            HIT_REPLY,
                            server(SYN | ACK).seq(5_000).ack(1_001).win(1_000).scale(0))
                    .expect(HIT_ORIGINAL, client(ACK).seq(1_001).ack(5_001).win(1))
                    .expect(HIT_REPLY, server(ACK).seq(5_001 + (1 << 14)).ack(1_001))
                    .expect(INVALID_SEQUENCE, server(ACK).seq(5_001 + (1 << 17)).ack(1_001));
        }
    }

    @Test
    void shouldStopAtOptionsThatCannotBe() {
        try (Story story = Story.strict()) {
            story.expect(MISS_NEW, client(SYN).seq(1_000).option(8, 0, 3, 3))
                    .expect(HIT_REPLY, server(SYN | ACK).seq(5_000).ack(1_001).option(1, 1, 1, 3))
                    .expect(HIT_ORIGINAL, client(ACK).seq(1_001).ack(5_001).option(5, 40, 0, 0));
        }
    }

    @Test
    void shouldLetRetransmissionsPass() {
        try (Story story = Story.established()) {
            for (int i = 0; i < 50; i++) {
                int at = 5_001 + i * 1_400;
                story.expect(HIT_REPLY, server(ACK).seq(at).ack(1_001).bytes(1_400))
                        .expect(HIT_ORIGINAL, client(ACK).seq(1_001).ack(at + 1_400));
            }
            story.expect(
                            HIT_REPLY,
                            server(ACK).seq(5_001 + 49 * 1_400).ack(1_001).bytes(1_400))
                    .expect(HIT_REPLY, server(ACK).seq(5_001).ack(1_001).bytes(1_400))
                    .expect(HIT_ORIGINAL, client(ACK).seq(1_001).ack(5_001 + 50 * 1_400));
        }
    }

    @Test
    void shouldFollowSelectiveAcknowledgements() {
        try (Story story = scaled()) {
            // the first segment never came here; the second and its SACK did
            story.expect(HIT_REPLY, server(ACK).seq(6_401).ack(1_001).bytes(1_400))
                    .expect(
                            HIT_ORIGINAL,
                            client(ACK).seq(1_001).ack(5_001).win(502).sack(6_401, 7_801))
                    .expect(
                            INVALID_ACKNOWLEDGEMENT,
                            client(ACK).seq(1_001).ack(5_001).win(502).sack(6_401, 7_802))
                    .expect(HIT_REPLY, server(ACK).seq(5_001).ack(1_001).bytes(1_400))
                    .expect(HIT_ORIGINAL, client(ACK).seq(1_001).ack(7_801).win(502));
        }
    }

    @Test
    void shouldCountModuloTwoToThe32() {
        try (Story story = Story.strict()) {
            int first = -5;
            story.expect(MISS_NEW, client(SYN).seq(first))
                    .expect(HIT_REPLY, server(SYN | ACK).seq(0x7fff_fffe).ack(first + 1))
                    .expect(HIT_ORIGINAL, client(ACK).seq(first + 1).ack(0x7fff_ffff))
                    .expect(
                            HIT_ORIGINAL,
                            client(ACK).seq(first + 1).ack(0x7fff_ffff).bytes(1_000))
                    .expect(
                            HIT_REPLY,
                            server(ACK).seq(0x7fff_ffff).ack(first + 1_001).bytes(1_000))
                    .expect(HIT_ORIGINAL, client(ACK).seq(first + 1_001).ack(0x7fff_ffff + 1_000))
                    .expect(
                            INVALID_SEQUENCE,
                            client(ACK).seq(first + 1_001 + 0x4000_0000).ack(0x7fff_ffff + 1_000));
        }
    }

    @Test
    void shouldTakeSegmentationOffloadSuperFrames() {
        try (Story story = scaled()) {
            int at = 5_001;
            for (int i = 0; i < 200; i++) {
                story.expect(HIT_REPLY, server(ACK).seq(at).ack(1_001).bytes(64_000));
                at += 64_000;
                story.expect(HIT_ORIGINAL, client(ACK).seq(1_001).ack(at).win(502));
            }
        }
    }

    @Test
    void shouldTakeKeepAlivesAndTheirAnswers() {
        try (Story story = Story.established()) {
            for (int i = 0; i < 20; i++) {
                story.waitSeconds(7_200)
                        .expect(HIT_REPLY, server(ACK).seq(5_000).ack(1_001))
                        .expect(HIT_ORIGINAL, client(ACK).seq(1_001).ack(5_001))
                        .expect(HIT_ORIGINAL, client(ACK).seq(1_000).ack(5_001).bytes(1))
                        .expect(HIT_REPLY, server(ACK).seq(5_001).ack(1_001));
            }
        }
    }

    @Test
    void shouldLetAZeroWindowBeProbed() {
        try (Story story = Story.established()) {
            story.expect(HIT_REPLY, server(ACK).seq(5_001).ack(1_001).bytes(65_000))
                    .expect(HIT_ORIGINAL, client(ACK).seq(1_001).ack(70_001).win(0));
            for (int i = 0; i < 10; i++) {
                story.waitSeconds(60)
                        .expect(HIT_REPLY, server(ACK).seq(70_001).ack(1_001).bytes(1))
                        .expect(HIT_ORIGINAL, client(ACK).seq(1_001).ack(70_001).win(0));
            }
            story.expect(HIT_ORIGINAL, client(ACK).seq(1_001).ack(70_001).win(60_000))
                    .expect(HIT_REPLY, server(ACK).seq(70_001).ack(1_001).bytes(60_000));
        }
    }

    @Test
    void shouldForgiveASmallOvershootButBelieveItOnlyOnceAcknowledged() {
        try (Story story = Story.established()) {
            story.expect(
                            HIT_REPLY,
                            server(ACK).seq(5_001 + 65_535 + 2).ack(1_001).bytes(100))
                    .expect(HIT_ORIGINAL, client(ACK).seq(1_001).ack(5_001 + 65_535 + 102));
        }
    }

    @Test
    void shouldTakeTheAcknowledgementOfASegmentThatCameInFragments() {
        try (Story story = Story.established()) {
            PacketView first =
                    server(ACK).seq(5_001).ack(1_001).win(8_000).bytes(1_400).view();
            first.isFragment = true;
            first.hasMoreFragments = true;
            story.expect(HIT_REPLY, first)
                    .expect(HIT_ORIGINAL, client(ACK).seq(1_001).ack(5_001 + 4_000))
                    .expect(HIT_REPLY, server(ACK).seq(9_001).ack(1_001).bytes(1_400))
                    .expect(HIT_ORIGINAL, client(ACK).seq(1_001).ack(9_001 + 1_400))
                    .expect(INVALID_ACKNOWLEDGEMENT, client(ACK).seq(1_001).ack(5_001 + 80_000));
        }
    }

    @Test
    void shouldShortenTheLifeOfAConnectionThatOnlyRepeatsItself() {
        try (Story story = Story.established()) {
            for (int i = 0; i < 5; i++) {
                story.expect(HIT_ORIGINAL, client(ACK).seq(1_001).ack(5_001).bytes(100));
            }
            story.waitSeconds(300).expectConnections(0);
        }
    }
}
