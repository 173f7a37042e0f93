package io.portcullis.cli;

import io.portcullis.api.MigrationView;
import io.portcullis.api.PreflightView;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Moves a VM's firewalls to another host. */
@Command(
        name = "migrate",
        mixinStandardHelpOptions = true,
        description = "Move a VM with its firewalls to another host; its connections go on.",
        footer = {
            "",
            "Waits until it has ended and fails (status 1) if it was rolled back; then the VM is where it was.",
            "",
            "Examples:",
            "  portcullis migrate web-1 --to host-2",
            "  portcullis migrate web-1 --to host-2 --dry-run    would it be accepted, how much would move, how long"
                    + " is the pause",
            "  portcullis migrate web-1 --to host-2 --dry-run --bandwidth 50MB/s    and with so much of the network",
            "  portcullis migrate web-1 --to host-2 --no-wait    prints the id; see 'migrations watch ID'"
        })
final class MigrateCommand implements Callable<Integer> {
    @Mixin
    private final Session session;

    @Parameters(index = "0", paramLabel = "VM", description = "NAME or TENANT/NAME.")
    private String vm = "";

    @Option(names = "--to", required = true, paramLabel = "HOST", description = "Where it goes.")
    private String to = "";

    @Option(names = "--dry-run", description = "Only say whether it would be accepted, and what it would be like.")
    private boolean dryRun;

    @Option(
            names = "--bandwidth",
            paramLabel = "RATE",
            converter = Bandwidth.Reader.class,
            description = "With --dry-run: what it would be like if no more could be sent than, say, 50MB/s.")
    private @Nullable Bandwidth bandwidth;

    @Option(
            names = "--wait",
            negatable = true,
            defaultValue = "true",
            fallbackValue = "true",
            description = "Wait until it has ended (the default), or only begin.")
    private boolean await = true;

    @Option(names = "--timeout", paramLabel = "SECONDS", description = "Longest wait (default 60).")
    private int timeoutSeconds = 60;

    MigrateCommand(Terminal terminal) {
        session = new Session(terminal);
    }

    @Override
    public Integer call() throws TimeoutException {
        try (session) {
            if (bandwidth != null && !dryRun) {
                throw new CommandFailure(
                        ExitCode.USAGE,
                        "--bandwidth goes with --dry-run: a migration by itself has no limit of its own",
                        "drain, evacuate and rebalance have one");
            }
            String name = session.vm(vm).toString();
            if (dryRun) {
                PreflightView view =
                        session.client().preflight(name, to, bandwidth == null ? null : bandwidth.bytesPerSecond());
                Output output = session.output();
                output.text(out -> Table.of(List.of(view.source(), view.destination()), output.wide(), Tables.PREFLIGHT)
                        .print(out));
                output.done(view, Sentences.preflight(view));
                return ExitCode.OK;
            }
            return follow(session, session.client().migrate(name, to), await, timeoutSeconds);
        }
    }

    /** What is said of a migration that has just begun; the status to exit with. */
    static int follow(Session session, MigrationView begun, boolean await, int timeoutSeconds) throws TimeoutException {
        if (!await) {
            session.output().done(begun, begun.id());
            return ExitCode.OK;
        }
        session.say(begun.vm() + " " + begun.from() + " → " + begun.to() + " (" + begun.id() + ")");
        MigrationView ended = MigrationWait.await(session, begun.id(), Duration.ofSeconds(timeoutSeconds));
        session.output().done(ended, Sentences.migration(ended));
        return ended.state().equals("COMMITTED") ? ExitCode.OK : ExitCode.FAILED;
    }
}
