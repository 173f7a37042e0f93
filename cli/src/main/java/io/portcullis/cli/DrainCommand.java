package io.portcullis.cli;

import java.util.concurrent.Callable;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

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
    private final EmptyOptions host = new EmptyOptions();

    @Option(names = "--stop", description = "Stop draining: the host takes VMs again.")
    private boolean stop;

    @Option(names = "--status", description = "Only show how far it is.")
    private boolean status;

    DrainCommand(Terminal terminal) {
        session = new Session(terminal);
    }

    @Override
    public Integer call() throws TimeoutException {
        try (session) {
            if (stop) {
                return EmptyOptions.say(session, session.client().cancelDrain(host.host()));
            }
            return status
                    ? host.finish(session, session.client().evacuation(host.host()))
                    : host.order(session, session.client().operations()::drain);
        }
    }
}
