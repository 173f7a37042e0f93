package io.portcullis.loadtest.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class JmhBenchTest {
    @Test
    void shouldHaveTheBenchmarksThatItNames() throws IOException {
        try (InputStream list = JmhBenchTest.class.getResourceAsStream("/META-INF/BenchmarkList")) {
            assertThat(list).isNotNull();
            assertThat(new String(list.readAllBytes(), StandardCharsets.UTF_8))
                    .contains("EngineBenchmark", "established", "ClassifierBenchmark", "classify");
        }
    }

    @Test
    void shouldSayWhichBenchmarksThereAre() {
        StringWriter said = new StringWriter();

        int exit = new CommandLine(new JmhBench()).setErr(new PrintWriter(said)).execute("nothing");

        assertThat(exit).isEqualTo(2);
        assertThat(said.toString()).contains("no benchmark is called like 'nothing'", "Engine and Classifier");
    }
}
