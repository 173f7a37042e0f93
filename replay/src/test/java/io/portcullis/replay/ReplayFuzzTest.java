package io.portcullis.replay;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.engine.Verdict;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.ports.pcap.LinkTypes;
import io.portcullis.ports.pcap.PcapFormatException;
import io.portcullis.ports.pcap.PcapFrame;
import io.portcullis.ports.pcap.PcapReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damaged files and disordered traffic, made of the hand-written captures. {@code -Dportcullis.seed} repeats a run. */
class ReplayFuzzTest {
    private static final int FILES = 300;
    private static final int CONVERSATIONS = 1_000;

    @TempDir
    Path folder;

    private final long seed = Long.getLong("portcullis.seed", System.nanoTime());
    private final Random random = new Random(seed);

    /** A file is read, or refused with a message; no content of it ends in another way. */
    @Test
    void shouldReadOrRefuseAnyFile() throws IOException {
        System.out.println("ReplayFuzzTest: -Dportcullis.seed=" + seed);
        List<Path> scripts = CaptureScriptTest.scripts();
        int refused = 0;
        for (int round = 0; round < FILES; round++) {
            CaptureScript script = CaptureScript.read(scripts.get(random.nextInt(scripts.size())));
            CaptureFormat[] formats = CaptureFormat.values();
            byte[] bytes = formats[random.nextInt(formats.length)].file(script);
            for (int edits = random.nextInt(1, 6); edits > 0; edits--) {
                int at = random.nextBoolean()
                        ? random.nextInt(Math.min(80, bytes.length))
                        : random.nextInt(bytes.length);
                bytes[at] ^= (byte) (1 << random.nextInt(8));
            }
            Path file = Files.write(folder.resolve("fuzzed.pcap"), bytes);
            refused += isRead(file) ? 0 : 1;
        }
        assertThat(refused).as("some are damaged, some are not").isBetween(1, FILES - 1);
    }

    private boolean isRead(Path file) throws IOException {
        try (PcapReader reader = PcapReader.openAnyLinkType(file);
                Replay replay = new Replay(ReplaySettings.tracking(true, false).withFtpHelper(true))) {
            for (PcapFrame frame = reader.next(); frame != null; frame = reader.next()) {
                assertThat(replay.next(frame).verdict()).isEqualTo(Verdict.ALLOW);
            }
            return true;
        } catch (PcapFormatException refused) {
            assertThat(refused.getMessage()).as("seed %d", seed).contains("fuzzed.pcap");
            return false;
        } catch (RuntimeException e) {
            throw new AssertionError("seed " + seed, e);
        }
    }

    /**
     * What is refused has changed nothing: without those packets the others get the same states. But for fragments, which spoil
     * datagrams, and for TCP ends: a refused FIN or RST of each end together shorten a connection's life, as in Linux.
     */
    @Test
    void shouldNotBeChangedByWhatItRefuses() throws IOException {
        List<Path> scripts = CaptureScriptTest.scripts();
        int refused = 0;
        for (int round = 0; round < CONVERSATIONS; round++) {
            CaptureScript script = CaptureScript.read(scripts.get(random.nextInt(scripts.size())));
            List<byte[]> frames = disordered(script);
            boolean isLoose = random.nextBoolean();
            List<PacketOutcome> all = new ArrayList<>();
            List<Boolean> isLeftOut = new ArrayList<>();
            try (Replay replay = new Replay(ReplaySettings.tracking(isLoose, true))) {
                for (byte[] frame : frames) {
                    PacketOutcome outcome = replay.next(captured(frame));
                    all.add(outcome);
                    isLeftOut.add(outcome.state() == PacketState.INVALID && !mayHaveEffects(replay.lastPacket()));
                }
            }
            try (Replay replay = new Replay(ReplaySettings.tracking(isLoose, true))) {
                for (int i = 0; i < frames.size(); i++) {
                    if (isLeftOut.get(i)) {
                        replay.skip();
                        refused++;
                    } else {
                        assertThat(replay.next(captured(frames.get(i))))
                                .as("seed %d round %d", seed, round)
                                .isEqualTo(all.get(i));
                    }
                }
            }
        }
        assertThat(refused).isPositive();
    }

    private static boolean mayHaveEffects(PacketView packet) {
        boolean isEnd = packet.isTcp() && (packet.tcpFlags & (PacketView.TCP_FIN | PacketView.TCP_RST)) != 0;
        return packet.isFragment || isEnd;
    }

    /** Packets swapped, doubled, lost, and with other numbers. */
    private List<byte[]> disordered(CaptureScript script) {
        List<byte[]> frames = new ArrayList<>();
        for (CaptureScript.Step step : script.steps) {
            for (int copies = random.nextInt(8) == 0 ? random.nextInt(3) : 1; copies > 0; copies--) {
                frames.add(step.frame().clone());
            }
        }
        for (int swaps = random.nextInt(4); swaps > 0 && frames.size() > 1; swaps--) {
            Collections.swap(frames, random.nextInt(frames.size()), random.nextInt(frames.size()));
        }
        return frames;
    }

    private static PcapFrame captured(byte[] frame) {
        return new PcapFrame(0, LinkTypes.ETHERNET, frame, frame.length);
    }
}
