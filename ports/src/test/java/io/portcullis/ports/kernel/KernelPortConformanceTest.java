package io.portcullis.ports.kernel;

import io.portcullis.datapath.port.PortBackend;
import io.portcullis.ports.PortConformanceTest;
import io.portcullis.ports.TestFrames;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;

/** TAP queues whose VM is a network namespace and whose uplinks are ports of a Linux bridge. Needs root. */
class KernelPortConformanceTest extends PortConformanceTest {
    @Override
    protected Site openSite() throws Exception {
        return new KernelSite(KernelTestLab.openOrSkip());
    }

    private static final class KernelSite implements Site {
        private final KernelTestLab lab;
        private final String vm;
        private final String fabric;
        private final DatagramChannel channel;
        private final InetSocketAddress peer = new InetSocketAddress(TestFrames.PEER_ADDRESS, TestFrames.UDP_PORT);

        KernelSite(KernelTestLab lab) throws Exception {
            this.lab = lab;
            vm = lab.vm("v", TestFrames.VM_ADDRESS, "02:00:00:00:00:01");
            lab.ip(vm, "neigh add " + TestFrames.PEER_ADDRESS + " lladdr 02:00:00:00:00:02 dev eth0");
            fabric = lab.fabric("up0", "up1");
            channel = NetworkNamespace.call(vm, DatagramChannel::open);
            channel.setOption(StandardSocketOptions.SO_SNDBUF, 1 << 22);
            channel.bind(new InetSocketAddress(InetAddress.getByName(TestFrames.VM_ADDRESS), TestFrames.UDP_PORT));
        }

        @Override
        public PortBackend backend() {
            return new KernelBackend();
        }

        @Override
        public String vmPort() {
            return "tap:" + vm + "/eth0";
        }

        @Override
        public String missingVmPort() {
            return "tap:" + vm + "/missing";
        }

        @Override
        public String uplink(int index) {
            return "tap:" + fabric + "/up" + index;
        }

        @Override
        public void sendFromVm(int number) throws IOException {
            channel.send(ByteBuffer.allocate(4).putInt(0, number), peer);
        }

        @Override
        public String diagnosis() {
            return KernelTestLab.run("ip -n " + vm + " -s link show dev eth0")
                    + KernelTestLab.run("tc -n " + vm + " -s qdisc show dev eth0");
        }

        @Override
        public int receiveInVm() throws IOException {
            ByteBuffer buffer = ByteBuffer.allocate(100);
            channel.receive(buffer);
            return buffer.getInt(0);
        }

        @Override
        public void close() {
            try {
                channel.close();
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
            lab.close();
        }
    }
}
