package io.portcullis.ports.memory;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.port.Burst;
import io.portcullis.datapath.port.ChecksumTrust;
import io.portcullis.datapath.port.FramePort;
import io.portcullis.ports.ChecksumHost;
import io.portcullis.ports.TestFrames;
import java.lang.foreign.Arena;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** End points on the fabric complete their checksums themselves and declare nothing: all are verified, or none. */
class ChecksumsOnMemoryPortsTest {
    @ParameterizedTest
    @EnumSource(ChecksumTrust.class)
    void shouldDropWrongChecksumsUnlessThePortsAreTrusted(ChecksumTrust trust) throws Exception {
        try (MemoryFabric fabric = MemoryFabric.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
                Arena arena = Arena.ofConfined()) {
            MemoryVm vm = fabric.addVm("vm");
            MemoryBackend backend = new MemoryBackend(fabric.address());
            try (ChecksumHost host = new ChecksumHost(backend, "memory:host-1", "memory:vm", trust);
                    FramePort station = backend.openUplink("memory:station")) {
                Burst burst = new Burst(arena);
                for (boolean isRight : new boolean[] {false, true}) {
                    vm.send(ChecksumHost.fromVm(isRight));
                    burst.clear();
                    TestFrames.add(burst, ChecksumHost.toVm(isRight));
                    assertThat(station.send(burst.memory(), burst.offset(0), burst.length(0)))
                            .isTrue();
                    station.flush();
                }
                boolean isTrusted = trust == ChecksumTrust.ALL;
                host.awaitCounter("allowed.out", isTrusted ? 2 : 1);
                host.awaitCounter("allowed.in", isTrusted ? 2 : 1);
                assertThat(host.counters().getOrDefault("dropped.out.checksum", 0L))
                        .isEqualTo(isTrusted ? 0 : 1);
                assertThat(host.counters().getOrDefault("dropped.in.checksum", 0L))
                        .isEqualTo(isTrusted ? 0 : 1);
            }
        }
    }
}
