package io.portcullis.cluster.multinode;

import static org.awaitility.Awaitility.await;

import io.portcullis.cli.mover.QmpClient;
import io.portcullis.cli.mover.QmpException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A QEMU in software emulation at one host, whose guest has one virtio network card on a TAP device of that host. Its files begin with the name of the host. */
final class QemuGuest implements AutoCloseable {
    static final String QEMU = "qemu-system-x86_64";
    static final String DEVICE = "emulator";
    static final String UP = "guest is up";

    private static final Duration LIMIT = Duration.ofMinutes(3);

    private final Path monitor;
    private final Path console;
    private final Process process;

    private QemuGuest(Path monitor, Path console, Process process) {
        this.monitor = monitor;
        this.console = console;
        this.process = process;
    }

    /**
     * Starts it.
     *
     * @param more options, such as where it awaits a guest of another one
     */
    static QemuGuest start(Path folder, SplitHostsLab lab, String host, GuestImage image, String... more)
            throws IOException {
        Path monitor = folder.resolve(host + ".qmp");
        Path console = folder.resolve(host + ".console");
        Files.deleteIfExists(monitor);
        Files.deleteIfExists(console);
        List<String> command = new ArrayList<>(List.of("ip", "netns", "exec", lab.namespace(host), QEMU));
        command.addAll(List.of("-machine", "q35,accel=tcg", "-cpu", "max", "-m", "96", "-no-reboot"));
        command.addAll(List.of("-nodefaults", "-no-user-config", "-display", "none"));
        command.addAll(List.of("-serial", "file:" + console, "-qmp", "unix:" + monitor + ",server=on,wait=off"));
        command.addAll(List.of(
                "-kernel", image.kernel().toString(), "-initrd", image.initrd().toString()));
        command.addAll(List.of("-append", "console=ttyS0 quiet panic=-1"));
        command.addAll(List.of("-netdev", "tap,id=card,ifname=" + DEVICE + ",script=no,downscript=no"));
        command.addAll(List.of("-device", "virtio-net-pci,netdev=card,romfile=,mac=" + GuestTenant.GUEST_MAC));
        command.addAll(List.of(more));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve(host + ".qemu").toFile())
                .start();
        await("monitor of " + host).atMost(LIMIT).until(() -> Files.exists(monitor) || !process.isAlive());
        return new QemuGuest(monitor, console, process);
    }

    Path monitor() {
        return monitor;
    }

    /** Waits until the guest says so on its console. */
    void awaitUp() {
        await("guest")
                .atMost(LIMIT)
                .until(() -> Files.exists(console) && Files.readString(console).contains(UP));
    }

    /** How long its guest stood still, as QEMU counts it, when it was moved from here. */
    long downtimeMillis() throws QmpException {
        try (QmpClient client = QmpClient.connect(monitor, LIMIT)) {
            return client.execute("query-migrate", Map.of(), LIMIT)
                    .path("downtime")
                    .asLong(-1);
        }
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException stop) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
