package io.portcullis.cli;

import io.portcullis.cli.mover.MoverException;
import io.portcullis.cli.mover.NamespaceMover;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Moves a VM that is a network namespace with a veth pair. */
@Command(
        name = "netns",
        mixinStandardHelpOptions = true,
        description = {
            "Move a VM that is a network namespace with a veth pair between two bridges of this machine, with its"
                    + " firewalls: prepare, link down, hand over, link up.",
            "Each bridge has two ports: that link, and the TAP device that the firewall of the host holds. Needs root."
        },
        footer = {
            "",
            "A VM whose own NIC is a TAP device needs none of this: see portcullis migrate.",
            "",
            "Example:",
            "  portcullis migrations netns web-1 --to host-2 --device v-web-1 --from h1/br-web-1 --into h2/br-web-1"
        })
final class NamespaceCommand implements Callable<Integer> {
    private static final Duration COMMAND_LIMIT = Duration.ofSeconds(10);

    @Mixin
    private final Session session;

    @Parameters(index = "0", paramLabel = "VM", description = "NAME or TENANT/NAME.")
    private String vm = "";

    @Mixin
    private final VmMoveOptions options = new VmMoveOptions();

    @Option(
            names = "--device",
            required = true,
            paramLabel = "DEVICE",
            description = "The host's end of the VM's veth pair.")
    private String device = "";

    @Option(
            names = "--from",
            required = true,
            paramLabel = "NETNS/BRIDGE",
            description = "The VM's bridge where it runs.")
    private String from = "";

    @Option(
            names = "--into",
            required = true,
            paramLabel = "NETNS/BRIDGE",
            description = "The VM's bridge where it goes.")
    private String into = "";

    NamespaceCommand(Terminal terminal) {
        session = new Session(terminal);
    }

    @Override
    public Integer call() {
        try (session;
                NamespaceMover mover = new NamespaceMover(
                        device, NamespaceMover.Place.parse(from), NamespaceMover.Place.parse(into), COMMAND_LIMIT)) {
            return options.move(session, vm, mover);
        } catch (MoverException failed) {
            throw new CommandFailure(ExitCode.FAILED, String.valueOf(failed.getMessage()), null);
        }
    }
}
