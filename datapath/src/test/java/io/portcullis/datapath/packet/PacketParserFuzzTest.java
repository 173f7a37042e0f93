package io.portcullis.datapath.packet;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * No bytes make the parser throw or read outside the frame: each frame ends where its memory ends. Repeat a failure with
 * {@code -Dportcullis.seed=N}.
 */
class PacketParserFuzzTest {
    private static final int MUTATIONS = 300_000;
    private static final long SEED = Long.getLong("portcullis.seed", System.nanoTime());

    private final PacketView view = new PacketView();
    private final PacketView inner = new PacketView();
    private final List<byte[]> corpus = Frames.corpus();

    @Test
    void shouldParseWhatTheBuilderMakes() {
        for (byte[] frame : corpus) {
            assertThat(Frames.parse(frame, view)).isEqualTo(ParseResult.OK);
        }
    }

    @Test
    void shouldSurviveTruncationAtEveryLength() {
        for (byte[] frame : corpus) {
            for (int length = 0; length < frame.length; length++) {
                ParseResult result = check(Arrays.copyOf(frame, length));
                boolean mayBeOk = view.family == null && length >= 14;
                assertThat(result == ParseResult.OK)
                        .as("%d of %d bytes", length, frame.length)
                        .isIn(false, mayBeOk);
            }
        }
    }

    @Test
    void shouldSurviveRandomAndMutatedFrames() {
        System.out.println("PacketParserFuzzTest seed " + SEED);
        SplittableRandom random = new SplittableRandom(SEED);
        for (int i = 0; i < MUTATIONS; i++) {
            byte[] frame = corpus.get(random.nextInt(corpus.size())).clone();
            switch (random.nextInt(4)) {
                case 0 -> random.nextBytes(frame);
                case 1 -> frame = Arrays.copyOf(frame, random.nextInt(frame.length + 1));
                default -> {}
            }
            for (int edits = random.nextInt(8); edits > 0 && frame.length > 0; edits--) {
                // most of what matters stands in the first bytes behind the addresses
                int at = random.nextBoolean()
                        ? random.nextInt(frame.length)
                        : Math.min(frame.length - 1, 12 + random.nextInt(60));
                frame[at] = (byte) (random.nextBoolean() ? random.nextInt() : frame[at] ^ 1 << random.nextInt(8));
            }
            check(random.nextInt(8) == 0 ? frame : Frames.repaired(frame));
        }
    }

    /** The parser writes only the fields that a frame has: what a reader may look at must not depend on the frames before. */
    @Test
    void shouldLeaveNothingOfEarlierFramesToReaders() {
        System.out.println("PacketParserFuzzTest seed " + SEED);
        SplittableRandom random = new SplittableRandom(SEED);
        PacketView used = new PacketView();
        for (int i = 0; i < 20_000; i++) {
            byte[] frame = corpus.get(random.nextInt(corpus.size())).clone();
            for (int edits = random.nextInt(3); edits > 0; edits--) {
                frame[random.nextInt(frame.length)] ^= (byte) (1 << random.nextInt(8));
            }
            Frames.repaired(frame);
            PacketView fresh = new PacketView();
            ParseResult result = Frames.parse(frame, fresh);
            assertThat(Frames.parse(frame, used)).isEqualTo(result);
            if (result == ParseResult.OK) {
                assertThat(promised(used))
                        .as("seed %d, frame %s", SEED, HexFormat.of().formatHex(frame))
                        .isEqualTo(promised(fresh));
            }
        }
    }

    private static List<Long> promised(PacketView view) {
        List<Long> fields = new ArrayList<>();
        add(fields, view.sourceMac, view.destinationMac, view.etherType, view.vlan, view.protocol, view.frameLength);
        add(fields, view.isFragment ? 1 : 0, view.isLaterFragment ? 1 : 0);
        if (view.etherType == EtherTypes.ARP) {
            add(fields, view.arpOperation, view.arpSenderMac, view.arpSenderAddress, view.arpTargetAddress);
        }
        if (view.family == null) {
            return fields;
        }
        add(fields, view.sourceHigh, view.sourceLow, view.destinationHigh, view.destinationLow);
        add(fields, view.hopLimit, view.ipLength, view.ipOffset - view.frameOffset, view.transportLength);
        add(fields, view.transportOffset - view.frameOffset, view.sourcePort, view.destinationPort);
        if (view.isFragment) {
            add(fields, view.fragmentId, view.fragmentOffset, view.fragmentLength, view.hasMoreFragments ? 1 : 0);
        }
        boolean hasPorts = view.isTcp() || view.isUdp() || view.isSctp();
        if (view.isLaterFragment || !hasPorts) {
            add(fields, view.icmpType, view.icmpCode);
        }
        if (view.isTcp() && !view.isLaterFragment) {
            add(fields, view.tcpFlags, view.tcpSequence, view.tcpAcknowledgement, view.tcpWindow);
            add(fields, view.tcpPayloadLength, view.tcpOptionsLength);
        }
        return fields;
    }

    private static void add(List<Long> fields, long... values) {
        for (long value : values) {
            fields.add(value);
        }
    }

    private ParseResult check(byte[] frame) {
        try (Arena arena = Arena.ofConfined()) {
            // in front and behind is memory of other segments: reading it throws
            MemorySegment memory = arena.allocate(frame.length + 1, 1).asSlice(0, frame.length);
            MemorySegment.copy(MemorySegment.ofArray(frame), 0, memory, 0, frame.length);
            ParseResult result = PacketParser.parse(memory, 0, frame.length, view);
            if (result == ParseResult.OK) {
                checkBounds(view);
                if (view.isIcmpError() && PacketParser.parseQuoted(view, inner) == ParseResult.OK) {
                    checkBounds(inner);
                }
            }
            return result;
        } catch (RuntimeException e) {
            throw new AssertionError(
                    "seed " + SEED + ", frame " + HexFormat.of().formatHex(frame), e);
        }
    }

    private static void checkBounds(PacketView view) {
        if (view.family == null) {
            return;
        }
        int end = view.frameOffset + view.frameLength;
        assertThat(view.ipOffset).isBetween(view.frameOffset, end);
        assertThat(view.transportOffset).isBetween(view.ipOffset, end);
        assertThat(view.transportLength).isBetween(0, end - view.transportOffset);
        if (!view.isTcp() || view.isLaterFragment) {
            return;
        }
        assertThat(view.tcpPayloadLength).isBetween(0, view.transportLength);
        if (view.tcpOptionsLength != 0) {
            assertThat(view.tcpOptionsLength).isBetween(0, 40);
            assertThat(view.tcpOptionsOffset + view.tcpOptionsLength).isLessThanOrEqualTo(end);
        }
    }
}
