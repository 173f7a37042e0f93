package io.portcullis.cli;

import io.portcullis.api.EvacuationView;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Empties a host, then its node leaves the cluster. */
@Command(
        name = "leave",
        mixinStandardHelpOptions = true,
        description = "Move all VMs off a host, then take its node out of the cluster.",
        footer = {"", "Example:", "  portcullis leave host-4 --wait"})
final class LeaveCommand implements Callable<Integer> {
    @Mixin
    private final Session session;

    @Mixin
    private final MoveOptions moves = new MoveOptions();

    @Parameters(index = "0", paramLabel = "HOST", description = "Name of the host.")
    private String host = "";

    @Option(names = "--wait", description = "Wait until it is empty and leaves.")
    private boolean await;

    @Option(names = "--timeout", paramLabel = "SECONDS", description = "Longest wait (default 300).")
    private int timeoutSeconds = 300;

    LeaveCommand(Terminal terminal) {
        session = new Session(terminal);
    }

    @Override
    public Integer call() throws TimeoutException {
        try (session) {
            EvacuationView view = session.client().operations().leave(host, moves.wishes(null));
            if (await) {
                view = Evacuations.await(session, host, Duration.ofSeconds(timeoutSeconds));
            }
            session.output().done(view, Evacuations.sentence(view));
            return Evacuations.status(view);
        }
    }
}
