package io.portcullis.ports.pcap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portcullis.datapath.port.Burst;
import io.portcullis.ports.TestFrames;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PcapTest {
    private static final long TIME = 1_790_000_000_123_456_789L;

    private static byte[] frame(int number) {
        return TestFrames.numbered(TestFrames.VM_MAC, TestFrames.PEER_MAC, true, number);
    }

    private static byte[] file(int frames) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (PcapWriter writer = PcapWriter.to(bytes)) {
            for (int i = 0; i < frames; i++) {
                writer.write(TIME + i, frame(i), 60);
            }
        }
        return bytes.toByteArray();
    }

    private static List<PcapFrame> read(byte[] file) throws IOException {
        try (PcapReader reader = PcapReader.of("test.pcap", new ByteArrayInputStream(file))) {
            return reader.readAll();
        }
    }

    @Test
    void shouldReadWhatItWrote(@TempDir Path folder) throws Exception {
        Path path = folder.resolve("a.pcap");
        try (PcapWriter writer = PcapWriter.create(path)) {
            writer.write(TIME, frame(1), 60);
            writer.write(TIME + 1, frame(2), 1_500);
        }
        try (PcapReader reader = PcapReader.open(path)) {
            List<PcapFrame> frames = reader.readAll();
            assertThat(frames).extracting(PcapFrame::epochNanos).containsExactly(TIME, TIME + 1);
            assertThat(frames).extracting(PcapFrame::isTruncated).containsExactly(false, true);
            assertThat(frames.getFirst().bytes()).isEqualTo(frame(1));
        }
    }

    @ParameterizedTest
    @CsvSource({"true,true", "true,false", "false,true", "false,false"})
    void shouldReadEitherByteOrderAndResolution(boolean bigEndian, boolean nanos) throws IOException {
        ByteBuffer file = ByteBuffer.allocate(200).order(bigEndian ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
        file.putInt(nanos ? 0xa1b23c4d : 0xa1b2c3d4).putShort((short) 2).putShort((short) 4);
        file.putInt(0).putInt(0).putInt(65_535).putInt(1);
        file.putInt(1_790_000_000)
                .putInt(nanos ? 5_000 : 5)
                .putInt(60)
                .putInt(60)
                .put(frame(3));
        List<PcapFrame> frames = read(Arrays.copyOf(file.array(), file.position()));
        assertThat(frames).hasSize(1);
        assertThat(frames.getFirst().epochNanos()).isEqualTo(1_790_000_000_000_005_000L);
        assertThat(TestFrames.number(frames.getFirst().bytes())).isEqualTo(3);
    }

    @Test
    void shouldRefuseAFileThatEndsWithinAFrame() throws IOException {
        byte[] file = file(3);
        List<Integer> whole = List.of(24, 24 + 76, 24 + 2 * 76, 24 + 3 * 76);
        for (int length = 0; length < file.length; length++) {
            byte[] cut = Arrays.copyOf(file, length);
            if (whole.contains(length)) {
                assertThat(read(cut)).hasSize(whole.indexOf(length));
            } else {
                assertThatThrownBy(() -> read(cut))
                        .as("cut at %d", length)
                        .isInstanceOf(PcapFormatException.class)
                        .hasMessageContaining("test.pcap");
            }
        }
    }

    @Test
    void shouldRefuseWhatIsNoCaptureOfEthernet() throws IOException {
        assertThatThrownBy(() -> read("hello world, this is text".getBytes()))
                .isInstanceOf(PcapFormatException.class)
                .hasMessageContaining("neither a pcap nor a pcapng");
        byte[] wifi = file(1);
        wifi[20] = 105;
        assertThatThrownBy(() -> read(wifi)).hasMessageContaining("link type 105");
        byte[] huge = file(1);
        huge[24 + 11] = 0x7f;
        assertThatThrownBy(() -> read(huge)).hasMessageContaining("a frame of");
    }

    /** A section in one byte order: interface with nanoseconds, statistics, an enhanced and a simple packet. */
    private static byte[] nextGeneration(ByteOrder order) {
        ByteBuffer file = ByteBuffer.allocate(1_000).order(order);
        block(file, 0x0a0d0d0a, body(order, 16).putInt(0x1a2b3c4d).putInt(1).putLong(-1));
        ByteBuffer description =
                body(order, 20).putShort((short) 1).putShort((short) 0).putInt(0);
        description
                .putShort((short) 9)
                .putShort((short) 1)
                .put((byte) 9)
                .put(new byte[3])
                .putInt(0);
        block(file, 1, description);
        block(file, 5, body(order, 8).putLong(0));
        ByteBuffer packet =
                body(order, 20 + 60).putInt(0).putInt((int) (TIME >>> 32)).putInt((int) TIME);
        block(file, 6, packet.putInt(60).putInt(60).put(frame(1)));
        block(file, 3, body(order, 64).putInt(60).put(frame(2)));
        return Arrays.copyOf(file.array(), file.position());
    }

    private static ByteBuffer body(ByteOrder order, int bytes) {
        return ByteBuffer.allocate(bytes).order(order);
    }

    private static void block(ByteBuffer file, int type, ByteBuffer body) {
        int length = 12 + body.capacity();
        file.putInt(type).putInt(length).put(body.array()).putInt(length);
    }

    @Test
    void shouldReadTheNextGenerationFormat() throws IOException {
        ByteArrayOutputStream both = new ByteArrayOutputStream();
        both.write(nextGeneration(ByteOrder.LITTLE_ENDIAN));
        both.write(nextGeneration(ByteOrder.BIG_ENDIAN));
        List<PcapFrame> frames = read(both.toByteArray());
        assertThat(frames).extracting(f -> TestFrames.number(f.bytes())).containsExactly(1, 2, 1, 2);
        assertThat(frames).extracting(PcapFrame::epochNanos).containsExactly(TIME, 0L, TIME, 0L);
    }

    @Test
    void shouldSkipLongBlocksThatHoldNoFrames() throws IOException {
        byte[] capture = nextGeneration(ByteOrder.LITTLE_ENDIAN);
        ByteBuffer secrets = ByteBuffer.allocate(3 << 20).order(ByteOrder.LITTLE_ENDIAN);
        block(secrets, 10, body(ByteOrder.LITTLE_ENDIAN, 2 << 20));
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.write(capture);
        file.write(secrets.array(), 0, secrets.position());
        file.write(capture);
        assertThat(read(file.toByteArray())).hasSize(4);
        assertThatThrownBy(() -> read(Arrays.copyOf(file.toByteArray(), capture.length + (1 << 20))))
                .hasMessageContaining("damaged behind its packet 2");
    }

    @Test
    void shouldSayWhatAFileIsThatIsNoCapture() {
        assertThatThrownBy(() -> read(new byte[] {0x1f, (byte) 0x8b, 8, 0, 0, 0}))
                .hasMessageContaining("test.pcap is compressed");
    }

    @Test
    void shouldRefuseDamageWithAMessageAndNeverOtherwise() throws IOException {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        for (byte[] file : List.of(nextGeneration(ByteOrder.LITTLE_ENDIAN), file(3))) {
            for (int i = 0; i < 3_000; i++) {
                byte[] damaged = Arrays.copyOf(file, 1 + random.nextInt(file.length));
                for (int k = random.nextInt(4); k > 0; k--) {
                    damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
                }
                try {
                    read(damaged);
                } catch (PcapFormatException expected) {
                    assertThat(expected).hasMessageContaining("test.pcap");
                }
            }
        }
    }

    @Test
    void shouldReplayAFileInBursts() throws Exception {
        ByteArrayOutputStream answers = new ByteArrayOutputStream();
        try (Arena arena = Arena.ofConfined();
                PcapPort port = new PcapPort(
                        "replay",
                        PcapReader.of("test.pcap", new ByteArrayInputStream(file(300))),
                        PcapWriter.to(answers))) {
            Burst burst = new Burst(arena);
            int next = 0;
            while (!port.isEnded()) {
                burst.clear();
                port.receive(burst);
                for (int i = 0; i < burst.count(); i++) {
                    assertThat(TestFrames.number(TestFrames.bytes(burst, i))).isEqualTo(next++);
                    port.send(burst.memory(), burst.offset(i), burst.length(i));
                }
            }
            assertThat(next).isEqualTo(300);
        }
        assertThat(read(answers.toByteArray()))
                .extracting(f -> TestFrames.number(f.bytes()))
                .isEqualTo(IntStream.range(0, 300).boxed().toList());
    }
}
