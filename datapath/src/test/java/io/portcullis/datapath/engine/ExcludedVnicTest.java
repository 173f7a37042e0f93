package io.portcullis.datapath.engine;

import static io.portcullis.datapath.classify.Rules.aRule;
import static io.portcullis.datapath.classify.Rules.table;
import static io.portcullis.datapath.classify.Rules.tcp;
import static io.portcullis.datapath.packet.Frames.fromVm;
import static io.portcullis.datapath.packet.Frames.toVm;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.packet.FrameBuilder;
import io.portcullis.datapath.packet.Frames;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.policy.Action;
import io.portcullis.policy.TimeoutPreset;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.policy.table.TableRule;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A vNIC for which the tenant's rules do not hold. */
class ExcludedVnicTest {
    private static final int PTP = 0x88f7;

    private final EngineHarness vm = new EngineHarness();

    @AfterEach
    void close() {
        vm.close();
    }

    private static RuleTable excluded(TableRule... rules) {
        return new RuleTable("excluded", List.of(rules), Action.ALLOW, true, TimeoutPreset.LINUX, false, true);
    }

    @Test
    void shouldPassWhatBelongsToNoConnectionAndWhatNoConnectionMayHave() {
        vm.with(1, excluded());

        assertThat(vm.in(toVm().tcp(80, 40_000).flags(PacketView.TCP_SYN | PacketView.TCP_ACK)))
                .isEqualTo(Verdict.ALLOW);
        assertThat(vm.in(toVm().tcp(80, 40_001).flags(PacketView.TCP_RST))).isEqualTo(Verdict.ALLOW);
        assertThat(vm.in(toVm().echoReply(7, 1))).isEqualTo(Verdict.ALLOW);
        vm.openTcp(40_002);
        assertThat(vm.out(fromVm().tcp(40_002, 443)
                        .sequence(0x7000_0000)
                        .acknowledgement(0x7000_0000)
                        .flags(PacketView.TCP_ACK)))
                .isEqualTo(Verdict.ALLOW);
        assertThat(vm.counter("dropped.in.invalid") + vm.counter("dropped.out.invalid"))
                .isZero();
    }

    @Test
    void shouldPassFramesThatAreNotIp() {
        vm.with(1, excluded());

        assertThat(vm.out(FrameBuilder.frame(Frames.VM_MAC, Frames.PEER_MAC).etherType(PTP)))
                .isEqualTo(Verdict.ALLOW);
    }

    @Test
    void shouldStillBindTheVmToItsAddresses() {
        vm.with(1, excluded());

        assertThat(vm.out(FrameBuilder.frame(Frames.VM_MAC, Frames.PEER_MAC)
                        .ip(Frames.PEER, Frames.PEER)
                        .udp(1, 2)))
                .isEqualTo(Verdict.DROP);
    }

    @Test
    void shouldStillObeyTheRulesInItsTable() {
        vm.with(1, excluded(aRule(5).inbound().service(tcp(22)).drop()));

        assertThat(vm.in(toVm().tcp(9, 22).flags(PacketView.TCP_SYN))).isEqualTo(Verdict.DROP);
        assertThat(vm.in(toVm().tcp(9, 22).flags(PacketView.TCP_SYN | PacketView.TCP_ACK)))
                .isEqualTo(Verdict.DROP);
        assertThat(vm.in(toVm().tcp(9, 23).flags(PacketView.TCP_SYN))).isEqualTo(Verdict.ALLOW);
    }

    @Test
    void shouldKeepConnectionsThatTheRulesAllowWhenTheExclusionEnds() {
        vm.with(1, excluded());
        vm.openTcp(40_000);

        vm.with(2, table(Action.DROP, aRule(7).outbound().service(tcp(443)).allow()));

        assertThat(vm.out(EngineHarness.segment(40_000))).isEqualTo(Verdict.ALLOW);
    }
}
