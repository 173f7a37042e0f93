package io.portcullis.cli;

import io.portcullis.api.EvacuationView;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Empties a host. */
@Command(
        name = "drain",
        mixinStandardHelpOptions = true,
        description = "Move all VMs off a host; it takes none until the drain is stopped.",
        footer = {
            "",
            "Examples:",
            "  portcullis drain host-1 --wait",
            "  portcullis drain host-1 --to host-2 --parallel 10",
            "  portcullis drain host-1 --status",
            "  portcullis drain host-1 --stop     the host takes VMs again"
        })
final class DrainCommand implements Callable<Integer> {
    @Mixin
    private final Session session;

    @Mixin
    private final MoveOptions moves = new MoveOptions();

    @Parameters(index = "0", paramLabel = "HOST", description = "Name of the host.")
    private String host = "";

    @Option(names = "--wait", description = "Wait until it is empty.")
    private boolean await;

    @Option(names = "--stop", description = "Stop draining: the host takes VMs again.")
    private boolean stop;

    @Option(names = "--status", description = "Only show how far it is.")
    private boolean status;

    @Option(names = "--timeout", paramLabel = "SECONDS", description = "Longest wait (default 300).")
    private int timeoutSeconds = 300;

    DrainCommand(Terminal terminal) {
        session = new Session(terminal);
    }

    @Override
    public Integer call() throws TimeoutException {
        try (session) {
            EvacuationView view;
            if (stop) {
                view = session.client().cancelDrain(host);
            } else if (status) {
                view = session.client().evacuation(host);
            } else {
                view = session.client().operations().drain(host, moves.wishes(null));
            }
            if (await && !stop) {
                view = Evacuations.await(session, host, Duration.ofSeconds(timeoutSeconds));
            }
            session.output().done(view, Evacuations.sentence(view));
            return Evacuations.status(view);
        }
    }
}
