package io.portcullis.cli;

import io.portcullis.api.EvacuationView;
import io.portcullis.api.MoveWishes;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.function.BiFunction;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** A host that is to be emptied, and how. */
final class EmptyOptions {
    @Mixin
    private final MoveOptions moves = new MoveOptions();

    @Parameters(index = "0", paramLabel = "HOST", description = "Name of the host.")
    private String host = "";

    @Option(names = "--wait", description = "Wait until it is empty.")
    private boolean await;

    @Option(names = "--timeout", paramLabel = "SECONDS", description = "Longest wait (default 300).")
    private int timeoutSeconds = 300;

    String host() {
        return host;
    }

    /** Gives the order, waits if that is wished, and says how far it is; the status to exit with. */
    int order(Session session, BiFunction<String, MoveWishes, EvacuationView> order) throws TimeoutException {
        return finish(session, order.apply(host, moves.wishes(null)));
    }

    int finish(Session session, EvacuationView begun) throws TimeoutException {
        EvacuationView view = await ? Evacuations.await(session, host, Duration.ofSeconds(timeoutSeconds)) : begun;
        return say(session, view);
    }

    static int say(Session session, EvacuationView view) {
        session.output().done(view, Evacuations.sentence(view));
        return Evacuations.status(view);
    }
}
