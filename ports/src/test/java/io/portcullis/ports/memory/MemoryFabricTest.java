package io.portcullis.ports.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.portcullis.datapath.port.FramePort;
import io.portcullis.datapath.port.PortException;
import io.portcullis.datapath.port.VmPort;
import io.portcullis.policy.MacAddress;
import io.portcullis.ports.CapturedFrame;
import io.portcullis.ports.TestFrames;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

class MemoryFabricTest extends MemoryPortTestCase {
    private static final long EVERYONE = 0xffff_ffff_ffffL;

    private FramePort uplink(String name) throws PortException {
        FramePort port = backend.openUplink("memory:" + name);
        poller.add(port);
        return port;
    }

    private void send(FramePort port, byte[] frame) {
        burst.clear();
        TestFrames.add(burst, frame);
        assertThat(port.send(burst.memory(), burst.offset(0), burst.length(0))).isTrue();
        port.flush();
    }

    /** The frames that have come by the time a marker, sent now, is back. */
    private List<byte[]> drained(FramePort port) {
        List<byte[]> frames = new ArrayList<>();
        port.requestDrain();
        await().until(() -> {
            poller.await(1_000_000);
            burst.clear();
            port.receive(burst);
            for (int i = 0; i < burst.count(); i++) {
                frames.add(TestFrames.bytes(burst, i));
            }
            return port.isDrained();
        });
        return frames;
    }

    @Test
    void shouldKeepAVmsFramesWhileNoHostIsConnected() throws Exception {
        MemoryVm vm = fabric.addVm("web-1");
        vm.send(TestFrames.numbered(TestFrames.PEER_MAC, TestFrames.VM_MAC, false, 1));
        VmPort first = open("web-1");
        first.close();
        vm.send(TestFrames.numbered(TestFrames.PEER_MAC, TestFrames.VM_MAC, false, 2));
        VmPort second = open("web-1");
        assertThat(drained(second)).extracting(TestFrames::number).contains(2).doesNotHaveDuplicates();
    }

    @Test
    void shouldTellAVmWhichHostAFrameCameThrough() throws Exception {
        List<String> hosts = new CopyOnWriteArrayList<>();
        fabric.addVm("web-1").onReceiveFrom((host, _) -> hosts.add(host));
        String uplink = "memory:127.0.0.1:" + fabric.address().getPort() + "/host-7";
        VmPort named = MemoryBackend.ofUplink(uplink).openVmPort("memory:web-1", new MacAddress(TestFrames.VM_MAC));
        byte[] frame = TestFrames.numbered(TestFrames.PEER_MAC, TestFrames.VM_MAC, false, 1);
        send(named, frame);
        await().until(() -> hosts.equals(List.of("host-7")));
        send(open("web-1"), frame);
        await().until(() -> hosts.equals(List.of("host-7", "")));
        named.close();
    }

    @Test
    void shouldBoundAndCountWhatWaits() {
        MemoryVm vm = fabric.addVm("web-1");
        byte[] frame = TestFrames.numbered(TestFrames.PEER_MAC, TestFrames.VM_MAC, false, 1);
        for (int i = 0; i < MemoryVm.MAX_WAITING_FRAMES + 10; i++) {
            vm.send(frame);
        }
        await().untilAsserted(() -> assertThat(vm.dropped()).isEqualTo(10));
    }

    @Test
    void shouldLearnWhereAnAddressIsAndFloodWhatItDoesNotKnow() throws Exception {
        FramePort first = uplink("host-1");
        FramePort second = uplink("host-2");
        FramePort third = uplink("host-3");
        byte[] unknown = TestFrames.tagged(TestFrames.numbered(TestFrames.VM_MAC, TestFrames.PEER_MAC, true, 1), 10);
        send(first, unknown);
        drained(first);
        assertThat(drained(second)).containsExactly(unknown);
        assertThat(drained(third)).containsExactly(unknown);

        send(second, TestFrames.tagged(TestFrames.numbered(EVERYONE, TestFrames.VM_MAC, true, 2), 10));
        drained(second);
        send(first, unknown);
        drained(first);
        assertThat(drained(second)).containsExactly(unknown);
        assertThat(drained(third)).extracting(TestFrames::number).hasSize(1).doesNotContain(1);
        byte[] otherSegment =
                TestFrames.tagged(TestFrames.numbered(TestFrames.VM_MAC, TestFrames.PEER_MAC, true, 3), 11);
        send(first, otherSegment);
        drained(first);
        assertThat(drained(third)).as("another segment knows nothing").containsExactly(otherSegment);

        send(third, TestFrames.tagged(TestFrames.numbered(EVERYONE, TestFrames.VM_MAC, true, 4), 10));
        drained(third);
        drained(second);
        send(first, unknown);
        drained(first);
        assertThat(drained(third)).as("the address has moved").contains(unknown);
        assertThat(drained(second)).isEmpty();
    }

    @Test
    void shouldShowWhatPassesTheUplinks() throws Exception {
        List<CapturedFrame> seen = new CopyOnWriteArrayList<>();
        fabric.observe(seen::add);
        FramePort first = uplink("host-1");
        FramePort second = uplink("host-2");
        send(first, TestFrames.numbered(EVERYONE, TestFrames.VM_MAC, true, 1));
        drained(first);
        assertThat(drained(second)).hasSize(1);
        assertThat(seen)
                .extracting(CapturedFrame::device, CapturedFrame::toHost)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("host-1", false),
                        org.assertj.core.groups.Tuple.tuple("host-2", true));
        assertThat(fabric.uplinks()).containsExactly("host-1", "host-2");
    }

    @Test
    void shouldRefuseWhoDoesNotSpeakItsProtocol() throws Exception {
        try (Socket stranger =
                new Socket(fabric.address().getAddress(), fabric.address().getPort())) {
            stranger.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes());
            assertThat(stranger.getInputStream().read()).isEqualTo(-1);
        }
        try (Socket old =
                new Socket(fabric.address().getAddress(), fabric.address().getPort())) {
            ByteBuffer hello = ByteBuffer.allocate(100);
            FabricProtocol.putHello(hello, FabricProtocol.KIND_UPLINK, "host-1");
            hello.putShort(FabricProtocol.LENGTH_BYTES + 1 + Integer.BYTES, (short) 99);
            old.getOutputStream().write(hello.array(), 0, hello.position());
            InputStream answer = old.getInputStream();
            assertThat(new String(answer.readAllBytes())).contains("version 3").contains("99");
        }
        assertThat(fabric.counters()).containsEntry("protocol-errors", 1L);
    }

    @Test
    void shouldSayWhenThereIsNoFabric() throws Exception {
        InetSocketAddress address = fabric.address();
        fabric.close();
        assertThatThrownBy(() -> new MemoryBackend(address).openUplink("memory:host-1"))
                .isInstanceOf(PortException.class)
                .hasMessageContaining("is it running");
        assertThatThrownBy(() -> backend.openUplink("memory:127.0.0.1:99999/host-1"))
                .isInstanceOf(PortException.class)
                .hasMessageContaining("memory:HOST:PORT/NAME");
    }

    @Test
    void shouldCountWhatAHostDoesNotRead() throws Exception {
        FramePort sender = uplink("host-1");
        uplink("host-2");
        byte[] big = new byte[60_000];
        System.arraycopy(TestFrames.numbered(EVERYONE, TestFrames.VM_MAC, true, 1), 0, big, 0, 60);
        await().until(() -> {
            for (int i = 0; i < 20; i++) {
                burst.clear();
                TestFrames.add(burst, big);
                sender.send(burst.memory(), burst.offset(0), burst.length(0));
            }
            poller.await(0);
            return fabric.counters().get("dropped-full") > 0;
        });
    }

    @Test
    void shouldTellItsHostsWhenItEnds() throws Exception {
        FramePort uplink = uplink("host-1");
        fabric.close();
        await().until(() -> {
            burst.clear();
            uplink.receive(burst);
            return uplink.counters().get("gone") == 1;
        });
        uplink.requestDrain();
        assertThat(uplink.isDrained()).isTrue();
        burst.clear();
        TestFrames.add(burst, TestFrames.numbered(EVERYONE, TestFrames.VM_MAC, true, 1));
        assertThat(uplink.send(burst.memory(), burst.offset(0), burst.length(0)))
                .isFalse();
    }
}
