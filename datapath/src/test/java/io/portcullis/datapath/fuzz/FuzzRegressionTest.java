package io.portcullis.datapath.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.classify.RuleTableTarget;
import io.portcullis.datapath.packet.Frames;
import io.portcullis.datapath.track.CodecTarget;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What a fuzzer found worth keeping, and frames of every kind, through the fuzzer's targets. */
class FuzzRegressionTest {
    private static final Path CORPUS = Path.of("src/test/resources/fuzz");

    @Test
    void shouldSurviveTheCorpusOfTheParser() throws IOException {
        Frames.corpus().forEach(ParserTarget::fuzzerTestOneInput);
        assertThat(run("parser", ParserTarget::fuzzerTestOneInput)).isGreaterThan(10);
    }

    @Test
    void shouldSurviveTheCorpusOfTheEngine() throws IOException {
        EngineTarget.fuzzerTestOneInput(conversation());
        assertThat(run("engine", EngineTarget::fuzzerTestOneInput)).isGreaterThan(10);
    }

    @Test
    void shouldSurviveTheCorpusOfTheTracker() throws IOException {
        assertThat(run("tracker", TrackerTarget::fuzzerTestOneInput)).isGreaterThan(10);
    }

    @Test
    void shouldSurviveTheCorpusOfTheCodec() throws IOException {
        assertThat(run("codec", CodecTarget::fuzzerTestOneInput)).isGreaterThan(10);
    }

    @Test
    void shouldSurviveTheCorpusOfRuleTables() throws IOException {
        assertThat(run("rules", RuleTableTarget::fuzzerTestOneInput)).isGreaterThan(10);
    }

    private static byte[] conversation() {
        List<byte[]> frames = Frames.corpus();
        ByteBuffer all = ByteBuffer.allocate(
                frames.stream().mapToInt(frame -> frame.length + 2).sum());
        frames.forEach(frame -> all.putShort((short) frame.length).put(frame));
        return all.array();
    }

    private static int run(String folder, Consumer<byte[]> target) throws IOException {
        List<Path> files;
        try (Stream<Path> listed = Files.list(CORPUS.resolve(folder))) {
            files = listed.sorted().toList();
        }
        for (Path file : files) {
            try {
                target.accept(Files.readAllBytes(file));
            } catch (RuntimeException | AssertionError failure) {
                throw new AssertionError(file.toString(), failure);
            }
        }
        return files.size();
    }
}
