package io.portcullis.cluster.multinode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.portcullis.api.MigrationView;
import io.portcullis.api.PortcullisClient;
import io.portcullis.api.ReceiptView;
import io.portcullis.cli.mover.QemuMover;
import io.portcullis.loadtest.lab.KernelLab;
import io.portcullis.loadtest.lab.LabVm;
import io.portcullis.loadtest.lab.LocalCluster;
import io.portcullis.loadtest.lab.NodeJvm;
import io.portcullis.loadtest.vm.VmSockets.TcpConnection;
import io.portcullis.loadtest.vm.VmSockets.TcpListener;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A guest of a real QEMU, whose packets go through the firewalls of two real nodes, moves from one QEMU to another and back, while its own kernel's TCP goes on, in both directions, under rules by which
 * nothing may begin. Needs root and what {@link GuestImage} asks for ({@code mvn -P qemu}).
 */
@Tag("qemu")
class QemuGuestMoveTest {
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final Duration REFUSED = Duration.ofSeconds(2);
    private static final String FROM = "host-1";
    private static final String TO = "host-2";
    private static final int IN_PORT = 7_000;
    private static final int OUT_PORT = 7_001;

    /** Sends back what comes, on connections to it and on one of its own. */
    private static final String SCRIPT = """
        ip link set lo up; ip addr add %1$s/24 dev eth0; ip link set eth0 up
        nc -ll -p %3$d -e cat &
        (while :; do nc %2$s %4$d -e cat; sleep 1; done) &
        echo "%5$s" >/dev/console
        """.formatted(
                    GuestTenant.GUEST_ADDRESS.getHostAddress(),
                    GuestTenant.CONSUMER_ADDRESS.getHostAddress(),
                    IN_PORT,
                    OUT_PORT,
                    QemuGuest.UP);

    @TempDir
    Path folder;

    @BeforeEach
    void needQemu() throws Exception {
        Optional<String> missing = missing();
        missing.ifPresent(what -> System.out.println("QemuGuestMoveTest: skipped, " + what));
        assumeTrue(missing.isEmpty());
    }

    private static Optional<String> missing() throws IOException {
        if (!KernelLab.isPossible()) {
            return Optional.of("it needs root on Linux, ip (iproute2) and /dev/net/tun");
        }
        boolean found = Arrays.stream(System.getenv("PATH").split(":", -1))
                .anyMatch(each -> Files.isExecutable(Path.of(each, QemuGuest.QEMU)));
        return found
                ? GuestImage.missing()
                : Optional.of("there is no " + QemuGuest.QEMU + " (apt-get install qemu-system-x86)");
    }

    @Test
    void shouldCarryConnectionsOfAGuest() throws Exception {
        GuestImage image = GuestImage.make(folder, SCRIPT);
        try (SplitHostsLab lab = SplitHostsLab.create(FROM, TO);
                LocalCluster hosts = new LocalCluster(lab, PortBlocks.next(), NodeJvm.small(256))) {
            String port = lab.addGuest(GuestTenant.GUEST);
            lab.addEmulatorDevice(GuestTenant.GUEST, QemuGuest.DEVICE);
            LabVm consumer =
                    lab.addVm(GuestTenant.CONSUMER, GuestTenant.CONSUMER_MAC, List.of(GuestTenant.CONSUMER_ADDRESS));
            hosts.start(FROM, TO);
            try (PortcullisClient client = hosts.client();
                    TcpListener listener =
                            consumer.sockets().listen(new InetSocketAddress(consumer.address(false), OUT_PORT))) {
                GuestTenant tenant = GuestTenant.create(client, port, consumer, FROM);
                try (QemuGuest first = QemuGuest.start(folder, lab, FROM, image)) {
                    first.awaitUp();
                    TcpConnection out = Objects.requireNonNull(listener.accept(LIMIT));
                    try (EchoedStream byGuest = new EchoedStream(out);
                            EchoedStream toGuest = new EchoedStream(connect(consumer, LIMIT))) {
                        awaitProgress(byGuest, toGuest);
                        tenant.closeForNewConnections();
                        assertThatExceptionOfType(IOException.class).isThrownBy(() -> connect(consumer, REFUSED));

                        moveThereAndBack(tenant, lab, image, first, byGuest, toGuest);
                    }
                }
            }
        }
    }

    private void moveThereAndBack(
            GuestTenant tenant, SplitHostsLab lab, GuestImage image, QemuGuest first, EchoedStream... streams)
            throws Exception {
        try (QemuGuest second = QemuGuest.start(folder, lab, TO, image, "-incoming", incoming(TO))) {
            move(tenant, first, second, TO, streams);
            first.close();
            try (QemuGuest third = QemuGuest.start(folder, lab, FROM, image, "-incoming", incoming(FROM))) {
                move(tenant, second, third, FROM, streams);
            }
        }
    }

    private String incoming(String host) {
        return "unix:" + folder.resolve(host + ".incoming");
    }

    private void move(GuestTenant tenant, QemuGuest from, QemuGuest to, String host, EchoedStream... streams)
            throws Exception {
        Arrays.stream(streams).forEach(EchoedStream::takeLongestGapNanos);
        MigrationView migration;
        try (QemuMover mover = QemuMover.connect(
                from.monitor(), to.monitor(), incoming(host), new QemuMover.Limits(LIMIT, LIMIT, LIMIT))) {
            migration = tenant.move(mover, host);
        }
        awaitProgress(streams);

        assertThat(migration.state()).as("%s", migration).isEqualTo("COMMITTED");
        ReceiptView receipt = Objects.requireNonNull(migration.receipt());
        assertThat(receipt.entriesReceived()).isEqualTo(receipt.entriesSent()).isEqualTo(streams.length);
        assertThat(receipt.framesDropped()).isZero();
        System.out.printf(
                "to %s: guest stood still %d ms (QEMU's count), of which firewall %.1f ms; longest gap of streams %s"
                        + " ms%n",
                host,
                from.downtimeMillis(),
                receipt.pauseNanos() / 1e6,
                Arrays.stream(streams)
                        .map(stream -> stream.takeLongestGapNanos() / 1_000_000)
                        .toList());
    }

    private static TcpConnection connect(LabVm consumer, Duration limit) throws IOException {
        return consumer.sockets().connect(new InetSocketAddress(GuestTenant.GUEST_ADDRESS, IN_PORT), limit);
    }

    private static void awaitProgress(EchoedStream... streams) {
        for (EchoedStream stream : streams) {
            long before = stream.echoed();
            await().atMost(LIMIT).until(() -> stream.failure() != null || stream.echoed() > before + 1);
            assertThat(stream.failure()).isNull();
        }
    }
}
