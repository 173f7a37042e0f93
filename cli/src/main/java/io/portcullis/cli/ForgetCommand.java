package io.portcullis.cli;

import io.portcullis.api.ChangeView;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Clears the discovered addresses of a VM. */
@Command(
        name = "forget",
        mixinStandardHelpOptions = true,
        description = "Forget the addresses that a VM was found to have; declared ones stay.",
        footer = {
            "",
            "What the VM still uses is discovered anew, and goes to who comes first.",
            "'portcullis describe vm NAME' shows what was discovered, and what is held back.",
            "",
            "Example:",
            "  portcullis forget web-1"
        })
final class ForgetCommand implements Callable<Integer> {
    @Mixin
    private final Session session;

    @Parameters(index = "0", paramLabel = "VM", description = "NAME or TENANT/NAME.")
    private String vm = "";

    ForgetCommand(Terminal terminal) {
        session = new Session(terminal);
    }

    @Override
    public Integer call() {
        try (session) {
            Session.VmName name = session.vm(vm);
            ChangeView change = session.client().clearDiscovered(name.tenant(), name.name());
            session.output().done(change, Sentences.change(change, false));
        }
        return ExitCode.OK;
    }
}
