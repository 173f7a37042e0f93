package io.portcullis.ports.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portcullis.datapath.packet.Wire;
import io.portcullis.datapath.port.Burst;
import io.portcullis.datapath.port.ChecksumTrust;
import io.portcullis.datapath.port.VnetHeader;
import io.portcullis.ports.ChecksumHost;
import io.portcullis.ports.TestFrames;
import java.lang.foreign.Arena;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A kernel leaves its checksums to be completed and says so; frames that declare nothing are verified, or not. Needs root. */
class ChecksumsOnKernelPortsTest {
    private static final InetSocketAddress VM = new InetSocketAddress(TestFrames.VM_ADDRESS, ChecksumHost.PORT);
    private static final InetSocketAddress PEER = new InetSocketAddress(TestFrames.PEER_ADDRESS, ChecksumHost.PORT);

    @ParameterizedTest
    @EnumSource(ChecksumTrust.class)
    void shouldPassIncompleteChecksumsAndDropWrongOnesUnlessThePortsAreTrusted(ChecksumTrust trust) throws Exception {
        try (KernelTestLab lab = KernelTestLab.openOrSkip();
                Arena arena = Arena.ofShared()) {
            String vm = lab.vm("v", TestFrames.VM_ADDRESS, "02:00:00:00:00:01");
            lab.ip(vm, "neigh add " + TestFrames.PEER_ADDRESS + " lladdr 02:00:00:00:00:02 dev eth0");
            String fabric = lab.fabric("up0", "up1");
            Burst burst = new Burst(arena);
            try (TapUplink station = TapUplink.open("tap:" + fabric + "/up1");
                    ChecksumHost host = new ChecksumHost(
                            new KernelBackend(), "tap:" + fabric + "/up0", "tap:" + vm + "/eth0", trust);
                    DatagramChannel socket = NetworkNamespace.call(vm, DatagramChannel::open)) {
                socket.bind(VM).send(ByteBuffer.allocate(30), PEER);
                host.awaitCounter("allowed.out", 1);
                assertThat(flagsOfADatagram(station, burst)).isEqualTo(VnetHeader.NEEDS_CSUM);

                send(station, burst, false);
                send(station, burst, true);
                host.awaitCounter("allowed.in", trust == ChecksumTrust.ALL ? 2 : 1);
                assertThat(host.counters())
                        .doesNotContainKey("dropped.out.checksum")
                        .containsEntry("allowed.out", 1L);
                assertThat(host.counters().getOrDefault("dropped.in.checksum", 0L))
                        .isEqualTo(trust == ChecksumTrust.ALL ? 0 : 1);
                // the VM's kernel takes what is marked as verified
                ByteBuffer received = ByteBuffer.allocate(100);
                assertThat(socket.receive(received)).isEqualTo(PEER);
                assertThat(received.position()).isEqualTo(30);
            }
        }
    }

    private static void send(TapUplink station, Burst burst, boolean isRight) {
        burst.clear();
        TestFrames.add(burst, ChecksumHost.toVm(isRight));
        assertThat(station.send(burst.memory(), burst.offset(0), burst.length(0)))
                .isTrue();
    }

    private static int flagsOfADatagram(TapUplink station, Burst burst) {
        int[] flags = {-1};
        await().atMost(Duration.ofSeconds(60)).until(() -> {
            burst.clear();
            station.receive(burst);
            for (int i = 0; i < burst.count(); i++) {
                boolean isUdp = burst.length(i) > 60 && Wire.u8(burst.memory(), burst.offset(i) + 27L) == 17;
                flags[0] = isUdp ? Wire.u8(burst.memory(), burst.offset(i) - Burst.VNET_HEADER_BYTES) : flags[0];
            }
            return flags[0] >= 0;
        });
        return flags[0];
    }
}
