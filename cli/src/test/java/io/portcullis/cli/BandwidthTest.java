package io.portcullis.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

class BandwidthTest {
    private final Bandwidth.Reader reader = new Bandwidth.Reader();

    @ParameterizedTest
    @CsvSource({
        "200MB/s, 200000000, 200 MB/s",
        "190 MiB/s, 199229440, 199.2 MB/s",
        "1.6Gbit/s, 200000000, 200 MB/s",
        "64KiB/s, 65536, 65.5 kB/s",
        "100kB/s, 100000, 100 kB/s",
        "2GB/s, 2000000000, 2 GB/s",
        "900B/s, 900, 900 B/s",
        "unlimited, 0, unlimited"
    })
    void shouldReadWhatPeopleWriteAndSayItInBytes(String text, long bytesPerSecond, String said) {
        Bandwidth bandwidth = reader.convert(text);

        assertThat(bandwidth.bytesPerSecond()).isEqualTo(bytesPerSecond);
        assertThat(bandwidth).hasToString(said);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "200",
                "200MB",
                "200Mb/s",
                "MB/s",
                "-1MB/s",
                "200mB/s",
                "fast",
                "",
                "1e9B/s",
                "0.0MB/s",
                "1234567890123MB/s"
            })
    void shouldRefuseWhatMightMeanSomethingElse(String text) {
        assertThatThrownBy(() -> reader.convert(text)).isInstanceOf(TypeConversionException.class);
    }

    @Test
    void shouldSayNothingOfWhatIsNotSent() {
        assertThat(Bandwidth.text(0)).isEqualTo("0 B/s");
    }
}
