package io.portcullis.cli;

import io.portcullis.api.PlacementView;
import io.portcullis.api.VmView;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Places a VM on a host. */
@Command(
        name = "attach",
        mixinStandardHelpOptions = true,
        description = {
            "Place a VM on a host: from then on its vNICs are enforced there.",
            "A VM whose host is lost (PLACED,DOWN) is taken over, without its connections, and the lost host never"
                    + " enforces it again."
        },
        footer = {"", "Example:", "  portcullis attach web-1 host-1"})
final class AttachCommand implements Callable<Integer> {
    @Mixin
    private final Session session;

    @Parameters(index = "0", paramLabel = "VM", description = "NAME or TENANT/NAME.")
    private String vm = "";

    @Parameters(index = "1", paramLabel = "HOST", description = "Name of the host.")
    private String host = "";

    AttachCommand(Terminal terminal) {
        session = new Session(terminal);
    }

    @Override
    public Integer call() {
        try (session) {
            Session.VmName name = session.vm(vm);
            VmView view = session.client().attach(name.tenant(), name.name(), host);
            session.output().done(view, sentence(name + " is on " + host, view.placement()));
        }
        return ExitCode.OK;
    }

    private static String sentence(String where, PlacementView placement) {
        return where + ", epoch " + placement.epoch()
                + (placement.takenFrom() == null
                        ? ""
                        : "; taken over from " + placement.takenFrom()
                                + ", which is lost: its connections are not known here");
    }
}
