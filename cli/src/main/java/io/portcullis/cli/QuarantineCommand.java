package io.portcullis.cli;

import io.portcullis.api.ChangeView;
import io.portcullis.api.PortcullisClient;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Isolates a VM. */
@Command(
        name = "quarantine",
        mixinStandardHelpOptions = true,
        description =
                "Isolate a VM: nothing passes from it or to it, what is established is cut. Waits until that is so.",
        footer = {
            "",
            "It gets the tag quarantine:yes; the group 'quarantined' and the policy 'quarantine' of category",
            "EMERGENCY are made if the tenant has none.",
            "",
            "Examples:",
            "  portcullis quarantine web-1",
            "  portcullis quarantine web-1 --release"
        })
final class QuarantineCommand implements Callable<Integer> {
    @Mixin
    private final Session session;

    @Parameters(index = "0", paramLabel = "VM", description = "NAME or TENANT/NAME.")
    private String vm = "";

    @Option(names = "--release", description = "End the quarantine.")
    private boolean release;

    @Option(names = "--timeout", paramLabel = "SECONDS", description = "Longest wait (default 30); 0: do not wait.")
    private int timeoutSeconds = 30;

    QuarantineCommand(Terminal terminal) {
        session = new Session(terminal);
    }

    @Override
    public Integer call() throws TimeoutException {
        try (session) {
            Session.VmName name = session.vm(vm);
            PortcullisClient client = session.client();
            ChangeView change = release
                    ? client.endQuarantine(name.tenant(), name.name())
                    : client.quarantine(name.tenant(), name.name());
            if (timeoutSeconds > 0) {
                client.awaitRealized(name.tenant(), change.revision(), Duration.ofSeconds(timeoutSeconds));
            }
            session.output().done(change, Sentences.change(change, timeoutSeconds > 0));
        }
        return ExitCode.OK;
    }
}
