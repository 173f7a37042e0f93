package io.portcullis.cli;

import io.portcullis.api.EvacuationView;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Empties a host once. */
@Command(
        name = "evacuate",
        mixinStandardHelpOptions = true,
        description = "Move all VMs off a host; when that is done, it takes VMs again.",
        footer = {
            "",
            "Examples:",
            "  portcullis evacuate host-1 --wait",
            "  portcullis evacuate host-1 --to host-2,host-3 --parallel 20 --priority high"
        })
final class EvacuateCommand implements Callable<Integer> {
    @Mixin
    private final Session session;

    @Mixin
    private final MoveOptions moves = new MoveOptions();

    @Parameters(index = "0", paramLabel = "HOST", description = "Name of the host.")
    private String host = "";

    @Option(names = "--wait", description = "Wait until it is empty.")
    private boolean await;

    @Option(names = "--timeout", paramLabel = "SECONDS", description = "Longest wait (default 300).")
    private int timeoutSeconds = 300;

    EvacuateCommand(Terminal terminal) {
        session = new Session(terminal);
    }

    @Override
    public Integer call() throws TimeoutException {
        try (session) {
            EvacuationView view = session.client().operations().evacuate(host, moves.wishes(null));
            if (await) {
                view = Evacuations.await(session, host, Duration.ofSeconds(timeoutSeconds));
            }
            session.output().done(view, Evacuations.sentence(view));
            return Evacuations.status(view);
        }
    }
}
