package io.portcullis.loadtest.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.portcullis.datapath.classify.RuleIndex;
import io.portcullis.loadtest.bench.ClassBenchFiles.Headers;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClassifyBenchTest {
    private static final String RULES = """
        @10.0.0.0/8\t192.168.1.7/32\t0 : 65535\t443 : 443\t0x06/0xFF\t0x0000/0x0200\t
        @0.0.0.0/0\t192.168.0.0/16\t1024 : 65535\t0 : 1023\t0x11/0xFF

        @0.0.0.0/0\t0.0.0.0/0\t0 : 65535\t0 : 65535\t0x00/0x00\t0x0000/0x0000
        """;
    private static final String TRACE = """
        167772161\t3232235783\t50000\t443\t6\t0\t0
        1\t3232235783\t50000\t53\t17\t0\t1
        1\t3232235783\t80\t53\t17
        """;

    @TempDir
    private Path directory;

    @Test
    void shouldReadPlainAndPackedFiles() throws IOException, BadInputException {
        Path packed = directory.resolve("rules");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(packed))) {
            out.write(RULES.getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        }
        assertThat(ClassBenchFiles.rules(packed)).hasSize(3).isEqualTo(ClassBenchFiles.rules(file("plain", RULES)));
        Headers headers = ClassBenchFiles.headers(file("trace", TRACE));
        RuleIndex index = RuleIndex.of(ClassBenchFiles.rules(packed));
        assertThat(index.find(headers.addresses[0], headers.transport[0])).isZero();
        assertThat(index.find(headers.addresses[1], headers.transport[1])).isOne();
        assertThat(index.find(headers.addresses[2], headers.transport[2])).isEqualTo(2);
    }

    @Test
    void shouldSayWhatIsWrongAndWhere() throws IOException {
        assertThatThrownBy(() -> ClassBenchFiles.rules(directory.resolve("none")))
                .hasMessageEndingWith("there is no such file");
        Path noRule = file("bad1", RULES + "10.0.0.1 only\n");
        assertThatThrownBy(() -> ClassBenchFiles.rules(noRule)).hasMessageContaining("bad1, line 5: not a ClassBench");
        Path backwards = file("bad2", RULES.replace("1024 : 65535", "1024 : 80"));
        assertThatThrownBy(() -> ClassBenchFiles.rules(backwards)).hasMessageContaining("line 2: a port range ends");
        Path wide = file("bad3", RULES.replace("/16", "/33"));
        assertThatThrownBy(() -> ClassBenchFiles.rules(wide)).hasMessageContaining("line 2: prefix length '33'");
        Path shortHeader = file("bad4", TRACE + "1 2 3\n");
        assertThatThrownBy(() -> ClassBenchFiles.headers(shortHeader)).hasMessageContaining("line 4: not a header");
        Path truth = file("truth", "0\n1\n");
        assertThatThrownBy(() -> ClassBenchFiles.truth(truth, 3, 3)).hasMessageContaining("2 answers for 3 headers");
        assertThatThrownBy(() -> ClassBenchFiles.truth(truth, 2, 1)).hasMessageContaining("line 2: rule '1'");
        assertThatThrownBy(() -> ClassBenchFiles.headers(file("empty", "\n"))).hasMessageContaining("no headers");
    }

    @ParameterizedTest
    @ValueSource(strings = {"acl1_1k", "fw1_1k", "ipc1_1k", "acl1_10k", "fw1_10k", "ipc1_10k", "acl1_100k", "fw1_100k"})
    void shouldAgreeWithTheTruthOfClassBench(String name) throws BadInputException {
        String data = System.getenv("PORTCULLIS_DATA");
        Path sets = data == null ? Path.of("..", "..", "shared", "data") : Path.of(data);
        Path rulesFile = sets.resolve("classbench").resolve(name + ".gz");
        assumeTrue(Files.exists(rulesFile), () -> "skipped: no " + rulesFile + " (set PORTCULLIS_DATA)");
        var rules = ClassBenchFiles.rules(rulesFile);
        Headers headers = ClassBenchFiles.headers(rulesFile.resolveSibling(name + "_trace.gz"));
        int[] truth =
                ClassBenchFiles.truth(rulesFile.resolveSibling(name + "_truth.gz"), headers.count(), rules.size());
        RuleIndex index = RuleIndex.of(rules);
        int[] found = new int[truth.length];
        for (int i = 0; i < found.length; i++) {
            int priority = index.find(headers.addresses[i], headers.transport[i]);
            found[i] = priority == RuleIndex.NONE ? -1 : priority;
        }
        assertThat(found).isEqualTo(truth);
        assertThat(index.bytes() / rules.size()).isLessThanOrEqualTo(60);
    }

    @Test
    void shouldMeasureAndFindNoMismatch() throws Exception {
        Path rules = file("rules", RULES);
        Path trace = file("trace", TRACE);
        ClassifyBench.ClassifyResult result = new ClassifyRun(
                        ClassBenchFiles.rules(rules), ClassBenchFiles.headers(trace), new int[] {0, 1, 2})
                .run();
        assertThat(result.mismatches()).isZero();
        assertThat(result.json()).startsWith("{\"rules\":3,\"headers\":3,\"mismatches\":0,\"nanosPerLookup\":");
        assertThat(new ClassifyRun(ClassBenchFiles.rules(rules), ClassBenchFiles.headers(trace), new int[] {0, 2, 2})
                        .run()
                        .mismatches())
                .isEqualTo(2);
        assertThat(List.of(result.table().split("\n"))).hasSize(5);
    }

    private Path file(String name, String text) throws IOException {
        return Files.writeString(directory.resolve(name), text);
    }
}
