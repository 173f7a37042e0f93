package io.portcullis.datapath.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.classify.Rules;
import io.portcullis.datapath.packet.FrameBuilder;
import io.portcullis.datapath.packet.Frames;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.datapath.packet.Wire;
import io.portcullis.datapath.port.Burst;
import io.portcullis.datapath.port.VnetHeader;
import io.portcullis.policy.Action;
import io.portcullis.policy.VnicId;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which transport checksums count, by the virtio-net header that comes with a frame. */
class ChecksumsOnEngineTest {
    private static final int GSO_TCPV4 = 1;
    private static final int PORT = 40_000;

    private final Arena arena = Arena.ofConfined();
    private final Burst burst = new Burst(arena);
    private final Burst replies = new Burst(arena);
    private final Verdict[] verdicts = new Verdict[Burst.MAX_FRAMES];
    private final VnicEngine engine = new VnicEngine(
            new VnicIdentity(VnicId.parse("acme/web-1/eth0"), Frames.VM_MAC, List.of(Frames.VM, Frames.VM6)), 100);
    private long nowNanos = 1;

    @BeforeEach
    void allowEverything() {
        engine.setVerifiesChecksums(true);
        engine.install(1, Rules.table(Action.ALLOW), nowNanos);
    }

    @AfterEach
    void free() {
        engine.close();
        arena.close();
    }

    /** Puts a frame into the burst, with a wrong checksum in its last two bytes' stead if asked. */
    private void add(FrameBuilder frame, int flags, int gsoType, boolean isRight) {
        assertThat(frame.appendTo(burst)).isTrue();
        int i = burst.count() - 1;
        Wire.put8(burst.memory(), burst.offset(i) - Burst.VNET_HEADER_BYTES, flags);
        Wire.put8(burst.memory(), burst.offset(i) - Burst.VNET_HEADER_BYTES + 1, gsoType);
        if (!isRight) {
            long last = burst.offset(i) + burst.length(i) - 1;
            Wire.put8(burst.memory(), last, Wire.u8(burst.memory(), last) ^ 1);
        }
    }

    private List<Verdict> process(Direction direction) {
        engine.process(burst, 0, burst.count(), direction, nowNanos++, verdicts, replies, replies);
        List<Verdict> said = Stream.of(verdicts).limit(burst.count()).toList();
        burst.clear();
        return said;
    }

    private Verdict one(FrameBuilder frame, Direction direction, int flags, boolean isRight) {
        add(frame, flags, 0, isRight);
        return process(direction).getFirst();
    }

    private void openTcp() {
        assertThat(one(Frames.fromVm().tcp(PORT, 443).flags(PacketView.TCP_SYN).sequence(100), Direction.OUT, 0, true))
                .isEqualTo(Verdict.ALLOW);
        FrameBuilder answer = Frames.toVm()
                .tcp(443, PORT)
                .flags(PacketView.TCP_SYN | PacketView.TCP_ACK)
                .sequence(500)
                .acknowledgement(101);
        assertThat(one(answer, Direction.IN, 0, true)).isEqualTo(Verdict.ALLOW);
        assertThat(one(segment(), Direction.OUT, 0, true)).isEqualTo(Verdict.ALLOW);
        assertThat(one(EngineHarness.answer(PORT), Direction.IN, 0, true)).isEqualTo(Verdict.ALLOW);
    }

    private static FrameBuilder segment() {
        return EngineHarness.segment(PORT).payload(new byte[10]);
    }

    private static FrameBuilder answerSegment() {
        return EngineHarness.answer(PORT).payload(new byte[11]);
    }

    private static List<FrameBuilder> firstPackets() {
        return List.of(
                Frames.toVm().udp(53, 5).payload(new byte[3]),
                Frames.toVm6().udp(53, 5).payload(new byte[3]),
                Frames.toVm6().tcp(1, 2).flags(PacketView.TCP_SYN).payload(new byte[1]),
                Frames.toVm()
                        .ipOptions(new byte[4])
                        .tcp(1, 2)
                        .flags(PacketView.TCP_SYN)
                        .payload(new byte[1]),
                Frames.toVm().echoRequest(1, 1).payload(new byte[4]),
                Frames.toVm6().echoRequest(1, 1).payload(new byte[4]));
    }

    @Test
    void shouldDropAWrongChecksumThatNothingVouchesFor() {
        List<FrameBuilder> frames = firstPackets();
        for (FrameBuilder frame : frames) {
            assertThat(one(frame, Direction.IN, 0, false)).isEqualTo(Verdict.DROP);
        }
        assertThat(engine.counters()).containsEntry("dropped.in.checksum", (long) frames.size());
        assertThat(engine.connectionCount()).isZero();
        for (FrameBuilder frame : frames) {
            assertThat(one(frame, Direction.IN, 0, true)).isEqualTo(Verdict.ALLOW);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {VnetHeader.NEEDS_CSUM, VnetHeader.DATA_VALID, VnetHeader.NEEDS_CSUM | VnetHeader.DATA_VALID})
    void shouldNeverDropWhatIsVouchedForByItsHeader(int flags) {
        openTcp();
        for (FrameBuilder frame : firstPackets()) {
            assertThat(one(frame, Direction.IN, flags, false)).isEqualTo(Verdict.ALLOW);
        }
        assertThat(one(segment(), Direction.OUT, flags, false)).isEqualTo(Verdict.ALLOW);
        add(answerSegment(), flags, 0, false);
        add(answerSegment(), flags, 0, false);
        assertThat(process(Direction.IN)).containsOnly(Verdict.ALLOW);
        assertThat(engine.counters()).doesNotContainKeys("dropped.in.checksum", "dropped.out.checksum");
    }

    @Test
    void shouldJudgeEachFrameOfAnEstablishedConnectionByItself() {
        openTcp();
        for (boolean isRight : new boolean[] {true, false, true, true, false}) {
            add(answerSegment(), 0, 0, isRight);
        }

        assertThat(process(Direction.IN))
                .containsExactly(Verdict.ALLOW, Verdict.DROP, Verdict.ALLOW, Verdict.ALLOW, Verdict.DROP);

        assertThat(engine.counters()).containsEntry("dropped.in.checksum", 2L);
        assertThat(one(answerSegment(), Direction.IN, 0, false)).isEqualTo(Verdict.DROP);
    }

    @Test
    void shouldKeepAConnectionThatAResetWithAWrongChecksumClaimsToEnd() {
        openTcp();
        FrameBuilder reset = EngineHarness.answer(PORT).flags(PacketView.TCP_RST | PacketView.TCP_ACK);
        assertThat(one(reset, Direction.IN, 0, false)).isEqualTo(Verdict.DROP);
        assertThat(one(segment(), Direction.OUT, 0, true)).isEqualTo(Verdict.ALLOW);
        assertThat(engine.connections(1, nowNanos).getFirst().state()).isEqualTo("ESTABLISHED");
    }

    /** 64 KiB in one frame: each segment gets a checksum of its own behind us. */
    @ParameterizedTest
    @ValueSource(ints = {0, VnetHeader.NEEDS_CSUM})
    void shouldPassSegmentationOffloadFrames(int flags) {
        openTcp();
        FrameBuilder large = EngineHarness.segment(PORT).payload(new byte[65_535 - 40]);
        for (int i = 0; i < 2; i++) {
            add(large, flags, GSO_TCPV4, false);
        }
        assertThat(process(Direction.OUT).getFirst()).isEqualTo(Verdict.ALLOW);
        assertThat(engine.counters()).doesNotContainKey("dropped.out.checksum");
    }

    @Test
    void shouldMarkWhatItHasVerifiedAndNothingElse() {
        openTcp();
        add(answerSegment(), 0, 0, true);
        add(answerSegment(), 0, 0, false);
        add(Frames.toVm().udp(7, 8).payload(new byte[9]), 0, 0, true);
        add(Frames.toVm().fragment(3, 0, true).udp(7, 8).payload(new byte[8]), 0, 0, true);
        int frames = burst.count();
        engine.process(burst, 0, frames, Direction.IN, nowNanos, verdicts, replies, replies);

        assertThat(Stream.iterate(0, i -> i + 1).limit(frames).map(this::isMarked))
                .containsExactly(true, false, true, false);
    }

    private boolean isMarked(int i) {
        return VnetHeader.vouches(burst.memory().address() + burst.offset(i));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, VnetHeader.NEEDS_CSUM, VnetHeader.DATA_VALID})
    void shouldVerifyADatagramInFragmentsUnlessOneIsVouchedFor(int flagsOfTheFirst) {
        FrameBuilder first = Frames.toVm().fragment(9, 0, true).udp(53, 5).payload(new byte[16]);
        assertThat(one(first, Direction.IN, flagsOfTheFirst, true)).isEqualTo(Verdict.ALLOW);
        FrameBuilder last = Frames.toVm().fragment(9, 24, false).protocol(17).payload(new byte[] {1, 2, 3, 4});

        boolean isVerified = flagsOfTheFirst == 0;
        assertThat(one(last, Direction.IN, 0, true)).isEqualTo(isVerified ? Verdict.DROP : Verdict.ALLOW);
        assertThat(engine.counters().containsKey("dropped.in.checksum")).isEqualTo(isVerified);
    }

    @Test
    void shouldPassADatagramWithoutChecksum() {
        for (FrameBuilder frame : List.of(
                Frames.toVm().udp(5, 6).payload(new byte[4]),
                Frames.toVm6().udp(5, 6).payload(new byte[4]))) {
            add(frame, 0, 0, true);
            int i = burst.count() - 1;
            Wire.put16(burst.memory(), burst.offset(i) + burst.length(i) - 4L - 2, 0);
        }
        assertThat(process(Direction.IN)).containsOnly(Verdict.ALLOW);
    }

    @Test
    void shouldVerifyNothingWhileItIsOff() {
        engine.setVerifiesChecksums(false);
        openTcp();
        add(answerSegment(), 0, 0, false);
        add(answerSegment(), 0, 0, false);
        add(Frames.toVm().udp(7, 8).payload(new byte[9]), 0, 0, false);
        assertThat(process(Direction.IN)).containsOnly(Verdict.ALLOW);
    }
}
