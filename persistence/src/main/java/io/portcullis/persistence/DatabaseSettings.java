package io.portcullis.persistence;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigValueFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * {@code portcullis.database}, checked. The kind of database follows from the address; journal, directory and migration log are in the same one.
 *
 * @param password in clear; printed by nothing here
 * @param properties what the driver is told beside user and password
 */
public record DatabaseSettings(
        Kind kind,
        String url,
        String user,
        String password,
        Map<String, String> properties,
        int directoryConnections,
        int journalConnections) {
    private static final String PATH = "portcullis.database";
    private static final String JOURNAL = "pekko-persistence-jdbc.shared-databases.slick";

    /** Databases that there are tables for. */
    public enum Kind {
        /** A file of this machine, which local processes share. */
        H2("jdbc:h2:", "org.h2.Driver", "slick.jdbc.H2Profile$"),
        /** A server, for nodes on several machines. */
        POSTGRESQL("jdbc:postgresql:", "org.postgresql.Driver", "slick.jdbc.PostgresProfile$");

        private final String prefix;
        private final String driver;
        private final String slickProfile;

        Kind(String prefix, String driver, String slickProfile) {
            this.prefix = prefix;
            this.driver = driver;
            this.slickProfile = slickProfile;
        }

        String driver() {
            return driver;
        }

        private static Kind of(String url) {
            return Arrays.stream(values())
                    .filter(kind -> url.startsWith(kind.prefix))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException(PATH + ".url: '" + url + "' begins with none of "
                            + Arrays.stream(values()).map(kind -> kind.prefix).collect(Collectors.joining(", "))));
        }
    }

    public DatabaseSettings {
        properties = Map.copyOf(properties);
    }

    /**
     * Reads the settings, and the password's file if one is named.
     *
     * @param database {@code portcullis.database}
     * @throws IllegalArgumentException if they are wrong; its message says which and how to mend it
     */
    public static DatabaseSettings of(Config database) {
        String url = database.getString("url");
        Kind kind = Kind.of(url);
        return new DatabaseSettings(
                kind,
                url,
                database.getString("user"),
                password(database),
                switch (kind) {
                    case H2 -> Map.of();
                    case POSTGRESQL -> postgresql(database);
                },
                connections(database, "directory-connections"),
                connections(database, "journal-connections"));
    }

    private static int connections(Config database, String key) {
        int count = database.getInt(key);
        if (count < 1) {
            throw new IllegalArgumentException(PATH + "." + key + " is " + count + "; it must be at least 1");
        }
        return count;
    }

    private static String password(Config database) {
        String file = database.getString("password-file");
        if (file.isEmpty()) {
            return database.getString("password");
        }
        if (!database.getString("password").isEmpty()) {
            throw new IllegalArgumentException(PATH + ": both password and password-file are set; set one of them");
        }
        try {
            return Files.readString(Path.of(file)).replaceFirst("\\R\\z", "");
        } catch (IOException | RuntimeException unreadable) {
            throw new IllegalArgumentException(
                    PATH + ".password-file: '" + file + "' cannot be read: " + unreadable, unreadable);
        }
    }

    private static Map<String, String> postgresql(Config database) {
        Map<String, String> properties = new TreeMap<>();
        properties.put("ApplicationName", "portcullis");
        // A server that is gone without a word must not hold a connection for longer than callers wait.
        properties.put("connectTimeout", seconds(database, "connect-timeout"));
        properties.put("socketTimeout", seconds(database, "answer-timeout"));
        properties.put("tcpKeepAlive", "true");
        String mode = database.getString("tls.mode");
        switch (mode.toLowerCase(Locale.ROOT)) {
            case "off" -> properties.put("sslmode", "disable");
            case "verify-full" -> {
                properties.put("sslmode", "verify-full");
                String root = file(database, "root-certificate");
                if (root.isEmpty()) {
                    properties.put("sslfactory", "org.postgresql.ssl.DefaultJavaSSLFactory");
                } else {
                    properties.put("sslrootcert", root);
                    clientCertificate(database, properties);
                }
            }
            default ->
                throw new IllegalArgumentException(PATH + ".tls.mode: '" + mode + "' is neither verify-full nor off");
        }
        return properties;
    }

    private static void clientCertificate(Config database, Map<String, String> properties) {
        String certificate = file(database, "certificate");
        String key = file(database, "key");
        if (certificate.isEmpty() != key.isEmpty()) {
            throw new IllegalArgumentException(
                    PATH + ".tls: of certificate and key only one is set; set both or neither");
        }
        if (!certificate.isEmpty()) {
            properties.put("sslcert", certificate);
            properties.put("sslkey", key);
            properties.put("pemKeyAlgorithm", PrivateKeyFile.algorithm(Path.of(key)));
        }
    }

    private static String file(Config database, String key) {
        String file = database.getString("tls." + key);
        if (!file.isEmpty() && !Files.isReadable(Path.of(file))) {
            throw new IllegalArgumentException(PATH + ".tls." + key + ": '" + file + "' cannot be read");
        }
        return file;
    }

    private static String seconds(Config database, String key) {
        long seconds = database.getDuration(key).toSeconds();
        if (seconds < 1) {
            throw new IllegalArgumentException(
                    PATH + "." + key + " is " + database.getString(key) + "; it must be at least 1s");
        }
        return String.valueOf(seconds);
    }

    /**
     * The whole configuration with the journal's own settings, which are of another form, after {@code portcullis.database}.
     *
     * @param whole resolved
     * @throws IllegalArgumentException as {@link #of}
     */
    public static Config withJournal(Config whole) {
        DatabaseSettings settings = of(whole.getConfig(PATH));
        return whole.withValue(JOURNAL + ".profile", ConfigValueFactory.fromAnyRef(settings.kind.slickProfile))
                .withValue(JOURNAL + ".db.driver", ConfigValueFactory.fromAnyRef(settings.kind.driver))
                .withValue(JOURNAL + ".db.url", ConfigValueFactory.fromAnyRef(settings.url))
                .withValue(JOURNAL + ".db.user", ConfigValueFactory.fromAnyRef(settings.user))
                .withValue(JOURNAL + ".db.password", ConfigValueFactory.fromAnyRef(settings.password))
                .withValue(JOURNAL + ".db.properties", ConfigValueFactory.fromMap(settings.properties));
    }

    /** For the driver: also user and password. */
    Properties forDriver() {
        Properties all = new Properties();
        all.putAll(properties);
        all.setProperty("user", user);
        all.setProperty("password", password);
        return all;
    }

    /** The address without what may be secret in it. */
    String where() {
        return url.replaceFirst("[;?].*", "");
    }

    @Override
    public String toString() {
        return kind + " " + where() + " as " + user;
    }
}
