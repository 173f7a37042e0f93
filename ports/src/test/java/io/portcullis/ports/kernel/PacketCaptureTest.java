package io.portcullis.ports.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portcullis.datapath.port.Burst;
import io.portcullis.datapath.port.PortException;
import io.portcullis.ports.CapturedFrame;
import io.portcullis.ports.TestFrames;
import io.portcullis.ports.pcap.PcapWriter;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Needs root. */
class PacketCaptureTest {
    @Test
    void shouldSeeTaggedFramesBothWaysWithTheirTag(@TempDir Path folder) throws Exception {
        try (KernelTestLab lab = KernelTestLab.openOrSkip();
                Arena arena = Arena.ofConfined()) {
            String fabric = lab.fabric("up0", "up1");
            List<CapturedFrame> first = new CopyOnWriteArrayList<>();
            List<CapturedFrame> second = new CopyOnWriteArrayList<>();
            long start = Instant.now().getEpochSecond();
            byte[] frame =
                    TestFrames.tagged(TestFrames.numbered(0xffff_ffff_ffffL, TestFrames.VM_MAC, true, 5), 0x2000 | 42);
            try (TapUplink up0 = TapUplink.open("tap:" + fabric + "/up0");
                    TapUplink up1 = TapUplink.open("tap:" + fabric + "/up1")) {
                PacketCapture onFirst = PacketCapture.start("tap:" + fabric + "/up0", 60, first::add);
                PacketCapture onSecond = PacketCapture.start("tap:" + fabric + "/up1", 2_000, second::add);
                Burst burst = new Burst(arena);
                TestFrames.add(burst, frame);
                assertThat(up0.send(burst.memory(), burst.offset(0), burst.length(0)))
                        .isTrue();
                onFirst.close();
                onSecond.close();
                assertThat(onFirst.dropped() + onSecond.dropped()).isZero();
                assertThat(up1.name()).isEqualTo("tap:" + fabric + "/up1");
            }
            CapturedFrame sent = only(first, false);
            CapturedFrame received = only(second, true);
            assertThat(received.bytes()).isEqualTo(frame);
            assertThat(sent.bytes()).startsWith(java.util.Arrays.copyOf(frame, 60));
            assertThat(sent.originalBytes()).isEqualTo(frame.length);
            assertThat(sent.epochNanos() / 1_000_000_000).isBetween(start, start + 60);
            try (PcapWriter writer = PcapWriter.create(folder.resolve("up1.pcap"))) {
                writer.write(received);
            }
        }
    }

    private static CapturedFrame only(List<CapturedFrame> frames, boolean toHost) {
        List<CapturedFrame> ours = frames.stream()
                .filter(f -> f.bytes()[12] == (byte) 0x81 && f.toHost() == toHost)
                .toList();
        assertThat(ours).hasSize(1);
        return ours.getFirst();
    }

    @Test
    void shouldSayWhatIsMissing() {
        try (KernelTestLab lab = KernelTestLab.openOrSkip()) {
            String fabric = lab.fabric();
            assertThatThrownBy(() -> PacketCapture.start("tap:" + fabric + "/missing", 60, _ -> {}))
                    .isInstanceOf(PortException.class)
                    .hasMessageContaining("there is no device 'missing'");
            assertThatThrownBy(() -> PacketCapture.start("tap:nowhere/eth0", 60, _ -> {}))
                    .isInstanceOf(PortException.class)
                    .hasMessageContaining("ip netns add nowhere");
        }
    }
}
