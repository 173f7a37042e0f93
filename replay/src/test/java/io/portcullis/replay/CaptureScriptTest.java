package io.portcullis.replay;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.ports.pcap.PcapFrame;
import io.portcullis.ports.pcap.PcapReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The captures in {@code src/test/resources/captures}, in every format that can be read: each packet gets the state that its line says. */
class CaptureScriptTest {
    @TempDir
    Path folder;

    static List<Path> scripts() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("src/test/resources/captures"))) {
            return files.sorted().toList();
        }
    }

    @ParameterizedTest
    @MethodSource("scripts")
    void shouldGiveEachPacketTheStateThatTheScriptSays(Path file) throws IOException {
        CaptureScript script = CaptureScript.read(file);
        assertThat(script.steps).isNotEmpty();
        for (CaptureFormat format : CaptureFormat.values()) {
            Path capture = Files.write(folder.resolve(format + ".pcap"), format.file(script));
            assertThat(replay(script, capture)).as("%s in %s", file, format).isEqualTo(expected(script));
        }
    }

    private static List<String> expected(CaptureScript script) {
        return script.steps.stream()
                .map(step -> step.line().substring(0, step.line().lastIndexOf("=>")) + "=> " + step.expected())
                .toList();
    }

    private static List<String> replay(CaptureScript script, Path capture) throws IOException {
        List<String> lines = new ArrayList<>();
        try (PcapReader reader = PcapReader.openAnyLinkType(capture);
                Replay replay = new Replay(
                        ReplaySettings.tracking(script.isLoose, !script.hasTime).withFtpHelper(script.hasFtp))) {
            for (PcapFrame frame = reader.next(); frame != null; frame = reader.next()) {
                PacketOutcome outcome = replay.next(frame);
                CaptureScript.Step step = script.steps.get((int) outcome.packet() - 1);
                String state = step.expected().equals("*") ? "*" : CaptureScript.word(outcome);
                String line = step.line();
                lines.add(line.substring(0, line.lastIndexOf("=>")) + "=> " + state);
            }
        }
        return lines;
    }
}
