package io.portcullis.datapath.packet;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.port.Burst;
import io.portcullis.datapath.port.VnetHeader;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Sums taken many bytes at a time against the plain ones, which go by the RFC word by word. */
class FrameChecksumsTest {
    private static final int FRAMES = 100_000;
    private static final int NIGHTLY_FRAMES = 20_000_000;
    private static final int FRAMES_OF_A_KIND = 100;

    private final Arena arena = Arena.ofConfined();
    private final Burst burst = new Burst(arena);
    private final PacketView view = new PacketView();

    @AfterEach
    void free() {
        arena.close();
    }

    @Test
    void shouldSayOfRandomFramesWhatThePlainSumsSay() {
        compare(FRAMES);
    }

    @Test
    @Tag("nightly")
    void shouldSayOfMillionsOfRandomFramesWhatThePlainSumsSay() {
        compare(NIGHTLY_FRAMES);
    }

    private void compare(int frames) {
        long seed = new Random().nextLong();
        System.out.println("FrameChecksumsTest seed " + seed);
        Random random = new Random(seed);
        long settled = 0;
        for (int i = 0; i < frames; i++) {
            if (i % FRAMES_OF_A_KIND == 0) {
                burst.clear();
                frame(random).appendTo(burst);
            }
            change(random);
            int at = burst.offset(0);
            burst.memory().asSlice(at - Burst.VNET_HEADER_BYTES, 2).fill((byte) 0);
            boolean isSettled = FrameChecksums.isSettled(address(), burst.length(0));
            boolean isParsed = PacketParser.parse(burst.memory(), at, burst.length(0), view) == ParseResult.OK;
            if (isParsed) {
                assertThat(isSettled).as("seed %d, frame %d", seed, i).isEqualTo(isPlain() && isPlainlyRight());
            }
            assertThat(VnetHeader.vouches(address())).isEqualTo(isSettled);
            settled += isSettled ? 1 : 0;
        }
        assertThat(settled).as("some are right, some are not").isBetween(frames / 10L, frames * 9L / 10);
    }

    private long address() {
        return burst.memory().address() + burst.offset(0);
    }

    private static FrameBuilder frame(Random random) {
        byte[] payload = new byte[random.nextInt(8) == 0 ? random.nextInt(9_000) : random.nextInt(70)];
        random.nextBytes(payload);
        FrameBuilder base = random.nextBoolean() ? Frames.fromVm() : Frames.toVm6();
        return (random.nextInt(3) == 0 ? base.udp(random.nextInt(65_536), 7) : base.tcp(7, random.nextInt(65_536)))
                .payload(payload)
                .padTo(60);
    }

    /** Bits behind the IP header's lengths, so that most frames parse; half of the frames are made right again. */
    private void change(Random random) {
        MemorySegment memory = burst.memory();
        int at = burst.offset(0);
        int length = burst.length(0);
        for (int flips = random.nextInt(3); flips > 0; flips--) {
            long byteAt = at + (random.nextInt(20) == 0 ? random.nextInt(length) : random.nextInt(14 + 26, length));
            Wire.put8(memory, byteAt, Wire.u8(memory, byteAt) ^ 1 << random.nextInt(8));
        }
        boolean isRepaired = random.nextBoolean()
                && PacketParser.parse(memory, at, length, view) == ParseResult.OK
                && (view.isTcp() || view.isUdp());
        if (isRepaired) {
            int field = view.transportOffset + (view.isTcp() ? 16 : 6);
            Wire.put16(memory, field, 0);
            int sum = ~naive() & 0xffff;
            Wire.put16(memory, field, view.isUdp() && sum == 0 ? 0xffff : sum);
        }
    }

    private boolean isPlain() {
        boolean isIpv4 = view.etherType == EtherTypes.IPV4;
        return view.vlan < 0
                && !view.isFragment
                && (view.isTcp() || view.isUdp())
                && view.transportOffset - view.ipOffset == (isIpv4 ? 20 : 40);
    }

    private boolean isPlainlyRight() {
        boolean isUnused = view.isUdp() && Wire.u16(view.memory, view.transportOffset + 6L) == 0;
        boolean isRight = isUnused || naive() == 0xffff;
        assertThat(Checksums.isTransportValid(view)).isEqualTo(isRight);
        return isRight;
    }

    /** RFC 1071, 4.1, over the pseudo header and the segment, a word of 16 bits at a time. */
    private int naive() {
        int length = view.isUdp() ? Wire.u16(view.memory, view.transportOffset + 4L) : view.transportLength;
        long sum = view.protocol + (long) length;
        for (long half : new long[] {view.sourceHigh, view.sourceLow, view.destinationHigh, view.destinationLow}) {
            for (int shift = 0; shift < Long.SIZE; shift += 16) {
                sum += half >>> shift & 0xffff;
            }
        }
        int at = view.transportOffset;
        int rest = length;
        for (; rest > 1; rest -= 2, at += 2) {
            sum += Wire.u16(view.memory, at);
        }
        sum += rest == 1 ? Wire.u8(view.memory, at) << 8 : 0;
        while (sum >>> 16 != 0) {
            sum = (sum & 0xffff) + (sum >>> 16);
        }
        return (int) sum;
    }
}
