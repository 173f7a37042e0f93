package io.portcullis.persistence.testkit;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigValueFactory;
import io.portcullis.persistence.DatabaseSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;

/** An empty database of one kind, for one test. */
public final class TestDatabase implements AutoCloseable {
    private static final String H2_FILE = "jdbc:h2:file:";

    private final Config overrides;

    private TestDatabase(Config overrides) {
        this.overrides = overrides;
    }

    /** A file in the folder. */
    public static TestDatabase h2(Path folder) {
        return new TestDatabase(ConfigFactory.parseMap(Map.of("portcullis.data-dir", folder.toString())));
    }

    /** A new one of the shared server; the test is skipped where PostgreSQL is not installed. */
    public static TestDatabase postgresql() throws IOException, InterruptedException {
        Assumptions.assumeTrue(PostgresServer.isInstalled(), "PostgreSQL is not installed");
        PostgresServer server = PostgresServer.shared();
        return new TestDatabase(settings(server.url(server.createDatabase()))
                .withValue("portcullis.database.tls.mode", ConfigValueFactory.fromAnyRef("off")));
    }

    /** A new one of a server that was started with these certificates. */
    public static TestDatabase withTls(PostgresServer server, TestCertificates certificates) throws IOException {
        return new TestDatabase(settings(server.url(server.createDatabase()))
                .withFallback(ConfigFactory.parseMap(Map.of(
                        "portcullis.database.tls.root-certificate",
                        certificates.authority().toString(),
                        "portcullis.database.tls.certificate",
                        certificates.clientCertificate().toString(),
                        "portcullis.database.tls.key",
                        certificates.clientKey().toString()))));
    }

    private static Config settings(String url) {
        return ConfigFactory.parseMap(Map.of(
                "portcullis.database.url",
                url,
                "portcullis.database.user",
                PostgresServer.USER,
                "portcullis.database.password",
                PostgresServer.PASSWORD));
    }

    /** As an operator would have it in a file. */
    public Config overrides() {
        return overrides;
    }

    /** {@code portcullis.database}. */
    public Config settings() {
        return ConfigFactory.load(overrides).getConfig("portcullis.database");
    }

    /** The whole configuration of an actor system, on top of the one that is named. */
    public Config system(String resource) {
        return DatabaseSettings.withJournal(
                ConfigFactory.load(overrides.withFallback(ConfigFactory.parseResourcesAnySyntax(resource))));
    }

    /** A connection beside all pools. */
    public Connection connect() throws SQLException {
        Config settings = settings();
        return DriverManager.getConnection(
                settings.getString("url"), settings.getString("user"), settings.getString("password"));
    }

    @Override
    public void close() throws SQLException {
        String url = settings().getString("url");
        if (url.startsWith(H2_FILE)
                && Files.exists(Path.of(url.substring(H2_FILE.length()).replaceFirst(";.*", "") + ".lock.db"))) {
            // Somebody opened it beside all Databases: it would stay open until the JVM ends, and write into the folder
            // while that is deleted.
            try (Connection connection = connect();
                    Statement statement = connection.createStatement()) {
                statement.execute("SHUTDOWN");
            }
        }
    }
}
