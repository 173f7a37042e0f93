package io.portcullis.datapath.runtime;

import static io.portcullis.datapath.runtime.TestHosts.ip;
import static io.portcullis.datapath.runtime.TestHosts.mac;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.packet.FrameBuilder;
import io.portcullis.datapath.port.Burst;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FrameTagsTest {
    private static final int VNET = Burst.VNET_HEADER_BYTES;
    private static final int HDR_LEN = 2;
    private static final int CSUM_START = 6;

    private final Arena arena = Arena.ofConfined();
    private final Burst burst = new Burst(arena);

    @AfterEach
    void free() {
        arena.close();
    }

    private static FrameBuilder frame() {
        return FrameBuilder.frame(mac(1), mac(2));
    }

    private static byte[] finish(FrameBuilder builder) {
        return builder.ip(ip("10.0.0.1"), ip("10.0.0.2"))
                .udp(1, 2)
                .payload(new byte[] {1, 2, 3})
                .build();
    }

    private void add(int flags, int gsoType, int hdrLen, int csumStart) {
        byte[] all = TestFabric.withHeader(finish(frame()));
        MemorySegment segment = MemorySegment.ofArray(all);
        all[0] = (byte) flags;
        all[1] = (byte) gsoType;
        segment.set(ValueLayout.JAVA_SHORT_UNALIGNED, HDR_LEN, (short) hdrLen);
        segment.set(ValueLayout.JAVA_SHORT_UNALIGNED, CSUM_START, (short) csumStart);
        burst.append(segment, VNET, all.length - VNET);
    }

    private byte[] bytes(int index) {
        return burst.memory().asSlice(burst.offset(index), burst.length(index)).toArray(ValueLayout.JAVA_BYTE);
    }

    private int header(int index, int field) {
        return burst.memory().get(ValueLayout.JAVA_SHORT_UNALIGNED, burst.offset(index) - VNET + (long) field);
    }

    @Test
    void shouldPushAndPopATag() {
        add(0, 0, 0, 0);
        add(0, 0, 0, 0);
        assertThat(FrameTags.vlanOf(burst, 1)).isEqualTo(FrameTags.NO_VLAN);

        FrameTags.push(burst, 1, 4_094);

        assertThat(bytes(1)).isEqualTo(finish(frame().vlan(4_094)));
        assertThat(FrameTags.vlanOf(burst, 1)).isEqualTo(4_094);
        assertThat(bytes(0)).isEqualTo(finish(frame()));

        FrameTags.pop(burst, 1);

        assertThat(bytes(1)).isEqualTo(finish(frame()));
        assertThat(bytes(0)).isEqualTo(finish(frame()));
    }

    @Test
    void shouldShiftWhatCountsFromTheStartOfTheFrame() {
        add(1, 1, 54, 34);

        FrameTags.push(burst, 0, 5);
        assertThat(header(0, HDR_LEN)).isEqualTo(58);
        assertThat(header(0, CSUM_START)).isEqualTo(38);

        FrameTags.pop(burst, 0);
        assertThat(header(0, HDR_LEN)).isEqualTo(54);
        assertThat(header(0, CSUM_START)).isEqualTo(34);
    }

    @Test
    void shouldLeaveAnEmptyOffloadHeaderAlone() {
        add(0, 0, 0, 0);
        FrameTags.push(burst, 0, 5);

        assertThat(header(0, HDR_LEN)).isZero();
        assertThat(header(0, CSUM_START)).isZero();
    }
}
