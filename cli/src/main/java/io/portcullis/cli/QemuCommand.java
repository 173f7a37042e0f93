package io.portcullis.cli;

import io.portcullis.cli.mover.MoverException;
import io.portcullis.cli.mover.QemuMover;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Moves a VM of QEMU itself, where no manager does. */
@Command(
        name = "qemu",
        mixinStandardHelpOptions = true,
        description = {
            "Move a VM between two QEMU processes, with its firewalls: prepare, copy the memory, stop, hand over, go"
                    + " on.",
            "Run it where the monitor of the source is; the destination was started with -incoming."
        },
        footer = {
            "",
            "The VM waits for the hand-over as long as --hand-over says, and goes on in any case. Status 1 if it was"
                    + " not moved.",
            "",
            "Example:",
            "  portcullis migrations qemu web-1 --to host-2 --qmp /run/web-1.qmp --uri tcp:10.0.0.2:4444"
        })
final class QemuCommand implements Callable<Integer> {
    @Mixin
    private final Session session;

    @Parameters(index = "0", paramLabel = "VM", description = "NAME or TENANT/NAME.")
    private String vm = "";

    @Mixin
    private final VmMoveOptions options = new VmMoveOptions();

    @Option(names = "--qmp", required = true, paramLabel = "SOCKET", description = "Monitor of the QEMU it runs in.")
    private Path qmp = Path.of("");

    @Option(
            names = "--uri",
            required = true,
            paramLabel = "URI",
            description = "Where the other QEMU awaits it, for example tcp:10.0.0.2:4444.")
    private String uri = "";

    @Option(
            names = "--destination-qmp",
            paramLabel = "SOCKET",
            description = "Monitor of the other QEMU, if it is here; needed if that was started with -S.")
    private @Nullable Path destination;

    @Option(names = "--copy", paramLabel = "SECONDS", description = "Longest time to copy the memory (default 600).")
    private int copySeconds = 600;

    QemuCommand(Terminal terminal) {
        session = new Session(terminal);
    }

    @Override
    public Integer call() {
        Duration answer = Duration.ofSeconds(10);
        QemuMover.Limits limits = new QemuMover.Limits(answer, Duration.ofSeconds(copySeconds), VmMoveOptions.SETTLE);
        try (session;
                QemuMover mover = QemuMover.connect(qmp, destination, uri, limits)) {
            return options.move(session, vm, mover);
        } catch (MoverException failed) {
            throw new CommandFailure(ExitCode.FAILED, String.valueOf(failed.getMessage()), null);
        }
    }
}
