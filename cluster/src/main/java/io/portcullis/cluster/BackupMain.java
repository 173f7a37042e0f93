package io.portcullis.cluster;

import io.portcullis.cluster.NodeConfig.InvalidNodeConfigException;
import io.portcullis.persistence.H2Backup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code portcullis backup} and {@code restore}: copies of the embedded database, on the machine that has it. */
@Command(
        name = "portcullis",
        mixinStandardHelpOptions = true,
        description = "Copies of the embedded database; PostgreSQL has pg_dump and pg_restore.")
public final class BackupMain {
    private BackupMain() {}

    public static void main(String[] arguments) {
        System.exit(commandLine().execute(arguments));
    }

    static CommandLine commandLine() {
        return new CommandLine(new BackupMain()).setExecutionExceptionHandler((failure, command, _) -> {
            command.getErr().println("portcullis " + command.getCommandName() + ": " + failure.getMessage());
            return failure instanceof InvalidNodeConfigException ? CommandLine.ExitCode.USAGE : Main.CANNOT_START;
        });
    }

    /** Which database. */
    static final class Where {
        @Option(names = "--config", paramLabel = "FILE", description = "The settings of a node that uses it.")
        private @Nullable Path config;

        @Option(names = "--data-dir", paramLabel = "DIR", description = "Where the node keeps it.")
        private @Nullable String dataDirectory;

        NodeConfig load() {
            Map<String, String> overrides = new LinkedHashMap<>();
            if (dataDirectory != null) {
                overrides.put("portcullis.data-dir", dataDirectory);
            }
            return NodeConfig.load(config, overrides);
        }
    }

    @Command(
            name = "backup",
            mixinStandardHelpOptions = true,
            description = "Writes a copy of the embedded database as of this moment; nodes may run.")
    int backup(@Mixin Where where, @Parameters(paramLabel = "FILE.zip", description = "Must not exist.") Path file)
            throws SQLException, IOException {
        database(where.load()).write(file);
        System.out.println("written: " + file + ", " + Files.size(file) + " bytes");
        return 0;
    }

    @Command(
            name = "restore",
            mixinStandardHelpOptions = true,
            description =
                    "Puts a copy in place of the embedded database, which is kept beside it. No node may run on it.")
    int restore(@Mixin Where where, @Parameters(paramLabel = "FILE.zip", description = "What backup wrote.") Path file)
            throws SQLException, IOException {
        NodeConfig config = where.load();
        Path former = database(config).restore(file);
        System.out.println(
                "restored from " + file + (Files.exists(former) ? ", the former database is " + former : ""));
        for (Path checkpoints : moveCheckpointsAway(config.dataDirectory())) {
            System.out.println("connections of before are in " + checkpoints);
        }
        return 0;
    }

    private static H2Backup database(NodeConfig config) {
        try {
            return H2Backup.of(config.system().getConfig("portcullis.database"));
        } catch (IllegalArgumentException other) {
            throw new InvalidNodeConfigException(String.valueOf(other.getMessage()));
        }
    }

    /** They are of epochs that the restored database may not know: a host would enforce by them what is elsewhere now. */
    private static List<Path> moveCheckpointsAway(Path dataDirectory) throws IOException {
        Path hosts = dataDirectory.resolve("hosts");
        if (!Files.isDirectory(hosts)) {
            return List.of();
        }
        List<Path> folders;
        try (Stream<Path> found = Files.list(hosts)) {
            folders = found.map(host -> host.resolve("checkpoints"))
                    .filter(Files::isDirectory)
                    .toList();
        }
        for (Path folder : folders) {
            Files.move(folder, free(folder), StandardCopyOption.ATOMIC_MOVE);
        }
        return folders.stream()
                .map(folder -> folder.resolveSibling("checkpoints" + H2Backup.BEFORE_RESTORE))
                .toList();
    }

    private static Path free(Path folder) throws IOException {
        Path target = folder.resolveSibling(folder.getFileName() + H2Backup.BEFORE_RESTORE);
        if (Files.isDirectory(target)) {
            try (Stream<Path> old = Files.walk(target)) {
                for (Path each : old.sorted(java.util.Comparator.reverseOrder()).toList()) {
                    Files.delete(each);
                }
            }
        }
        return target;
    }
}
