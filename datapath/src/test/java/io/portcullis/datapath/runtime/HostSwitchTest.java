package io.portcullis.datapath.runtime;

import static io.portcullis.datapath.runtime.TestHosts.VLAN;
import static io.portcullis.datapath.runtime.TestHosts.allow;
import static io.portcullis.datapath.runtime.TestHosts.get;
import static io.portcullis.datapath.runtime.TestHosts.ip;
import static io.portcullis.datapath.runtime.TestHosts.mac;
import static io.portcullis.datapath.runtime.TestHosts.rules;
import static io.portcullis.datapath.runtime.TestHosts.vnic;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.portcullis.datapath.packet.FrameBuilder;
import io.portcullis.datapath.runtime.DataPathException.Reason;
import io.portcullis.policy.RuleDirection;
import io.portcullis.policy.table.RuleTable;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Where frames go on one host, seen from its VMs and from a station on the fabric. */
class HostSwitchTest {
    private static final int UDP = 17;
    private static final RuleTable CLIENT = rules(allow(RuleDirection.OUT, UDP, 53));
    private static final RuleTable SERVER = rules(allow(RuleDirection.IN, UDP, 53));

    private final TestHosts hosts = new TestHosts(1);
    private final DataPathRuntime host = hosts.host("host-1");
    private final TestFabric.Station station = hosts.fabric.station();

    @AfterEach
    void stop() {
        hosts.close();
    }

    private static FrameBuilder udp(int from, int to, int port) {
        return FrameBuilder.frame(mac(from), mac(to))
                .ip(ip("10.0.0." + from), ip("10.0.0." + to))
                .udp(4_000, port)
                .payload(new byte[10]);
    }

    private static FrameBuilder tagged(int vlan, int from, int to, int port) {
        return FrameBuilder.frame(mac(from), mac(to))
                .vlan(vlan)
                .ip(ip("10.0.0." + from), ip("10.0.0." + to))
                .udp(4_000, port)
                .payload(new byte[10]);
    }

    private static String hex(byte[] frame) {
        return HexFormat.of().formatHex(frame);
    }

    private byte[] awaitAt(TestFabric.Vm vm) {
        byte[][] got = {new byte[0]};
        await().until(() -> (got[0] = vm.receive()).length > 0);
        return got[0];
    }

    /** Next frame at the station that is no announcement. */
    private byte[] awaitAtStation() {
        byte[][] got = {new byte[0]};
        await().until(() -> {
            got[0] = station.receive();
            return got[0].length > 0 && !isAnnouncement(got[0]);
        });
        return got[0];
    }

    private static boolean isAnnouncement(byte[] tagged) {
        return tagged[16] == (byte) 0x80 && tagged[17] == 0x35;
    }

    private void awaitCounter(String name, long value) {
        await().until(() -> host.counters().getOrDefault(name, -1L) == value);
    }

    @Test
    void shouldPassLocalTrafficThroughBothFirewalls() {
        TestFabric.Vm client = hosts.enforce(host, vnic(1, 1), CLIENT);
        TestFabric.Vm server = hosts.enforce(host, vnic(2, 1), SERVER);
        TestFabric.Vm closed = hosts.enforce(host, vnic(3, 1), CLIENT);

        client.send(udp(1, 2, 53).build());
        assertThat(hex(awaitAt(server))).isEqualTo(hex(udp(1, 2, 53).build()));
        client.send(udp(1, 2, 54).build());
        client.send(udp(1, 3, 53).build());

        await().untilAsserted(() -> {
            assertThat(counters(1)).containsEntry("allowed.out", 2L).containsEntry("dropped.out.policy", 1L);
            assertThat(counters(3)).containsEntry("dropped.in.policy", 1L);
        });
        assertThat(server.receive()).isEmpty();
        assertThat(closed.receive()).isEmpty();
        assertThat(hosts.fabric.framesTo("host-1")).isZero();
    }

    private Map<String, Long> counters(int number) {
        return get(host.status(vnic(number, 1).vnic())).counters();
    }

    @Test
    void shouldTagWhatLeavesAndUntagWhatComes() {
        TestFabric.Vm client = hosts.enforce(host, vnic(1, 1), CLIENT);

        client.send(udp(1, 9, 53).build());
        assertThat(hex(awaitAtStation())).isEqualTo(hex(tagged(VLAN, 1, 9, 53).build()));

        FrameBuilder answer = FrameBuilder.frame(mac(9), mac(1));
        station.send(answer.vlan(VLAN)
                .ip(ip("10.0.0.9"), ip("10.0.0.1"))
                .udp(53, 4_000)
                .payload(new byte[20])
                .build());
        byte[] untagged = FrameBuilder.frame(mac(9), mac(1))
                .ip(ip("10.0.0.9"), ip("10.0.0.1"))
                .udp(53, 4_000)
                .payload(new byte[20])
                .build();
        assertThat(hex(awaitAt(client))).isEqualTo(hex(untagged));
    }

    @Test
    void shouldPassNothingWithoutRules() {
        TestFabric.Vm vm = hosts.vm(1);
        get(host.attach(vnic(1, 1)));
        get(host.activate(vnic(1, 1).vnic(), 1, 0));

        vm.send(udp(1, 9, 53).build());
        station.send(tagged(VLAN, 9, 1, 53).build());

        await().untilAsserted(() -> assertThat(counters(1))
                .containsEntry("dropped.out.no-policy", 1L)
                .containsEntry("dropped.in.no-policy", 1L));
        assertThat(vm.receive()).isEmpty();
    }

    @Test
    void shouldReadNothingFromAPassiveVnic() {
        TestFabric.Vm vm = hosts.vm(1);
        get(host.attach(vnic(1, 1)));
        get(host.installRules(vnic(1, 1).vnic(), 1, 1, CLIENT));
        vm.send(udp(1, 9, 53).build());
        station.send(tagged(VLAN, 9, 1, 53).build());
        awaitCounter("uplink.dropped.passive", 1);
        assertThat(host.counters()).containsEntry("uplink.sent", 0L);

        get(host.activate(vnic(1, 1).vnic(), 1, 0));

        assertThat(hex(awaitAtStation())).isEqualTo(hex(tagged(VLAN, 1, 9, 53).build()));
    }

    @Test
    void shouldKeepSegmentsApart() {
        TestFabric.Vm client = hosts.enforce(host, vnic(1, 1), CLIENT);
        TestFabric.Vm other = hosts.enforce(host, vnic(2, 1, VLAN + 1), SERVER);

        client.send(udp(1, 2, 53).build());
        assertThat(hex(awaitAtStation())).isEqualTo(hex(tagged(VLAN, 1, 2, 53).build()));
        station.send(tagged(VLAN, 9, 2, 53).build());
        awaitCounter("uplink.dropped.unknown", 1);
        station.send(FrameBuilder.arpRequest(mac(9), ip("10.0.0.9"), ip("10.0.0.2"))
                .vlan(VLAN)
                .build());
        assertThat(awaitAt(client)).isNotEmpty();

        assertThat(other.receive()).isEmpty();
        assertThat(get(host.status(vnic(2, 1).vnic())).counters()).containsEntry("allowed.in", 0L);
    }

    @Test
    void shouldDropWhatIsUntaggedShortOrForNobody() {
        hosts.enforce(host, vnic(1, 1), CLIENT);

        station.send(udp(9, 1, 53).build());
        station.send(new byte[] {1, 2, 3, 4});
        station.send(tagged(VLAN, 9, 7, 53).build());

        awaitCounter("uplink.dropped.untagged", 1);
        awaitCounter("uplink.dropped.short", 1);
        awaitCounter("uplink.dropped.unknown", 1);
    }

    @Test
    void shouldFloodGroupFramesInTheirSegment() {
        TestFabric.Vm sender = hosts.enforce(host, vnic(1, 1), CLIENT);
        TestFabric.Vm second = hosts.enforce(host, vnic(2, 1), CLIENT);
        byte[] question =
                FrameBuilder.arpRequest(mac(1), ip("10.0.0.1"), ip("10.0.0.2")).build();

        sender.send(question);

        assertThat(hex(awaitAt(second))).contains(hex(Arrays.copyOf(question, 42)));
        assertThat(hex(awaitAtStation())).contains(hex(Arrays.copyOfRange(question, 14, 42)));
        assertThat(sender.receive()).isEmpty();
    }

    @Test
    void shouldRefuseASecondVnicWithTheSameMacInASegment() {
        hosts.enforce(host, vnic(1, 1), CLIENT);
        hosts.vm(5);
        VnicAttachment twin = new VnicAttachment(
                vnic(5, 1).vnic(), 1, mac(1), vnic(5, 1).addresses(), VLAN, "vm-5", TestHosts.MAX_CONNECTIONS);

        assertThatThrownBy(() -> get(host.attach(twin))).hasFieldOrPropertyWithValue("reason", Reason.DUPLICATE_MAC);
    }

    @Test
    void shouldServeTheOthersWhenAPortFails() {
        TestFabric.Vm broken = hosts.enforce(host, vnic(1, 1), CLIENT);
        TestFabric.Vm whole = hosts.enforce(host, vnic(2, 1), CLIENT);
        broken.broken = true;
        broken.send(udp(1, 9, 53).build());
        await().until(() -> host.counters().getOrDefault("loop.failures", 0L) > 2);

        whole.send(udp(2, 9, 53).build());
        assertThat(hex(awaitAtStation())).isEqualTo(hex(tagged(VLAN, 2, 9, 53).build()));

        broken.broken = false;
        assertThat(hex(awaitAtStation())).isEqualTo(hex(tagged(VLAN, 1, 9, 53).build()));
    }

    @Test
    void shouldReportAPortThatCannotBeOpened() {
        assertThatThrownBy(() -> get(host.attach(vnic(6, 1))))
                .hasFieldOrPropertyWithValue("reason", Reason.PORT)
                .hasMessageContaining("there is no VM vm-6");
        assertThat(get(host.statuses())).isEmpty();
    }
}
