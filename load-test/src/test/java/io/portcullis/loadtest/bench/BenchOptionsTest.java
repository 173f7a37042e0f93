package io.portcullis.loadtest.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class BenchOptionsTest {
    private final StringWriter said = new StringWriter();

    @ParameterizedTest
    @CsvSource({
        "migrate, --heap, 1, --heap must be from 128 to 65536",
        "scale, --port-base, 80, --port-base must be from 1024 to 65000",
        "realize, --hosts, 17, --hosts must be from 1 to 16",
        "codec, --rounds, 0, --rounds must be from 1 to 1000",
        "track, --burst, 257, --burst must be from 1 to 256",
        "policy, --vnics, 0, --vnics must be from 1 to 100000",
        "analyze, --repeat, 0, --repeat must be from 1 to 1000"
    })
    void shouldSayWhichValuesMakeSense(String bench, String option, String value, String message) {
        assertThat(run(bench, option, value)).isEqualTo(CommandLine.ExitCode.USAGE);
        assertThat(said.toString()).contains(message);
    }

    @Test
    void shouldShowEachBenchmarksOwnDefaults() {
        assertThat(run("migrate", "--help")).isZero();
        assertThat(said.toString()).containsIgnoringWhitespaces("Default: 512.", "Default: 7600.", "--json");
        said.getBuffer().setLength(0);
        assertThat(run("scale", "--help")).isZero();
        assertThat(said.toString()).containsIgnoringWhitespaces("Default: 2048.", "Default: 7700.", "--json");
    }

    private int run(String... arguments) {
        PrintWriter writer = new PrintWriter(said);
        return new CommandLine(new Main()).setOut(writer).setErr(writer).execute(arguments);
    }
}
