package io.portcullis.datapath.engine;

import static io.portcullis.datapath.classify.Rules.aRule;
import static io.portcullis.datapath.classify.Rules.table;
import static io.portcullis.datapath.classify.Rules.tcp;
import static io.portcullis.datapath.classify.Rules.udp;
import static io.portcullis.datapath.packet.Frames.fromVm;
import static io.portcullis.datapath.packet.Frames.toVm;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.packet.FrameBuilder;
import io.portcullis.datapath.packet.Frames;
import io.portcullis.datapath.packet.PacketParser;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.policy.Action;
import io.portcullis.policy.LiveFlowMode;
import io.portcullis.policy.table.TableRule;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What becomes of a live connection when a new revision is put in force. */
class LiveFlowTest {
    private static final int PORT = 40_000;
    private static final TableRule OLD = aRule(1).outbound().service(tcp(443)).allow();

    private final EngineHarness vm = new EngineHarness();

    @BeforeEach
    void open() {
        vm.with(1, table(Action.DROP, OLD));
        vm.openTcp(PORT);
    }

    @AfterEach
    void close() {
        vm.close();
    }

    @Test
    void shouldRememberTheRuleAndRevisionThatAllowItNow() {
        vm.with(2, table(Action.DROP, aRule(9).outbound().allow(), OLD));
        assertThat(vm.in(EngineHarness.answer(PORT)))
                .as("judged by its first packet, which went out")
                .isEqualTo(Verdict.ALLOW);
        assertThat(vm.engine.connections(1, vm.nowNanos)).singleElement().satisfies(connection -> {
            assertThat(connection.ruleId()).isEqualTo(9);
            assertThat(connection.policyRevision()).isEqualTo(2);
            assertThat(connection.admittingRuleId()).isEqualTo(1);
            assertThat(connection.admittingRevision()).isEqualTo(1);
        });
        vm.out(EngineHarness.segment(PORT));
        assertThat(vm.counter("connections.rechecked")).isEqualTo(1);
    }

    @Test
    void shouldCutWhatTheDefaultForbidsNow() {
        vm.with(2, table(Action.DROP));
        assertThat(vm.out(EngineHarness.segment(PORT))).isEqualTo(Verdict.DROP);
        assertThat(vm.engine.connectionCount()).isZero();
        assertThat(vm.counter("dropped.out.cut")).isEqualTo(1);
        assertThat(vm.in(EngineHarness.answer(PORT))).isEqualTo(Verdict.DROP);
        assertThat(vm.toVm.count() + vm.toNetwork.count()).isZero();
    }

    @Test
    void shouldAnswerWhenTheNewRuleRejects() {
        vm.with(2, table(Action.DROP, aRule(3).reject()));
        assertThat(vm.out(EngineHarness.segment(PORT))).isEqualTo(Verdict.REJECT);
        assertThat(EngineHarness.only(vm.toVm).tcpFlags).isEqualTo(PacketView.TCP_RST);
        assertThat(vm.toNetwork.isEmpty()).isTrue();
    }

    @Test
    void shouldKeepTheConnectionButNoNewOne() {
        vm.with(2, table(Action.DROP, aRule(3).live(LiveFlowMode.KEEP).drop()));
        assertThat(vm.out(EngineHarness.segment(PORT))).isEqualTo(Verdict.ALLOW);
        assertThat(vm.in(EngineHarness.answer(PORT))).isEqualTo(Verdict.ALLOW);
        assertThat(vm.out(fromVm().tcp(PORT + 1, 443).flags(PacketView.TCP_SYN)))
                .isEqualTo(Verdict.DROP);
        assertThat(vm.engine.connections(1, vm.nowNanos)).singleElement().satisfies(connection -> {
            assertThat(connection.ruleId()).isEqualTo(1);
            assertThat(connection.admittingRevision()).isEqualTo(1);
        });
        vm.with(3, table(Action.DROP));
        assertThat(vm.out(EngineHarness.segment(PORT)))
                .as("judged anew by the next revision")
                .isEqualTo(Verdict.DROP);
    }

    @Test
    void shouldResetBothEnds() {
        vm.with(2, table(Action.DROP, aRule(3).live(LiveFlowMode.RESET).drop()));
        assertThat(vm.in(EngineHarness.answer(PORT))).isEqualTo(Verdict.REJECT);
        PacketView toVm = EngineHarness.only(vm.toVm);
        assertThat(toVm.tcpFlags & PacketView.TCP_RST).isNotZero();
        assertThat(toVm.tcpSequence).as("where the VM expects its peer").isEqualTo(501);
        assertThat(toVm.destinationPort).isEqualTo(PORT);
        PacketView toPeer = EngineHarness.only(vm.toNetwork);
        assertThat(toPeer.tcpFlags & PacketView.TCP_RST).isNotZero();
        assertThat(toPeer.tcpSequence).as("where the peer expects the VM").isEqualTo(101);
        assertThat(toPeer.destinationPort).isEqualTo(443);
        assertThat(vm.engine.connectionCount()).isZero();
        assertThat(vm.counter("connections.cut")).isEqualTo(1);
    }

    @Test
    void shouldCutIcmpErrorsAboutItToo() {
        FrameBuilder error = toVm().icmp(3, 4, 1_400)
                .payload(Frames.datagramOf(EngineHarness.segment(PORT).build()));
        assertThat(vm.in(error)).isEqualTo(Verdict.ALLOW);
        vm.with(2, table(Action.DROP));
        assertThat(vm.in(error)).isEqualTo(Verdict.DROP);
        assertThat(vm.engine.connectionCount()).as("left to its next packet").isEqualTo(1);
    }

    @Test
    void shouldResetTheReceiverWhereItStandsIfDataIsUnderWay() {
        assertThat(vm.out(EngineHarness.segment(PORT).payload(new byte[100]))).isEqualTo(Verdict.ALLOW);
        vm.with(2, table(Action.DROP, aRule(3).live(LiveFlowMode.RESET).drop()));
        assertThat(vm.out(EngineHarness.segment(PORT).sequence(201).payload(new byte[100])))
                .isEqualTo(Verdict.REJECT);
        assertThat(vm.toNetwork.count()).isEqualTo(2);
        PacketView reset = new PacketView();
        for (int i = 0; i < 2; i++) {
            PacketParser.parse(vm.toNetwork.memory(), vm.toNetwork.offset(i), vm.toNetwork.length(i), reset);
            assertThat(reset.tcpSequence).isEqualTo(i == 0 ? 101 : 201);
        }
        assertThat(EngineHarness.only(vm.toVm).tcpSequence).isEqualTo(501);
    }

    @Test
    void shouldCutUdpWithoutReset() {
        vm.with(2, table(Action.DROP, aRule(4).outbound().service(udp(53)).allow()));
        assertThat(vm.out(fromVm().udp(4_000, 53))).isEqualTo(Verdict.ALLOW);
        vm.with(3, table(Action.DROP, aRule(5).live(LiveFlowMode.RESET).drop()));
        assertThat(vm.in(toVm().udp(53, 4_000))).isEqualTo(Verdict.DROP);
        assertThat(vm.toVm.count() + vm.toNetwork.count()).isZero();
    }
}
