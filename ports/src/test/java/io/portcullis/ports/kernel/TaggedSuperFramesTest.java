package io.portcullis.ports.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** TCP segmentation-offload frames cross uplink, bridge and uplink with their VLAN tag on. Needs root. */
class TaggedSuperFramesTest {
    private static final int VLAN = 101;
    private static final int STREAM_BYTES = 64 << 20;

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldCarryTcpWithSegmentationOffloadThroughTwoHosts(boolean vlanFiltering) throws Exception {
        try (KernelTestLab lab = KernelTestLab.openOrSkip()) {
            String client = lab.vm("a", "10.7.0.1", "02:00:00:00:00:01");
            String server = lab.vm("b", "10.7.0.2", "02:00:00:00:00:02");
            String fabric = lab.fabric("up0", "up1");
            if (vlanFiltering) {
                assumeVlanFiltering(lab, fabric);
                KernelTestLab.run("bridge -n " + fabric + " vlan add dev up0 vid 2-4094");
                KernelTestLab.run("bridge -n " + fabric + " vlan add dev up1 vid 2-4094");
            }
            try (TaggingForwarder first = forwarder(client, fabric, 0);
                    TaggingForwarder second = forwarder(server, fabric, 1)) {
                long start = System.nanoTime();
                stream(client, server);
                double seconds = (System.nanoTime() - start) / 1e9;
                System.out.printf(
                        "TCP through two hosts, vlan_filtering %s: %.1f Gbit/s, largest frame %d bytes%n",
                        vlanFiltering, STREAM_BYTES * 8 / seconds / 1e9, second.largestDown.get());
                assertThat(first.largestUp.get()).as("super-frame from the VM").isGreaterThan(9_000);
                assertThat(second.largestDown.get())
                        .as("super-frame from the bridge")
                        .isGreaterThan(9_000);
                assertThat(KernelTestLab.run("bridge -n " + fabric + " fdb show br br0"))
                        .contains("02:00:00:00:00:01")
                        .contains("02:00:00:00:00:02");
            }
        }
    }

    private static void assumeVlanFiltering(KernelTestLab lab, String fabric) {
        boolean possible = true;
        try {
            lab.ip(fabric, "link set br0 type bridge vlan_filtering 1");
        } catch (UncheckedIOException e) {
            System.out.println("skipped: the kernel's bridge has no vlan_filtering");
            possible = false;
        }
        Assumptions.assumeTrue(possible, "the kernel's bridge has no vlan_filtering");
    }

    private static TaggingForwarder forwarder(String vm, String fabric, int uplink) throws Exception {
        return new TaggingForwarder(
                TapPort.open("tap:" + vm + "/eth0"), TapUplink.open("tap:" + fabric + "/up" + uplink), VLAN);
    }

    private static void stream(String client, String server) throws Exception {
        byte[] chunk = new byte[1 << 20];
        new Random(1).nextBytes(chunk);
        InetSocketAddress address = new InetSocketAddress("10.7.0.2", 7001);
        try (ServerSocketChannel listener =
                NetworkNamespace.call(server, () -> ServerSocketChannel.open().bind(address))) {
            CompletableFuture<Long> received = CompletableFuture.supplyAsync(() -> receive(listener));
            CRC32C sent = new CRC32C();
            try (SocketChannel channel = NetworkNamespace.call(client, () -> SocketChannel.open(address))) {
                for (int done = 0; done < STREAM_BYTES; done += chunk.length) {
                    sent.update(chunk);
                    ByteBuffer out = ByteBuffer.wrap(chunk);
                    while (out.hasRemaining()) {
                        channel.write(out);
                    }
                }
            }
            assertThat(received.get()).isEqualTo(sent.getValue());
        }
    }

    private static long receive(ServerSocketChannel listener) {
        CRC32C crc = new CRC32C();
        try (SocketChannel channel = listener.accept()) {
            ByteBuffer in = ByteBuffer.allocateDirect(1 << 20);
            while (channel.read(in) >= 0) {
                crc.update(in.flip());
                in.clear();
            }
            return crc.getValue();
        } catch (java.io.IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
