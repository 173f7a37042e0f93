package io.portcullis.datapath.track;

import static io.portcullis.datapath.packet.Frames.PEER;
import static io.portcullis.datapath.packet.Frames.VM;
import static io.portcullis.datapath.packet.Frames.datagramOf;
import static io.portcullis.datapath.packet.Frames.fromVm;
import static io.portcullis.datapath.packet.Frames.fromVm6;
import static io.portcullis.datapath.packet.Frames.parsed;
import static io.portcullis.datapath.packet.Frames.toVm;
import static io.portcullis.datapath.packet.Frames.toVm6;
import static io.portcullis.datapath.track.TrackResult.HIT_ORIGINAL;
import static io.portcullis.datapath.track.TrackResult.HIT_REPLY;
import static io.portcullis.datapath.track.TrackResult.INVALID_FORGED_ERROR;
import static io.portcullis.datapath.track.TrackResult.INVALID_FRAGMENT;
import static io.portcullis.datapath.track.TrackResult.INVALID_NOT_IP;
import static io.portcullis.datapath.track.TrackResult.INVALID_NO_CONNECTION;
import static io.portcullis.datapath.track.TrackResult.INVALID_UNRELATED_ERROR;
import static io.portcullis.datapath.track.TrackResult.MISS_NEW;
import static io.portcullis.datapath.track.TrackResult.MISS_UNTRACKED;
import static io.portcullis.datapath.track.TrackResult.RELATED;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.packet.FrameBuilder;
import io.portcullis.datapath.packet.Frames;
import io.portcullis.datapath.packet.PacketView;
import java.net.InetAddress;
import org.junit.jupiter.api.Test;

/** UDP, ICMP, its errors, and protocols without ports, on real frames. */
class OtherTrackersTest {
    @Test
    void shouldTellAUdpStreamFromAQuestion() {
        try (Story story = Story.strict()) {
            story.expect(MISS_NEW, view(fromVm().udp(4_000, 53)))
                    .expectState(ConnectionState.UDP_NEW)
                    .expect(HIT_REPLY, view(toVm().udp(53, 4_000)))
                    .expectState(ConnectionState.UDP_ANSWERED)
                    .waitSeconds(29)
                    .expect(HIT_ORIGINAL, view(fromVm().udp(4_000, 53)))
                    .expectState(ConnectionState.UDP_STREAM)
                    .waitSeconds(119)
                    .expectConnections(1)
                    .waitSeconds(1)
                    .expectConnections(0);
        }
    }

    @Test
    void shouldForgetAnUnansweredQuestionSooner() {
        try (Story story = Story.strict()) {
            story.expect(MISS_NEW, view(fromVm6().udp(4_000, 53)))
                    .waitSeconds(30)
                    .expect(MISS_NEW, view(toVm6().udp(53, 4_000)));
            assertThat(story.tracker.table().isOutbound(story.tracker.connection()))
                    .isFalse();
        }
    }

    @Test
    void shouldTrackEchoByIdentifier() {
        try (Story story = Story.strict()) {
            story.expect(INVALID_NO_CONNECTION, view(toVm().echoReply(7, 1)))
                    .expect(MISS_NEW, view(fromVm().echoRequest(7, 1)))
                    .expect(HIT_REPLY, view(toVm().echoReply(7, 1)))
                    .expect(HIT_ORIGINAL, view(fromVm().echoRequest(7, 2)))
                    .expect(INVALID_NO_CONNECTION, view(toVm().echoReply(8, 1)))
                    .expect(INVALID_NO_CONNECTION, view(fromVm().echoReply(7, 1)))
                    .expectConnections(1);
        }
    }

    @Test
    void shouldKeepBothEndsQuestionsApartEvenWithOneIdentifier() {
        try (Story story = Story.strict()) {
            story.expect(MISS_NEW, view(fromVm6().echoRequest(7, 1)))
                    .expect(MISS_NEW, view(toVm6().echoRequest(7, 1)))
                    .expect(HIT_REPLY, view(fromVm6().echoReply(7, 1)))
                    .expect(HIT_REPLY, view(toVm6().echoReply(7, 1)))
                    .expectConnections(2);
        }
    }

    @Test
    void shouldAskTheRulesAboutGroupControlEachTime() {
        try (Story story = Story.strict()) {
            story.expect(MISS_UNTRACKED, view(fromVm6().icmp(143, 0, 0)))
                    .expect(MISS_UNTRACKED, view(fromVm6().icmp(135, 0, 0)))
                    .expect(INVALID_NO_CONNECTION, view(fromVm6().icmp(200, 0, 0)))
                    .expectConnections(0);
        }
    }

    @Test
    void shouldTrackOtherProtocolsByAddress() {
        try (Story story = Story.strict()) {
            story.expect(MISS_NEW, view(fromVm().protocol(47)))
                    .expect(HIT_REPLY, view(toVm().protocol(47)))
                    .expect(MISS_NEW, view(toVm().protocol(50)))
                    .expect(HIT_REPLY, view(fromVm().protocol(50)))
                    .waitSeconds(600)
                    .expectConnections(0);
        }
    }

    @Test
    void shouldRelateAnErrorToTheUdpPacketItQuotes() {
        FrameBuilder question = fromVm().udp(4_000, 53);
        try (Story story = Story.strict()) {
            story.expect(INVALID_UNRELATED_ERROR, view(toVm().icmp(3, 3, 0).payload(datagramOf(question.build()))))
                    .expect(MISS_NEW, view(question))
                    .waitSeconds(29)
                    .expect(RELATED, view(toVm().icmp(3, 3, 0).payload(datagramOf(question.build()))))
                    .waitSeconds(1)
                    .expectConnections(0);
        }
    }

    @Test
    void shouldRelateARoutersErrorAndRefuseOneForSomebodyElse() throws Exception {
        InetAddress router = InetAddress.ofLiteral("192.0.2.1");
        InetAddress stranger = InetAddress.ofLiteral("192.0.2.2");
        FrameBuilder question = fromVm().udp(4_000, 53);
        byte[] quote = datagramOf(question.build());
        try (Story story = Story.strict()) {
            story.expect(MISS_NEW, view(question))
                    .expect(RELATED, view(from(router, VM).icmp(11, 0, 0).payload(quote)))
                    .expect(
                            INVALID_UNRELATED_ERROR,
                            view(from(router, stranger).icmp(11, 0, 0).payload(quote)))
                    .expect(
                            INVALID_UNRELATED_ERROR,
                            view(from(router, PEER)
                                    .icmp(3, 1, 0)
                                    .payload(datagramOf(
                                            from(stranger, PEER).udp(1, 2).build()))));
        }
    }

    @Test
    void shouldCheckTheSequenceNumberThatAnErrorQuotes() {
        FrameBuilder syn = fromVm().tcp(40_000, 443).flags(PacketView.TCP_SYN).sequence(1_000);
        try (Story story = Story.strict()) {
            story.expect(MISS_NEW, view(syn))
                    .expect(RELATED, view(toVm().icmp(3, 1, 0).payload(quote(syn))));
            syn.sequence(1_002);
            story.expect(INVALID_FORGED_ERROR, view(toVm().icmp(3, 1, 0).payload(quote(syn))));
            syn.sequence(1_000 - 1_000_000);
            story.expect(INVALID_FORGED_ERROR, view(toVm().icmp(3, 1, 0).payload(quote(syn))));
        }
    }

    @Test
    void shouldRelateErrorsInIpv6() {
        FrameBuilder echo = fromVm6().echoRequest(9, 1);
        try (Story story = Story.strict()) {
            story.expect(MISS_NEW, view(echo))
                    .expect(RELATED, view(toVm6().icmp(1, 4, 0).payload(datagramOf(echo.build()))))
                    .expect(RELATED, view(toVm6().icmp(2, 0, 1_280).payload(datagramOf(echo.build()))));
        }
    }

    @Test
    void shouldRefuseErrorsAboutErrorsAndBrokenQuotes() {
        byte[] error = toVm().icmp(3, 3, 0)
                .payload(datagramOf(fromVm().udp(1, 2).build()))
                .build();
        try (Story story = Story.strict()) {
            story.expect(MISS_NEW, view(fromVm().udp(1, 2)))
                    .expect(INVALID_UNRELATED_ERROR, view(fromVm().icmp(3, 3, 0).payload(datagramOf(error))))
                    .expect(INVALID_UNRELATED_ERROR, view(toVm().icmp(3, 3, 0).payload(new byte[10])));
        }
    }

    @Test
    void shouldLeaveFragmentsAndOtherFramesToOthers() {
        try (Story story = Story.strict()) {
            story.expect(
                            INVALID_FRAGMENT,
                            view(fromVm().fragment(1, 8, false).udp(1, 2).payload(new byte[8])))
                    .expect(INVALID_NOT_IP, view(FrameBuilder.arpRequest(Frames.VM_MAC, VM, PEER)));
        }
    }

    @Test
    void shouldGiveTheOriginalTupleOfEveryKind() {
        try (Story story = Story.strict()) {
            for (FrameBuilder first : new FrameBuilder[] {
                fromVm().tcp(40_000, 443).flags(PacketView.TCP_SYN),
                toVm().tcp(443, 443).flags(PacketView.TCP_SYN),
                fromVm6().udp(5, 4),
                toVm6().udp(4, 9),
                fromVm().echoRequest(77, 1),
                toVm6().echoRequest(78, 1),
                toVm().protocol(47)
            }) {
                PacketView packet = view(first);
                story.expect(MISS_NEW, packet);
                PacketView tuple = new PacketView();
                story.tracker.table().originalTuple(story.tracker.connection(), tuple);
                assertThat(tuple)
                        .usingRecursiveComparison()
                        .comparingOnlyFields(
                                "family",
                                "protocol",
                                "sourceHigh",
                                "sourceLow",
                                "destinationHigh",
                                "destinationLow",
                                "sourcePort",
                                "destinationPort",
                                "icmpType",
                                "icmpCode",
                                "tcpFlags")
                        .isEqualTo(packet);
            }
        }
    }

    private static FrameBuilder from(InetAddress source, InetAddress destination) {
        return FrameBuilder.frame(Frames.PEER_MAC, Frames.VM_MAC).ip(source, destination);
    }

    private static PacketView view(FrameBuilder frame) {
        return parsed(frame.build());
    }

    /** The IP header and the first eight bytes behind it, all that RFC 792 promises. */
    private static byte[] quote(FrameBuilder frame) {
        return java.util.Arrays.copyOf(datagramOf(frame.build()), 28);
    }
}
