package io.portcullis.datapath.engine;

import static io.portcullis.datapath.classify.Rules.aRule;
import static io.portcullis.datapath.classify.Rules.table;
import static io.portcullis.datapath.packet.Frames.fromVm;
import static io.portcullis.datapath.packet.Frames.toVm;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.packet.EtherTypes;
import io.portcullis.datapath.packet.FrameBuilder;
import io.portcullis.datapath.packet.Frames;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.policy.Action;
import io.portcullis.policy.table.EthernetMatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Category ETHERNET on the engine: each frame by itself, before anything that knows connections. */
class FrameRulesOnEngineTest {
    private static final int PTP = 0x88f7;
    private static final FrameBuilder ARP = FrameBuilder.arpRequest(Frames.VM_MAC, Frames.VM, Frames.PEER);
    private static final FrameBuilder PTP_FRAME =
            FrameBuilder.frame(Frames.VM_MAC, Frames.PEER_MAC).etherType(PTP).payload(new byte[46]);

    private final EngineHarness vm = new EngineHarness();

    @AfterEach
    void close() {
        vm.close();
    }

    @Test
    void shouldPassAnEthertypeOnlyIfARuleAllowsIt() {
        vm.with(1, table(Action.ALLOW));
        assertThat(vm.out(PTP_FRAME)).isEqualTo(Verdict.DROP);
        assertThat(vm.counter("dropped.out.ethertype")).isEqualTo(1);
        vm.with(
                2,
                table(
                        Action.DROP,
                        aRule(5).ethernet(EthernetMatch.etherTypes(PTP)).allow()));
        assertThat(vm.out(PTP_FRAME)).isEqualTo(Verdict.ALLOW);
        assertThat(vm.engine.ruleHits()).containsEntry(5L, 1L);
        vm.with(
                3,
                table(
                        Action.ALLOW,
                        aRule(5).ethernet(EthernetMatch.etherTypes(PTP)).pass()));
        assertThat(vm.out(PTP_FRAME)).isEqualTo(Verdict.DROP);
    }

    @Test
    void shouldDropArpIfARuleSaysSo() {
        vm.with(
                1,
                table(
                        Action.ALLOW,
                        aRule(5).ethernet(EthernetMatch.etherTypes(EtherTypes.ARP))
                                .outbound()
                                .drop()));
        assertThat(vm.out(ARP)).isEqualTo(Verdict.DROP);
        assertThat(vm.counter("dropped.out.policy")).isEqualTo(1);
        assertThat(vm.in(FrameBuilder.arpRequest(Frames.PEER_MAC, Frames.PEER, Frames.VM)))
                .isEqualTo(Verdict.ALLOW);
    }

    @Test
    void shouldLeaveToTheOtherCategoriesWhatItAllows() {
        vm.with(1, table(Action.DROP, aRule(5).ethernet(EthernetMatch.ANY).allow()));
        assertThat(vm.out(fromVm().tcp(1, 443).flags(PacketView.TCP_SYN))).isEqualTo(Verdict.DROP);
        assertThat(vm.engine.connectionCount()).isZero();
    }

    @Test
    void shouldJudgeEveryFrameOfALiveConnection() {
        vm.with(1, table(Action.ALLOW));
        vm.openTcp(40_000);
        vm.with(
                2,
                table(
                        Action.ALLOW,
                        aRule(5).ethernet(EthernetMatch.ANY.from(Frames.PEER_MAC.toString()))
                                .drop()));
        assertThat(vm.out(EngineHarness.segment(40_000))).isEqualTo(Verdict.ALLOW);
        assertThat(vm.in(EngineHarness.answer(40_000))).isEqualTo(Verdict.DROP);
        vm.with(3, table(Action.ALLOW));
        assertThat(vm.in(EngineHarness.answer(40_000))).isEqualTo(Verdict.ALLOW);
    }

    @Test
    void shouldAnswerARejectedIpPacketAndNothingElse() {
        vm.with(1, table(Action.ALLOW, aRule(5).ethernet(EthernetMatch.ANY).reject()));
        assertThat(vm.out(ARP)).isEqualTo(Verdict.DROP);
        assertThat(vm.toVm.count()).isZero();
        assertThat(vm.out(fromVm().udp(1, 53))).isEqualTo(Verdict.REJECT);
        assertThat(EngineHarness.only(vm.toVm).isIcmpError()).isTrue();
        assertThat(vm.in(toVm().udp(1, 53))).isEqualTo(Verdict.REJECT);
    }
}
