package io.portcullis.cli;

import io.portcullis.api.MigrationView;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Migrations, under way and past. */
@Command(
        name = "migrations",
        aliases = "migration",
        mixinStandardHelpOptions = true,
        description = "List, show, follow and reverse migrations; and what a hypervisor says of its own.",
        subcommands = {
            MigrationsCommand.ListCommand.class,
            MigrationsCommand.DescribeCommand.class,
            MigrationsCommand.WatchCommand.class,
            MigrationsCommand.ReverseCommand.class,
            HypervisorCommands.PrepareCommand.class,
            HypervisorCommands.StoppedCommand.class,
            HypervisorCommands.ResumedCommand.class,
            HypervisorCommands.AbortedCommand.class,
            QemuCommand.class,
            NamespaceCommand.class
        },
        footer = {
            "",
            "To begin one: portcullis migrate. To cancel one before its hand-over: portcullis cancel ID.",
            "",
            "Examples:",
            "  portcullis migrations list web-1     those of one VM, newest first",
            "  portcullis migrations describe ID    phases, receipt, what both sides counted",
            "  portcullis migrations watch ID       each phase as it begins, until the end",
            "  portcullis migrations reverse ID     back to where it came from",
            "",
            "For a hypervisor that moves the VM itself, in this order:",
            "  portcullis migrations prepare web-1 --to host-2    before it moves it: ends when the VM may be stopped",
            "  portcullis migrations stopped web-1                when it has stopped it",
            "  portcullis migrations resumed web-1 --on host-2    when it runs there",
            "  portcullis migrations aborted web-1                when it runs where it was",
            "Where nobody else moves the VM: portcullis migrations qemu, portcullis migrations netns"
        })
final class MigrationsCommand implements Runnable {
    private final Terminal terminal;

    MigrationsCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public void run() {
        new CommandLine(this, new CommandFactory(terminal))
                .setUsageHelpWidth(Main.HELP_WIDTH)
                .usage(terminal.out());
    }

    @Command(name = "list", mixinStandardHelpOptions = true, description = "List migrations, newest first.")
    static final class ListCommand implements Callable<Integer> {
        @Mixin
        private final Session session;

        @Parameters(index = "0", arity = "0..1", paramLabel = "VM", description = "Only those of this VM.")
        private @Nullable String vm;

        @Option(names = "--limit", paramLabel = "N", description = "At most so many (default 50).")
        private int limit = 50;

        ListCommand(Terminal terminal) {
            session = new Session(terminal);
        }

        @Override
        public Integer call() {
            try (session) {
                List<MigrationView> found = session.client()
                        .migrations(vm == null ? null : session.vm(vm).toString(), limit);
                Output output = session.output();
                output.many(found, Table.of(found, output.wide(), Tables.MIGRATIONS));
            }
            return ExitCode.OK;
        }
    }

    @Command(
            name = "describe",
            mixinStandardHelpOptions = true,
            description = "Show all that is known of one, with its receipt, as YAML (or JSON with -o json).")
    static final class DescribeCommand implements Callable<Integer> {
        @Mixin
        private final Session session;

        @Parameters(index = "0", paramLabel = "ID", description = "Which one.")
        private String id = "";

        DescribeCommand(Terminal terminal) {
            session = new Session(terminal);
        }

        @Override
        public Integer call() {
            try (session) {
                session.output(OutputFormat.YAML)
                        .one(session.client().migration(id), Table.of(List.of(), false, List.of()));
            }
            return ExitCode.OK;
        }
    }

    @Command(
            name = "watch",
            mixinStandardHelpOptions = true,
            description =
                    "Print each phase as it begins, until the migration has ended; status 1 if it did not commit.")
    static final class WatchCommand implements Callable<Integer> {
        @Mixin
        private final Session session;

        @Parameters(index = "0", paramLabel = "ID", description = "Which one.")
        private String id = "";

        @Option(names = "--timeout", paramLabel = "SECONDS", description = "Longest wait (default 3600).")
        private int timeoutSeconds = 3_600;

        WatchCommand(Terminal terminal) {
            session = new Session(terminal);
        }

        @Override
        public Integer call() throws TimeoutException {
            try (session) {
                MigrationView ended = MigrationWait.await(session, id, Duration.ofSeconds(timeoutSeconds));
                session.output().done(ended, Sentences.migration(ended));
                return ended.state().equals("COMMITTED") ? ExitCode.OK : ExitCode.FAILED;
            }
        }
    }

    @Command(
            name = "reverse",
            mixinStandardHelpOptions = true,
            description = "Move the VM of a migration that has committed back to where that took it from.")
    static final class ReverseCommand implements Callable<Integer> {
        @Mixin
        private final Session session;

        @Parameters(index = "0", paramLabel = "ID", description = "Of the migration to reverse.")
        private String id = "";

        @Option(names = "--no-wait", description = "Only begin.")
        private boolean noWait;

        @Option(names = "--timeout", paramLabel = "SECONDS", description = "Longest wait (default 60).")
        private int timeoutSeconds = 60;

        ReverseCommand(Terminal terminal) {
            session = new Session(terminal);
        }

        @Override
        public Integer call() throws TimeoutException {
            try (session) {
                return MigrateCommand.follow(session, session.client().reverse(id), !noWait, timeoutSeconds);
            }
        }
    }
}
