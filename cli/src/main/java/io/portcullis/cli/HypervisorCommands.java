package io.portcullis.cli;

import io.portcullis.api.MoveView;
import io.portcullis.api.Moves;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What a hypervisor, or a script of it, says of a VM that it moves itself. Each waits at most its budget, and may be repeated. */
final class HypervisorCommands {
    private static final Duration ONE_WAIT = Duration.ofSeconds(5);
    private static final Duration PAUSE = Duration.ofMillis(50);

    private static final double LONG_BUDGET_SECONDS = 30;
    /** The VM stands still meanwhile. */
    private static final double STOPPED_BUDGET_SECONDS = 2;

    private HypervisorCommands() {}

    /** A word about one VM. */
    abstract static class VmWord implements Callable<Integer> {
        @Mixin
        private final Session session;

        @Parameters(index = "0", paramLabel = "VM", description = "NAME or TENANT/NAME.")
        private String vm = "";

        @Option(names = "--budget", paramLabel = "SECONDS", description = "Longest wait (default ${DEFAULT-VALUE}).")
        private double budgetSeconds;

        VmWord(Terminal terminal, double budgetSeconds) {
            session = new Session(terminal);
            this.budgetSeconds = budgetSeconds;
        }

        abstract MoveView say(Moves moves, Session.VmName name, Duration wait);

        /** Asks until the answer is final or the budget is used up; status 1 if it is not final by then. */
        @Override
        public final Integer call() {
            try (session) {
                Session.VmName name = session.vm(vm);
                long deadline = System.nanoTime() + Math.round(budgetSeconds * TimeUnit.SECONDS.toNanos(1));
                while (true) {
                    Duration left = Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
                    MoveView view = say(session.client().moves(), name, left.compareTo(ONE_WAIT) < 0 ? left : ONE_WAIT);
                    boolean isPending = view.status().equals(MoveView.PENDING);
                    if (!isPending || System.nanoTime() - deadline >= 0) {
                        session.output().done(view, Sentences.move(view));
                        return isPending ? ExitCode.FAILED : ExitCode.OK;
                    }
                    Evacuations.pause(PAUSE);
                }
            }
        }
    }

    @Command(
            name = "prepare",
            mixinStandardHelpOptions = true,
            description = {
                "A hypervisor is going to move the VM: reserve the destination, and send the connections ahead.",
                "Ends when the VM may be stopped; status 1 if that is not so within the budget."
            })
    static final class PrepareCommand extends VmWord {
        @Option(names = "--to", required = true, paramLabel = "HOST", description = "Where it goes.")
        private String to = "";

        PrepareCommand(Terminal terminal) {
            super(terminal, LONG_BUDGET_SECONDS);
        }

        @Override
        MoveView say(Moves moves, Session.VmName name, Duration wait) {
            return moves.prepare(name.tenant(), name.name(), to, wait);
        }
    }

    @Command(
            name = "stopped",
            mixinStandardHelpOptions = true,
            description = "The hypervisor has stopped the VM, to go on at the destination: hand over now.")
    static final class StoppedCommand extends VmWord {
        StoppedCommand(Terminal terminal) {
            super(terminal, STOPPED_BUDGET_SECONDS);
        }

        @Override
        MoveView say(Moves moves, Session.VmName name, Duration wait) {
            return moves.stopped(name.tenant(), name.name(), wait);
        }
    }

    @Command(
            name = "resumed",
            mixinStandardHelpOptions = true,
            description = {
                "The VM runs at that host: its firewalls follow, whatever was said or not said before.",
                "Of a VM whose old host is lost they begin without its connections."
            })
    static final class ResumedCommand extends VmWord {
        @Option(names = "--on", required = true, paramLabel = "HOST", description = "Where it runs.")
        private String host = "";

        ResumedCommand(Terminal terminal) {
            super(terminal, LONG_BUDGET_SECONDS);
        }

        @Override
        MoveView say(Moves moves, Session.VmName name, Duration wait) {
            return moves.resumed(name.tenant(), name.name(), host, wait);
        }
    }

    @Command(
            name = "aborted",
            mixinStandardHelpOptions = true,
            description = {
                "The VM runs where it was: before the hand-over the migration is cancelled, after it the firewalls",
                "come back by another one, with the connections."
            })
    static final class AbortedCommand extends VmWord {
        AbortedCommand(Terminal terminal) {
            super(terminal, LONG_BUDGET_SECONDS);
        }

        @Override
        MoveView say(Moves moves, Session.VmName name, Duration wait) {
            return moves.aborted(name.tenant(), name.name(), wait);
        }
    }
}
