package io.portcullis.cli;

import java.util.concurrent.Callable;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

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
    private final EmptyOptions host = new EmptyOptions();

    LeaveCommand(Terminal terminal) {
        session = new Session(terminal);
    }

    @Override
    public Integer call() throws TimeoutException {
        try (session) {
            return host.order(session, session.client().operations()::leave);
        }
    }
}
