package io.portcullis.checks;

import static org.assertj.core.api.Assertions.assertThat;

import com.palantir.javaformat.java.Formatter;
import com.palantir.javaformat.java.FormatterException;
import com.palantir.javaformat.java.JavaFormatterOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every source is as the formatter writes it; {@code -Dportcullis.format=write} rewrites instead of failing. */
class SourceFormatTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

    private final Formatter formatter = Formatter.createFormatter(JavaFormatterOptions.builder()
            .style(JavaFormatterOptions.Style.PALANTIR)
            .build());

    @Test
    void shouldBeFormatted() throws IOException {
        boolean write = "write".equals(System.getProperty("portcullis.format"));
        List<Path> sources = sources();
        assertThat(sources).isNotEmpty();
        List<Path> different = sources.parallelStream()
                .filter(source -> differs(source, write))
                .map(ROOT::relativize)
                .toList();
        if (write) {
            different.forEach(source -> System.out.println("formatted " + source));
        } else {
            assertThat(different).as("run build-checks/format").isEmpty();
        }
    }

    private boolean differs(Path source, boolean write) {
        try {
            String before = Files.readString(source);
            String after = formatter.formatSourceAndFixImports(before);
            if (write && !before.equals(after)) {
                Files.writeString(source, after);
            }
            return !before.equals(after);
        } catch (IOException | FormatterException e) {
            throw new AssertionError(source + ": " + e.getMessage(), e);
        }
    }

    private static List<Path> sources() throws IOException {
        try (Stream<Path> modules = Files.list(ROOT)) {
            return modules.map(module -> module.resolve("src"))
                    .filter(Files::isDirectory)
                    .flatMap(SourceFormatTest::javaFiles)
                    .toList();
        }
    }

    private static Stream<Path> javaFiles(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().endsWith(".java")).toList().stream();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
