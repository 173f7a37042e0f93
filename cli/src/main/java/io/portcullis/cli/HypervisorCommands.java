package io.portcullis.cli;

import io.portcullis.api.MoveView;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What a hypervisor, or a script of it, says of a VM that it moves itself. Each waits at most its budget, and may be repeated. */
final class HypervisorCommands {
    private static final Duration ONE_WAIT = Duration.ofSeconds(5);
    private static final Duration PAUSE = Duration.ofMillis(50);

    private HypervisorCommands() {}

    /** Asks until the answer is final or the budget is used up; status 1 if it is not final by then. */
    private static int say(Session session, double budgetSeconds, Function<Duration, MoveView> call) {
        long deadline = System.nanoTime() + Math.round(budgetSeconds * TimeUnit.SECONDS.toNanos(1));
        while (true) {
            Duration left = Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
            MoveView view = call.apply(left.compareTo(ONE_WAIT) < 0 ? left : ONE_WAIT);
            boolean isPending = view.status().equals(MoveView.PENDING);
            if (!isPending || System.nanoTime() - deadline >= 0) {
                session.output().done(view, Sentences.move(view));
                return isPending ? ExitCode.FAILED : ExitCode.OK;
            }
            Evacuations.pause(PAUSE);
        }
    }

    @Command(
            name = "prepare",
            mixinStandardHelpOptions = true,
            description = {
                "A hypervisor is going to move the VM: reserve the destination, and send the connections ahead.",
                "Ends when the VM may be stopped; status 1 if that is not so within the budget."
            })
    static final class PrepareCommand implements Callable<Integer> {
        @Mixin
        private final Session session;

        @Parameters(index = "0", paramLabel = "VM", description = "NAME or TENANT/NAME.")
        private String vm = "";

        @Option(names = "--to", required = true, paramLabel = "HOST", description = "Where it goes.")
        private String to = "";

        @Option(names = "--budget", paramLabel = "SECONDS", description = "Longest wait (default 30).")
        private double budgetSeconds = 30;

        PrepareCommand(Terminal terminal) {
            session = new Session(terminal);
        }

        @Override
        public Integer call() {
            try (session) {
                Session.VmName name = session.vm(vm);
                return say(
                        session,
                        budgetSeconds,
                        wait -> session.client().moves().prepare(name.tenant(), name.name(), to, wait));
            }
        }
    }

    @Command(
            name = "stopped",
            mixinStandardHelpOptions = true,
            description = "The hypervisor has stopped the VM, to go on at the destination: hand over now.")
    static final class StoppedCommand implements Callable<Integer> {
        @Mixin
        private final Session session;

        @Parameters(index = "0", paramLabel = "VM", description = "NAME or TENANT/NAME.")
        private String vm = "";

        @Option(names = "--budget", paramLabel = "SECONDS", description = "Longest wait (default 2).")
        private double budgetSeconds = 2;

        StoppedCommand(Terminal terminal) {
            session = new Session(terminal);
        }

        @Override
        public Integer call() {
            try (session) {
                Session.VmName name = session.vm(vm);
                return say(
                        session,
                        budgetSeconds,
                        wait -> session.client().moves().stopped(name.tenant(), name.name(), wait));
            }
        }
    }

    @Command(
            name = "resumed",
            mixinStandardHelpOptions = true,
            description = {
                "The VM runs at that host: its firewalls follow, whatever was said or not said before.",
                "Of a VM whose old host is lost they begin without its connections."
            })
    static final class ResumedCommand implements Callable<Integer> {
        @Mixin
        private final Session session;

        @Parameters(index = "0", paramLabel = "VM", description = "NAME or TENANT/NAME.")
        private String vm = "";

        @Option(names = "--on", required = true, paramLabel = "HOST", description = "Where it runs.")
        private String host = "";

        @Option(names = "--budget", paramLabel = "SECONDS", description = "Longest wait (default 30).")
        private double budgetSeconds = 30;

        ResumedCommand(Terminal terminal) {
            session = new Session(terminal);
        }

        @Override
        public Integer call() {
            try (session) {
                Session.VmName name = session.vm(vm);
                return say(
                        session,
                        budgetSeconds,
                        wait -> session.client().moves().resumed(name.tenant(), name.name(), host, wait));
            }
        }
    }

    @Command(
            name = "aborted",
            mixinStandardHelpOptions = true,
            description = {
                "The VM runs where it was: before the hand-over the migration is cancelled, after it the firewalls",
                "come back by another one, with the connections."
            })
    static final class AbortedCommand implements Callable<Integer> {
        @Mixin
        private final Session session;

        @Parameters(index = "0", paramLabel = "VM", description = "NAME or TENANT/NAME.")
        private String vm = "";

        @Option(names = "--budget", paramLabel = "SECONDS", description = "Longest wait (default 30).")
        private double budgetSeconds = 30;

        AbortedCommand(Terminal terminal) {
            session = new Session(terminal);
        }

        @Override
        public Integer call() {
            try (session) {
                Session.VmName name = session.vm(vm);
                return say(
                        session,
                        budgetSeconds,
                        wait -> session.client().moves().aborted(name.tenant(), name.name(), wait));
            }
        }
    }
}
