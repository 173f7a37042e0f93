package io.portcullis.cli;

import io.portcullis.api.MoveView;
import io.portcullis.cli.mover.MoveDriver;
import io.portcullis.cli.mover.MoverException;
import io.portcullis.cli.mover.VmMover;
import java.time.Duration;
import picocli.CommandLine.Option;

/** What all commands have in common that move a VM themselves. */
final class VmMoveOptions {
    static final Duration SETTLE = Duration.ofSeconds(60);

    @Option(names = "--to", required = true, paramLabel = "HOST", description = "Where it goes.")
    private String to = "";

    @Option(
            names = "--prepare",
            paramLabel = "SECONDS",
            description = "Longest wait before anything is done to the VM (default 30).")
    private int prepareSeconds = 30;

    @Option(
            names = "--hand-over",
            paramLabel = "SECONDS",
            description = "Longest time that the VM stands still for the firewalls (default 2).")
    private int handOverSeconds = 2;

    /** Moves it and says what came of it; the status to exit with. */
    int move(Session session, String vm, VmMover mover) throws MoverException {
        Session.VmName name = session.vm(vm);
        MoveDriver.Budgets budgets =
                new MoveDriver.Budgets(Duration.ofSeconds(prepareSeconds), Duration.ofSeconds(handOverSeconds), SETTLE);
        MoveView view = new MoveDriver(session.client().moves(), budgets, session::say)
                .move(name.tenant(), name.name(), to, mover);
        session.output().done(view, Sentences.move(view));
        return view.status().equals(MoveView.SETTLED) ? ExitCode.OK : ExitCode.FAILED;
    }
}
