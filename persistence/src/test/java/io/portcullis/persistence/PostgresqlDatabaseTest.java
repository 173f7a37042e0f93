package io.portcullis.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigValueFactory;
import io.portcullis.persistence.testkit.PostgresServer;
import io.portcullis.persistence.testkit.TestCertificates;
import io.portcullis.persistence.testkit.TestDatabase;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PostgresqlDatabaseTest extends DatabaseContract {
    @Override
    TestDatabase create() throws IOException, InterruptedException {
        return TestDatabase.postgresql();
    }

    @Test
    void shouldSayWhatIsWrongAndHowToMendIt() throws Exception {
        PostgresServer server = PostgresServer.shared();
        try (TestDatabase there = create()) {
            Config settings = there.settings();

            assertThatThrownBy(() -> Database.check(with(settings, "password", "wrong")))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("localhost:" + server.port())
                    .hasMessageContaining("set portcullis.database.user and password");
            assertThatThrownBy(() -> Database.check(with(settings, "url", server.url("nowhere"))))
                    .hasMessageContaining("nowhere")
                    .hasMessageContaining("createdb");
            assertThatThrownBy(() -> Database.check(with(settings, "tls.mode", "verify-full")))
                    .as("a server without TLS")
                    .hasMessageContaining("SSL");
        }
    }

    @Test
    void shouldTalkOnlyToTheServerWhoseCertificateIsGood(@TempDir Path folder) throws Exception {
        create().close(); // skipped without PostgreSQL
        TestCertificates good = TestCertificates.create(folder.resolve("good"), "localhost");
        TestCertificates other = TestCertificates.authorityOnly(folder.resolve("other"));
        try (PostgresServer server = PostgresServer.start(good)) {
            TestDatabase database = TestDatabase.withTls(server, good);
            Database.check(database.settings());
            try (Database open = Database.open(database.settings(), Runnable::run)) {
                assertThat(open.<Boolean>run(connection -> {
                            try (var statement = connection.createStatement();
                                    var row = statement.executeQuery(
                                            "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")) {
                                return row.next() && row.getBoolean(1);
                            }
                        }))
                        .isTrue();
            }

            Config settings = database.settings();
            assertThatThrownBy(() -> Database.check(with(
                            settings, "tls.root-certificate", other.authority().toString())))
                    .as("an authority that is not trusted")
                    .hasMessageContaining("set portcullis.database.tls");
            assertThatThrownBy(() -> Database.check(
                            with(settings, "url", settings.getString("url").replace("localhost", "127.0.0.1"))))
                    .as("another name than in the certificate")
                    .hasMessageContaining("127.0.0.1")
                    .hasMessageContaining("set portcullis.database.tls");
            assertThatThrownBy(() -> Database.check(with(settings, "tls.mode", "off")))
                    .as("in clear")
                    .hasMessageContaining("pg_hba.conf")
                    .hasMessageContaining("portcullis.database.tls");
        }
    }

    private static Config with(Config settings, String key, String value) {
        return settings.withValue(key, ConfigValueFactory.fromAnyRef(value));
    }
}
