package io.portcullis.persistence.testkit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A PostgreSQL of this machine's installation, with data of its own, on a free port of loopback. It is never this user's root: root starts it as the
 * user {@code postgres}, which the Debian package makes. It ends with this process. One thread at a time.
 */
public final class PostgresServer implements AutoCloseable {
    public static final String USER = "portcullis";
    public static final String PASSWORD = "let me in";

    private static final String SUPERUSER = "postgres";
    private static final Path DEBIAN = Path.of("/usr/lib/postgresql");
    private static final long START_LIMIT_SECONDS = 60;
    private static final AtomicInteger DATABASES = new AtomicInteger();
    private static @Nullable PostgresServer shared;

    private final Path programs;
    private final Path folder;
    private final int port;
    private final @Nullable TestCertificates certificates;
    private @Nullable Process process;

    private PostgresServer(Path programs, Path folder, int port, @Nullable TestCertificates certificates) {
        this.programs = programs;
        this.folder = folder;
        this.port = port;
        this.certificates = certificates;
    }

    /** Whether tests that need one can run here; says so if not. */
    public static boolean isInstalled() {
        boolean found = programs().isPresent();
        if (!found) {
            System.out.println(
                    "PostgreSQL is not installed (apt-get install postgresql): tests that need it are skipped");
        }
        return found;
    }

    /** Folder of {@code initdb} and {@code postgres}, of the newest version. */
    private static Optional<Path> programs() {
        if (!Files.isDirectory(DEBIAN)) {
            return Stream.of(System.getenv("PATH").split(":", -1))
                    .map(Path::of)
                    .filter(path -> Files.isExecutable(path.resolve("initdb")))
                    .findFirst();
        }
        try (Stream<Path> versions = Files.list(DEBIAN)) {
            return versions.filter(version -> Files.isExecutable(version.resolve("bin/initdb")))
                    .max(Comparator.comparing(version ->
                            Integer.parseInt(version.getFileName().toString().replaceAll("\\D.*", ""))))
                    .map(version -> version.resolve("bin"));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** One for all tests of this process, without TLS. */
    public static synchronized PostgresServer shared() throws IOException, InterruptedException {
        if (shared == null) {
            PostgresServer server = start(null);
            shared = server;
            Runtime.getRuntime().addShutdownHook(new Thread(server::close));
        }
        return shared;
    }

    /**
     * Starts one with empty data.
     *
     * @param certificates of the server, which then talks TLS only, and only to those who have a certificate of the same authority; null for none
     */
    public static PostgresServer start(@Nullable TestCertificates certificates)
            throws IOException, InterruptedException {
        Path programs = programs().orElseThrow();
        Path folder = Files.createTempDirectory(Path.of("/tmp"), "portcullis-postgres-");
        PostgresServer server = new PostgresServer(programs, folder, FreePorts.next(), certificates);
        server.initialize();
        server.start();
        server.execute(SUPERUSER, "CREATE ROLE " + USER + " LOGIN PASSWORD '" + PASSWORD + "'");
        return server;
    }

    private void initialize() throws IOException, InterruptedException {
        Path password = Files.writeString(folder.resolve("password"), PASSWORD);
        Path access = folder.resolve("pg_hba.conf");
        Files.writeString(
                access,
                certificates == null
                        ? "host all all 127.0.0.1/32 scram-sha-256\n"
                        : "hostssl all all 127.0.0.1/32 scram-sha-256 clientcert=verify-ca\n");
        if (certificates != null) {
            Files.copy(certificates.serverCertificate(), folder.resolve("server.crt"));
            Files.copy(certificates.serverKey(), folder.resolve("server.key"));
            Files.copy(certificates.authority(), folder.resolve("root.crt"));
            Files.setPosixFilePermissions(folder.resolve("server.key"), PosixFilePermissions.fromString("rw-------"));
        }
        if (isRoot()) {
            run(List.of("chown", "-R", SUPERUSER, folder.toString()));
        }
        List<String> command = new ArrayList<>(asOtherUser());
        command.addAll(List.of(
                programs.resolve("initdb").toString(),
                "--pgdata=" + data(),
                "--username=" + SUPERUSER,
                "--pwfile=" + password,
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync"));
        run(command);
    }

    /** Starts it again after {@link #stopAtOnce}, on the same data and port. */
    public void start() throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(asOtherUser());
        command.addAll(List.of(programs.resolve("postgres").toString(), "-D", data().toString()));
        List<String> settings = new ArrayList<>(List.of(
                "port=" + port,
                "listen_addresses=127.0.0.1",
                "unix_socket_directories=",
                "hba_file=" + folder.resolve("pg_hba.conf"),
                "shared_buffers=32MB",
                // what a killed server wrote is in the kernel; only a machine that loses power would lose it
                "fsync=off"));
        if (certificates != null) {
            settings.addAll(List.of(
                    "ssl=on",
                    "ssl_cert_file=" + folder.resolve("server.crt"),
                    "ssl_key_file=" + folder.resolve("server.key"),
                    "ssl_ca_file=" + folder.resolve("root.crt")));
        }
        settings.forEach(setting -> command.addAll(List.of("-c", setting)));
        process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(
                        ProcessBuilder.Redirect.appendTo(folder.resolve("log").toFile()))
                .start();
        awaitAnswer(process);
    }

    private void awaitAnswer(Process started) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_LIMIT_SECONDS);
        while (true) {
            try (Connection connection = DriverManager.getConnection(url(SUPERUSER), SUPERUSER, PASSWORD)) {
                if (connection.isValid(1)) {
                    return;
                }
            } catch (SQLException notYet) {
                if (!started.isAlive() || System.nanoTime() - deadline > 0) {
                    throw new IOException(
                            "PostgreSQL does not start: " + Files.readString(folder.resolve("log")), notYet);
                }
            }
            TimeUnit.MILLISECONDS.sleep(20);
        }
    }

    /** What {@code pg_ctl stop -m immediate} does: connections break, and the next start recovers from the log. */
    public void stopAtOnce() throws IOException, InterruptedException {
        Process running = Objects.requireNonNull(process, "it does not run");
        run(List.of("kill", "-QUIT", String.valueOf(running.pid())));
        running.waitFor();
        process = null;
    }

    /** Makes an empty database that {@link #USER} owns; returns its name. */
    public String createDatabase() throws IOException {
        String name = "test_" + DATABASES.incrementAndGet();
        execute(SUPERUSER, "CREATE DATABASE " + name + " OWNER " + USER);
        return name;
    }

    /** Of a database, as {@code portcullis.database.url} has it. */
    public String url(String database) {
        String tls = "";
        if (certificates != null && database.equals(SUPERUSER)) {
            tls = "?sslmode=verify-full&sslrootcert=" + certificates.authority() + "&sslcert="
                    + certificates.clientCertificate() + "&sslkey=" + certificates.clientKey() + "&pemKeyAlgorithm=EC";
        }
        return "jdbc:postgresql://localhost:" + port + "/" + database + tls;
    }

    private void execute(String database, String sql) throws IOException {
        try (Connection connection = DriverManager.getConnection(url(database), SUPERUSER, PASSWORD);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IOException(sql + ": " + e.getMessage(), e);
        }
    }

    /** A program of the installation, for example {@code pg_dump}. */
    public Path program(String name) {
        return programs.resolve(name);
    }

    public int port() {
        return port;
    }

    private Path data() {
        return folder.resolve("data");
    }

    private static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    /** Words before a command: as a user that may run it, and such that it ends with this process. */
    private static List<String> asOtherUser() {
        if (!Files.isExecutable(Path.of("/usr/bin/setpriv"))) {
            return List.of();
        }
        return isRoot()
                ? List.of(
                        "setpriv", "--reuid=" + SUPERUSER, "--regid=" + SUPERUSER, "--clear-groups", "--pdeathsig=QUIT")
                : List.of("setpriv", "--pdeathsig=QUIT");
    }

    private static void run(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes());
        if (process.waitFor() != 0) {
            throw new IOException(String.join(" ", command) + " failed: " + output);
        }
    }

    @Override
    public void close() {
        try {
            if (process != null) {
                stopAtOnce();
            }
            run(List.of("rm", "-rf", folder.toString()));
        } catch (IOException | InterruptedException e) {
            System.err.println("PostgreSQL of a test is left behind in " + folder + ": " + e);
        }
    }
}
