package io.portcullis.cli;

import io.portcullis.api.VmView;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Places a VM on a host. */
@Command(
        name = "attach",
        mixinStandardHelpOptions = true,
        description = "Place a VM on a host: from then on its vNICs are enforced there.",
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
            session.output()
                    .done(
                            view,
                            name + " is on " + host + ", epoch "
                                    + view.placement().epoch());
        }
        return ExitCode.OK;
    }
}
