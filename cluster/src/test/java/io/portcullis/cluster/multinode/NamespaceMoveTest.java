package io.portcullis.cluster.multinode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.portcullis.api.MigrationView;
import io.portcullis.api.PortcullisClient;
import io.portcullis.api.ReceiptView;
import io.portcullis.cli.mover.MoverException;
import io.portcullis.cli.mover.NamespaceMover;
import io.portcullis.loadtest.lab.KernelLab;
import io.portcullis.loadtest.lab.LabVm;
import io.portcullis.loadtest.lab.LocalCluster;
import io.portcullis.loadtest.lab.NodeJvm;
import io.portcullis.loadtest.traffic.TcpStream;
import io.portcullis.loadtest.traffic.TrafficResult;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A VM that is a namespace with a veth pair moves between two hosts with devices of their own, while kernels' TCP goes on under rules by which nothing may begin. Needs root. */
class NamespaceMoveTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final String FROM = "host-1";
    private static final String TO = "host-2";
    private static final String LINK = "v-web";
    private static final int BLOCKS_PER_SECOND = 50;

    @BeforeEach
    void needRoot() {
        if (!KernelLab.isPossible()) {
            System.out.println("NamespaceMoveTest: skipped, it needs root on Linux, ip (iproute2) and /dev/net/tun");
        }
        assumeTrue(KernelLab.isPossible());
    }

    @Test
    void shouldCarryConnectionsOfANamespace() throws Exception {
        try (SplitHostsLab lab = SplitHostsLab.create(FROM, TO);
                LocalCluster hosts = new LocalCluster(lab, PortBlocks.next(), NodeJvm.small(256))) {
            LabVm guest = lab.addNamespaceGuest(
                    GuestTenant.GUEST, LINK, FROM, GuestTenant.GUEST_MAC, GuestTenant.GUEST_ADDRESS);
            LabVm consumer =
                    lab.addVm(GuestTenant.CONSUMER, GuestTenant.CONSUMER_MAC, List.of(GuestTenant.CONSUMER_ADDRESS));
            hosts.start(FROM, TO);
            try (PortcullisClient client = hosts.client()) {
                GuestTenant tenant = GuestTenant.create(client, guest.port(), consumer, FROM);
                TcpStream in = stream(consumer, guest, 7_000);
                TcpStream out = stream(guest, consumer, 7_001);
                tenant.closeForNewConnections();

                MigrationView there = tenant.move(mover(lab, FROM, TO), TO);
                awaitProgress(in, out);
                MigrationView back = tenant.move(mover(lab, TO, FROM), FROM);
                awaitProgress(in, out);

                assertThat(List.of(there, back)).allSatisfy(NamespaceMoveTest::assertCarried);
                assertThat(List.of(in.stop(), out.stop())).allMatch(TrafficResult::isIntact);
            }
        }
    }

    private static NamespaceMover mover(SplitHostsLab lab, String from, String to) throws MoverException {
        return new NamespaceMover(LINK, place(lab, from), place(lab, to), LIMIT);
    }

    private static NamespaceMover.Place place(SplitHostsLab lab, String host) {
        return new NamespaceMover.Place(lab.namespace(host), SplitHostsLab.bridge(GuestTenant.GUEST));
    }

    private static TcpStream stream(LabVm from, LabVm to, int port) throws Exception {
        return TcpStream.start(
                from.sockets(), to.sockets(), new InetSocketAddress(to.address(false), port), BLOCKS_PER_SECOND);
    }

    private static void awaitProgress(TcpStream... streams) {
        for (TcpStream stream : streams) {
            long before = stream.receivedBytes();
            await().atMost(LIMIT).until(() -> stream.receivedBytes() > before);
        }
    }

    private static void assertCarried(MigrationView migration) {
        assertThat(migration.state()).as("%s", migration).isEqualTo("COMMITTED");
        ReceiptView receipt = Objects.requireNonNull(migration.receipt());
        assertThat(receipt.entriesReceived()).isEqualTo(receipt.entriesSent()).isEqualTo(2);
        assertThat(receipt.framesDropped()).isZero();
    }
}
