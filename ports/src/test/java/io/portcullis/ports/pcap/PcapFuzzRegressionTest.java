package io.portcullis.ports.pcap;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What a fuzzer found worth keeping of capture files; {@code mvn -P fuzz} looks for more. */
class PcapFuzzRegressionTest {
    private static final Path CORPUS = Path.of("src/test/resources/fuzz/pcap");

    @Test
    void shouldReadOrRefuseTheCorpus() throws IOException {
        List<Path> files;
        try (Stream<Path> listed = Files.list(CORPUS)) {
            files = listed.sorted().toList();
        }
        assertThat(files).hasSizeGreaterThan(10);
        for (Path file : files) {
            try {
                PcapTarget.fuzzerTestOneInput(Files.readAllBytes(file));
            } catch (RuntimeException | AssertionError failure) {
                throw new AssertionError(file.toString(), failure);
            }
        }
    }
}
