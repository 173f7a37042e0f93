package io.portcullis.ports.memory;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.port.PortBackend;
import io.portcullis.ports.PortConformanceTest;
import io.portcullis.ports.TestFrames;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** The same promises over the fabric's sockets. */
class MemoryPortConformanceTest extends PortConformanceTest {
    @Override
    protected Site openSite() throws Exception {
        return new MemorySite();
    }

    private static final class MemorySite implements Site {
        private final MemoryFabric fabric =
                MemoryFabric.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        private final MemoryVm vm = fabric.addVm("web-1/eth0");
        private final BlockingQueue<byte[]> received = new LinkedBlockingQueue<>();

        MemorySite() throws IOException {
            vm.onReceive(received::add);
        }

        @Override
        public PortBackend backend() {
            return new MemoryBackend(fabric.address());
        }

        @Override
        public String vmPort() {
            return "memory:web-1/eth0";
        }

        @Override
        public String missingVmPort() {
            return "memory:missing";
        }

        @Override
        public String uplink(int index) {
            return "memory:127.0.0.1:" + fabric.address().getPort() + "/host-" + index;
        }

        @Override
        public void sendFromVm(int number) {
            assertThat(vm.send(TestFrames.numbered(TestFrames.PEER_MAC, TestFrames.VM_MAC, false, number)))
                    .isTrue();
        }

        @Override
        public String diagnosis() {
            return fabric.counters() + " dropped " + vm.dropped();
        }

        @Override
        public int receiveInVm() throws InterruptedException {
            return TestFrames.number(Objects.requireNonNull(received.poll(60, TimeUnit.SECONDS), "no frame came"));
        }

        @Override
        public void close() {
            try {
                fabric.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
