package io.portcullis.cli;

import java.util.concurrent.Callable;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

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
    private final EmptyOptions host = new EmptyOptions();

    EvacuateCommand(Terminal terminal) {
        session = new Session(terminal);
    }

    @Override
    public Integer call() throws TimeoutException {
        try (session) {
            return host.order(session, session.client().operations()::evacuate);
        }
    }
}
