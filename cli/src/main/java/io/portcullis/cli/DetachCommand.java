package io.portcullis.cli;

import io.portcullis.api.VmView;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Takes a VM off its host. */
@Command(
        name = "detach",
        mixinStandardHelpOptions = true,
        description = "Take a VM off its host. Its connections are forgotten and nothing of it passes any more.",
        footer = {"", "Example:", "  portcullis detach web-1"})
final class DetachCommand implements Callable<Integer> {
    @Mixin
    private final Session session;

    @Parameters(index = "0", paramLabel = "VM", description = "NAME or TENANT/NAME.")
    private String vm = "";

    DetachCommand(Terminal terminal) {
        session = new Session(terminal);
    }

    @Override
    public Integer call() {
        try (session) {
            Session.VmName name = session.vm(vm);
            VmView view = session.client().detach(name.tenant(), name.name());
            session.output().done(view, name + " is detached");
        }
        return ExitCode.OK;
    }
}
