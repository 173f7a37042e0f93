package io.portcullis.datapath.runtime;

import static io.portcullis.datapath.runtime.TestHosts.VLAN;
import static io.portcullis.datapath.runtime.TestHosts.allow;
import static io.portcullis.datapath.runtime.TestHosts.get;
import static io.portcullis.datapath.runtime.TestHosts.ip;
import static io.portcullis.datapath.runtime.TestHosts.mac;
import static io.portcullis.datapath.runtime.TestHosts.rules;
import static io.portcullis.datapath.runtime.TestHosts.vnic;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portcullis.datapath.packet.FrameBuilder;
import io.portcullis.datapath.port.ChecksumTrust;
import io.portcullis.policy.RuleDirection;
import io.portcullis.policy.table.RuleTable;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Checksums are verified by the port that a frame comes from, and once on a host. */
class ChecksumTrustTest {
    private static final RuleTable BOTH = rules(allow(RuleDirection.OUT, 17, 53), allow(RuleDirection.IN, 17, 53));

    private final TestHosts hosts = new TestHosts(1);

    @AfterEach
    void stop() {
        hosts.close();
    }

    private DataPathRuntime host(ChecksumTrust vmPorts, ChecksumTrust uplink) {
        return hosts.host("host-1", new DataPathSettings.Checksums(vmPorts, uplink));
    }

    private static byte[] frame(int from, int to, boolean isTagged, boolean isRight) {
        FrameBuilder frame = FrameBuilder.frame(mac(from), mac(to));
        byte[] bytes = (isTagged ? frame.vlan(VLAN) : frame)
                .ip(ip("10.0.0." + from), ip("10.0.0." + to))
                .udp(4_000, 53)
                .payload(new byte[10])
                .build();
        bytes[bytes.length - 1] = (byte) (isRight ? 0 : 1);
        return bytes;
    }

    private static void awaitCounter(DataPathRuntime host, int number, String name, long count) {
        await().untilAsserted(() -> assertThat(counters(host, number)).containsEntry(name, count));
    }

    private static Map<String, Long> counters(DataPathRuntime host, int number) {
        return get(host.status(vnic(number, 1).vnic())).counters();
    }

    @Test
    void shouldVerifyWhatComesFromBothPorts() {
        DataPathRuntime host = host(ChecksumTrust.DECLARED, ChecksumTrust.DECLARED);
        TestFabric.Vm vm = hosts.enforce(host, vnic(1, 1), BOTH);
        TestFabric.Station station = hosts.fabric.station();

        vm.send(frame(1, 9, false, false));
        vm.send(frame(1, 9, false, true));
        station.send(frame(9, 1, true, false));
        station.send(frame(9, 1, true, true));

        awaitCounter(host, 1, "allowed.out", 1);
        awaitCounter(host, 1, "allowed.in", 1);
        awaitCounter(host, 1, "dropped.out.checksum", 1);
        awaitCounter(host, 1, "dropped.in.checksum", 1);
    }

    @Test
    void shouldTrustTheUplinkAlone() {
        DataPathRuntime host = host(ChecksumTrust.DECLARED, ChecksumTrust.ALL);
        TestFabric.Vm vm = hosts.enforce(host, vnic(1, 1), BOTH);

        vm.send(frame(1, 9, false, false));
        hosts.fabric.station().send(frame(9, 1, true, false));

        awaitCounter(host, 1, "dropped.out.checksum", 1);
        awaitCounter(host, 1, "allowed.in", 1);
        assertThat(counters(host, 1)).doesNotContainKey("dropped.in.checksum");
    }

    /** What was trusted on the way out of one VM is not doubted on the way into another one. */
    @Test
    void shouldTrustVmPortsAloneAndToTheVmsOfTheSameHost() {
        DataPathRuntime host = host(ChecksumTrust.ALL, ChecksumTrust.DECLARED);
        TestFabric.Vm vm = hosts.enforce(host, vnic(1, 1), BOTH);
        hosts.enforce(host, vnic(2, 1), BOTH);

        vm.send(frame(1, 2, false, false));
        hosts.fabric.station().send(frame(9, 2, true, false));

        awaitCounter(host, 1, "allowed.out", 1);
        awaitCounter(host, 2, "allowed.in", 1);
        awaitCounter(host, 2, "dropped.in.checksum", 1);
    }
}
