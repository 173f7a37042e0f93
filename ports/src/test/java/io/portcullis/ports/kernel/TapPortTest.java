package io.portcullis.ports.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portcullis.datapath.port.Burst;
import io.portcullis.datapath.port.PortException;
import io.portcullis.ports.TestFrames;
import java.lang.foreign.Arena;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import org.junit.jupiter.api.Test;

/** What a TAP does when it goes down, is deleted, or is not what it should be. Needs root. */
class TapPortTest {
    private static void fill(Burst burst) {
        burst.clear();
        TestFrames.add(burst, TestFrames.numbered(TestFrames.VM_MAC, TestFrames.PEER_MAC, true, 1));
    }

    private static boolean send(TapPort port, Burst burst) {
        fill(burst);
        return port.send(burst.memory(), burst.offset(0), burst.length(0));
    }

    @Test
    void shouldKeepTheDeviceAndItsAddressWhenItsLastHolderIsGone() throws Exception {
        try (KernelTestLab lab = KernelTestLab.openOrSkip()) {
            String vm = lab.vm("v", "10.7.0.1", "02:00:00:00:00:01");
            TapPort.open("tap:" + vm + "/eth0").close();
            assertThat(KernelTestLab.run("ip -n " + vm + " addr show dev eth0")).contains("10.7.0.1/24");
            TapPort.open("tap:" + vm + "/eth0").close();
        }
    }

    @Test
    void shouldCountWhatADeviceThatIsDownRefuses() throws Exception {
        try (KernelTestLab lab = KernelTestLab.openOrSkip();
                Arena arena = Arena.ofConfined()) {
            String vm = lab.vm("v", "10.7.0.1", "02:00:00:00:00:01");
            Burst burst = new Burst(arena);
            try (TapPort port = TapPort.open("tap:" + vm + "/eth0")) {
                assertThat(send(port, burst)).isTrue();
                lab.ip(vm, "link set dev eth0 down");
                assertThat(send(port, burst)).isFalse();
                assertThat(port.counters()).containsEntry("refused-down", 1L).containsEntry("gone", 0L);
                lab.ip(vm, "link set dev eth0 up");
                assertThat(send(port, burst)).isTrue();
            }
        }
    }

    @Test
    void shouldNoticeThatTheDeviceWasDeletedAndNotSpin() throws Exception {
        try (KernelTestLab lab = KernelTestLab.openOrSkip();
                Arena arena = Arena.ofConfined();
                EpollPoller poller = new EpollPoller()) {
            String vm = lab.vm("v", "10.7.0.1", "02:00:00:00:00:01");
            Burst burst = new Burst(arena);
            try (TapPort port = TapPort.open("tap:" + vm + "/eth0")) {
                poller.add(port);
                lab.ip(vm, "link del dev eth0");
                poller.await(5_000_000_000L);
                assertThat(port.isGone()).isTrue();
                port.requestDrain();
                assertThat(port.isDrained()).isTrue();
                assertThat(port.receive(burst)).isZero();
                assertThat(send(port, burst)).isFalse();
                port.steerTo(1);
                long start = System.nanoTime();
                poller.await(20_000_000);
                assertThat(System.nanoTime() - start).as("waits").isGreaterThanOrEqualTo(20_000_000);
            }
        }
    }

    @Test
    void shouldTakeTheTrafficBackFromAProgramThatNamesAnotherQueue() throws Exception {
        try (KernelTestLab lab = KernelTestLab.openOrSkip();
                Arena arena = Arena.ofConfined();
                EpollPoller poller = new EpollPoller()) {
            String vm = lab.vm("v", "10.7.0.1", "02:00:00:00:00:01");
            lab.ip(vm, "neigh add 10.7.0.2 lladdr 02:00:00:00:00:02 dev eth0");
            TapPort before = TapPort.open("tap:" + vm + "/eth0");
            before.steerTo(1);
            before.close();
            Burst burst = new Burst(arena);
            try (TapPort source = TapPort.open("tap:" + vm + "/eth0");
                    TapPort destination = TapPort.open("tap:" + vm + "/eth0");
                    DatagramChannel channel = NetworkNamespace.call(vm, DatagramChannel::open)) {
                channel.bind(new InetSocketAddress(InetAddress.getByName("10.7.0.1"), TestFrames.UDP_PORT));
                channel.send(
                        ByteBuffer.allocate(4).putInt(0, 9),
                        new InetSocketAddress(InetAddress.getByName("10.7.0.2"), TestFrames.UDP_PORT));
                assertThat(destination.receive(burst)).isZero();
                poller.add(source);
                poller.await(5_000_000_000L);
                assertThat(source.receive(burst)).isPositive();
            }
        }
    }

    @Test
    void shouldSayWhatIsWrongWithADevice() {
        try (KernelTestLab lab = KernelTestLab.openOrSkip()) {
            String netns = lab.namespace("n");
            lab.ip(netns, "tuntap add dev single mode tap vnet_hdr");
            lab.ip(netns, "link add veth0 type veth peer name veth1");
            assertThatThrownBy(() -> TapPort.open("tap:" + netns + "/single"))
                    .isInstanceOf(PortException.class)
                    .hasMessageContaining("multi_queue")
                    .hasMessageContaining("ip -n " + netns + " tuntap add dev single mode tap multi_queue vnet_hdr");
            assertThatThrownBy(() -> TapPort.open("tap:" + netns + "/veth0"))
                    .isInstanceOf(PortException.class)
                    .hasMessageContaining("is no TAP device");
            assertThatThrownBy(() -> TapUplink.open("tap:" + netns + "/missing"))
                    .hasMessageContaining("ip -n " + netns + " tuntap add dev missing mode tap vnet_hdr");
            assertThat(KernelTestLab.run("ip -n " + netns + " link show"))
                    .as("none was made")
                    .doesNotContain("missing");
        }
    }
}
