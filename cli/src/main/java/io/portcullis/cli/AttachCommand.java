package io.portcullis.cli;

import io.portcullis.api.AttachRequest;
import io.portcullis.api.PlacementView;
import io.portcullis.api.RestoredView;
import io.portcullis.api.VmView;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Places a VM on a host. */
@Command(
        name = "attach",
        mixinStandardHelpOptions = true,
        description = {
            "Place a VM on a host: from then on its vNICs are enforced there.",
            "A VM whose host is lost (PLACED,DOWN) is taken over, with the connections that its replica has, and the"
                    + " lost host never enforces it again."
        },
        footer = {"", "Examples:", "  portcullis attach web-1 host-1", "  portcullis attach web-1 host-1 --replica"})
final class AttachCommand implements Callable<Integer> {
    @Mixin
    private final Session session;

    @Parameters(index = "0", paramLabel = "VM", description = "NAME or TENANT/NAME.")
    private String vm = "";

    @Parameters(index = "1", paramLabel = "HOST", description = "Name of the host.")
    private String host = "";

    @Option(
            names = "--replica",
            negatable = true,
            description = "Keep its connections on a second host too, for when the first is lost. Without it:"
                    + " as portcullis.migration.replica.default has it.")
    private @Nullable Boolean replica;

    AttachCommand(Terminal terminal) {
        session = new Session(terminal);
    }

    @Override
    public Integer call() {
        try (session) {
            Session.VmName name = session.vm(vm);
            VmView view = session.client().attach(name.tenant(), name.name(), new AttachRequest(host, replica));
            session.output().done(view, sentence(name + " is on " + host, view.placement()));
        }
        return ExitCode.OK;
    }

    private static String sentence(String where, PlacementView placement) {
        return where + ", epoch " + placement.epoch()
                + (placement.takenFrom() == null
                        ? ""
                        : "; taken over from " + placement.takenFrom() + ", which was lost: "
                                + connections(placement.restored()));
    }

    private static String connections(@Nullable RestoredView restored) {
        if (restored == null || restored.from().equals(RestoredView.NOTHING)) {
            String why = restored == null ? null : restored.problem();
            return "its connections are not known here" + (why == null ? "" : " (" + why + ")");
        }
        return restored.connections() + " connections are from its replica on " + restored.host() + ", "
                + restored.ageMillis() + " ms old"
                + (restored.problem() == null ? "" : " (" + restored.problem() + ")");
    }
}
