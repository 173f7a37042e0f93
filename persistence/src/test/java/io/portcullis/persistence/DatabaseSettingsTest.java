package io.portcullis.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DatabaseSettingsTest {
    private static final String URL = "jdbc:postgresql://db.example/portcullis";

    @TempDir
    private Path folder;

    @Test
    void shouldGiveJournalAndDirectoryTheSameDatabase() throws IOException {
        Path password = Files.writeString(folder.resolve("password"), "s3cret\n");
        Path root = Files.writeString(folder.resolve("root.crt"), "");
        Config whole = load(Map.of(
                "url",
                URL,
                "user",
                "fw",
                "password-file",
                password.toString(),
                "tls.root-certificate",
                root.toString()));

        DatabaseSettings settings = DatabaseSettings.of(whole.getConfig("portcullis.database"));
        assertThat(settings.kind()).isEqualTo(DatabaseSettings.Kind.POSTGRESQL);
        assertThat(settings.password()).isEqualTo("s3cret");
        assertThat(settings).hasToString("POSTGRESQL " + URL + " as fw");
        assertThat(settings.properties())
                .containsEntry("sslmode", "verify-full")
                .containsEntry("sslrootcert", root.toString())
                .containsEntry("socketTimeout", "15");

        Config slick = DatabaseSettings.withJournal(whole).getConfig("pekko-persistence-jdbc.shared-databases.slick");
        assertThat(slick.getString("profile")).isEqualTo("slick.jdbc.PostgresProfile$");
        assertThat(slick.getString("db.url")).isEqualTo(URL);
        assertThat(slick.getString("db.password")).isEqualTo("s3cret");
        assertThat(slick.getString("db.properties.sslmode")).isEqualTo("verify-full");
        assertThat(slick.getInt("db.maxConnections")).isEqualTo(4);
    }

    @Test
    void shouldTrustTheAuthoritiesOfTheJvmIfNoneIsNamed() {
        Config whole = load(Map.of("url", URL));

        assertThat(DatabaseSettings.of(whole.getConfig("portcullis.database")).properties())
                .containsEntry("sslmode", "verify-full")
                .containsEntry("sslfactory", "org.postgresql.ssl.DefaultJavaSSLFactory");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        url                  | jdbc:mysql://a/b | begins with none of jdbc:h2:, jdbc:postgresql:
        password-file        | /no/such/file    | password-file: '/no/such/file' cannot be read
        tls.mode             | maybe            | neither verify-full nor off
        tls.root-certificate | /no/such/file    | root-certificate: '/no/such/file' cannot be read
        answer-timeout       | 10ms             | at least 1s
        journal-connections  | 0                | at least 1
        """)
    void shouldSayWhatIsWrong(String key, String value, String words) {
        Config whole = load(Map.of("url", URL)).withFallback(ConfigFactory.empty());
        Config database = load(Map.of(key, value)).getConfig("portcullis.database");
        Config wrong =
                key.equals("url") ? database : database.withValue("url", whole.getValue("portcullis.database.url"));

        assertThatIllegalArgumentException()
                .isThrownBy(() -> DatabaseSettings.of(wrong))
                .withMessageContaining("portcullis.database")
                .withMessageContaining(words);
    }

    private static Config load(Map<String, String> database) {
        return ConfigFactory.load(ConfigFactory.parseMap(database)
                .atPath("portcullis.database")
                .withFallback(ConfigFactory.parseResourcesAnySyntax("portcullis-persistence")));
    }
}
