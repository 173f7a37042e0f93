package io.portcullis.cli;

import io.portcullis.api.MigrationView;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
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
            "  portcullis migrate web-1 --to host-2 --no-wait    prints the id; see 'get migration ID'"
        })
final class MigrateCommand implements Callable<Integer> {
    @Mixin
    private final Session session;

    @Parameters(index = "0", paramLabel = "VM", description = "NAME or TENANT/NAME.")
    private String vm = "";

    @Option(names = "--to", required = true, paramLabel = "HOST", description = "Where it goes.")
    private String to = "";

    @Option(names = "--no-wait", description = "Only begin.")
    private boolean noWait;

    @Option(names = "--timeout", paramLabel = "SECONDS", description = "Longest wait (default 60).")
    private int timeoutSeconds = 60;

    MigrateCommand(Terminal terminal) {
        session = new Session(terminal);
    }

    @Override
    public Integer call() throws TimeoutException {
        try (session) {
            MigrationView begun = session.client().migrate(session.vm(vm).toString(), to);
            if (noWait) {
                session.output().done(begun, begun.id());
                return ExitCode.OK;
            }
            session.say(begun.vm() + " " + begun.from() + " → " + begun.to() + " (" + begun.id() + ")");
            MigrationView ended = session.client()
                    .awaitMigration(begun.id(), Duration.ofSeconds(timeoutSeconds), new Progress(session));
            session.output().done(ended, Sentences.migration(ended));
            return ended.state().equals("COMMITTED") ? ExitCode.OK : ExitCode.FAILED;
        }
    }

    /** A line for every new phase, with the time since the beginning. */
    private static final class Progress implements Consumer<MigrationView> {
        private final Session session;
        private final long started = System.nanoTime();
        private String last = "";

        Progress(Session session) {
            this.session = session;
        }

        @Override
        public void accept(MigrationView view) {
            if (!view.phase().equals(last)) {
                last = view.phase();
                long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - started);
                session.say(String.format("%8d ms  %s", millis, last));
            }
        }
    }
}
