package io.portcullis.ports.memory;

import io.portcullis.datapath.port.Burst;
import io.portcullis.datapath.port.Poller;
import io.portcullis.datapath.port.PortException;
import io.portcullis.datapath.port.VmPort;
import io.portcullis.policy.MacAddress;
import io.portcullis.ports.TestFrames;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A fabric, and a host whose ports are on it. */
abstract class MemoryPortTestCase {
    private final Arena arena = Arena.ofShared();
    final Burst burst = new Burst(arena);
    MemoryFabric fabric;
    MemoryBackend backend;
    Poller poller;

    @BeforeEach
    void start() throws IOException {
        Awaitility.setDefaultTimeout(Duration.ofSeconds(60));
        fabric = MemoryFabric.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        backend = new MemoryBackend(fabric.address());
        poller = backend.newPoller();
    }

    @AfterEach
    void stop() throws IOException {
        poller.close();
        fabric.close();
        arena.close();
    }

    VmPort open(String name) throws PortException {
        VmPort port = backend.openVmPort("memory:" + name, new MacAddress(TestFrames.VM_MAC));
        poller.add(port);
        return port;
    }
}
