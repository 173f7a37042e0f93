package io.portcullis.datapath.packet;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

class ChecksumsTest {
    @Test
    void shouldAgreeWithTheExampleOfTheRfc() {
        byte[] words = {0x00, 0x01, (byte) 0xf2, 0x03, (byte) 0xf4, (byte) 0xf5, (byte) 0xf6, (byte) 0xf7};
        long sum = Checksums.sum(MemorySegment.ofArray(words), 0, words.length);
        assertThat(Checksums.finish(sum)).isEqualTo(~0xddf2 & 0xffff);
    }

    @Test
    void shouldTakeAnOddLastByteAsHighHalf() {
        byte[] odd = {0x12, 0x34, 0x56};
        assertThat(Checksums.finish(Checksums.sum(MemorySegment.ofArray(odd), 0, 3)))
                .isEqualTo(~0x6834 & 0xffff);
    }

    @Test
    void shouldAgreeWithARealHeader() {
        // from Wikipedia's article on the IPv4 header checksum: 0xb861 is right
        byte[] header = java.util.HexFormat.of().parseHex("4500007300004000401100" + "00c0a80001c0a800c7");
        assertThat(Checksums.finish(Checksums.sum(MemorySegment.ofArray(header), 0, 20)))
                .isEqualTo(0xb861);
    }

    @Test
    void shouldFindEveryFlippedBit() {
        for (byte[] frame : new byte[][] {
            Frames.fromVm().tcp(1, 2).payload(new byte[5]).build(),
            Frames.fromVm6().udp(1, 2).payload(new byte[5]).build(),
            Frames.fromVm6().echoRequest(1, 2).payload(new byte[5]).build(),
            Frames.fromVm().echoRequest(1, 2).payload(new byte[5]).build()
        }) {
            assertThat(Checksums.isTransportValid(Frames.parsed(frame))).isTrue();
            frame[frame.length - 1] ^= 4;
            assertThat(Checksums.isTransportValid(Frames.parsed(frame))).isFalse();
        }
    }
}
