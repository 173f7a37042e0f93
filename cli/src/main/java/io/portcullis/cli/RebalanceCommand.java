package io.portcullis.cli;

import io.portcullis.api.OperationView;
import io.portcullis.api.RebalanceView;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Evens out what hosts carry. */
@Command(
        name = "rebalance",
        mixinStandardHelpOptions = true,
        description = {
            "Even out what hosts carry: VMs, vNICs, connections and packets.",
            "Looks at all hosts for a second, shows the plan, and carries it out."
        },
        footer = {
            "",
            "Examples:",
            "  portcullis rebalance --dry-run        only show the plan",
            "  portcullis rebalance --parallel 10 --wait",
            "  portcullis rebalance --to host-4      what host-4 should take from the others"
        })
final class RebalanceCommand implements Callable<Integer> {
    @Mixin
    private final Session session;

    @Mixin
    private final MoveOptions moves = new MoveOptions();

    @Option(names = "--dry-run", description = "Only show the plan.")
    private boolean dryRun;

    @Option(names = "--wait", description = "Wait until all has moved.")
    private boolean await;

    @Option(names = "--timeout", paramLabel = "SECONDS", description = "Longest wait (default 300).")
    private int timeoutSeconds = 300;

    RebalanceCommand(Terminal terminal) {
        session = new Session(terminal);
    }

    @Override
    public Integer call() throws TimeoutException {
        try (session) {
            RebalanceView plan = session.client().operations().rebalance(moves.wishes(dryRun ? true : null));
            OperationView begun = plan.operation();
            Output output = session.output();
            output.text(out -> {
                Table.of(plan.hosts(), output.wide(), Tables.BALANCE).print(out);
                out.println();
                Table.of(plan.moves(), output.wide(), Tables.PLANNED_MOVES).print(out);
                out.println();
            });
            if (begun == null) {
                output.done(plan, plan.moves().isEmpty() ? "nothing to move" : "nothing was moved");
                return ExitCode.OK;
            }
            OperationView view =
                    await ? BulkWait.await(session, begun.id(), Duration.ofSeconds(timeoutSeconds)) : begun;
            output.done(await ? view : plan, Sentences.operation(view));
            return view.state().equals("INCOMPLETE") ? ExitCode.FAILED : ExitCode.OK;
        }
    }
}
