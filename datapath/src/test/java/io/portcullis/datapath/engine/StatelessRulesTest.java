package io.portcullis.datapath.engine;

import static io.portcullis.datapath.classify.Rules.aRule;
import static io.portcullis.datapath.classify.Rules.table;
import static io.portcullis.datapath.classify.Rules.tcp;
import static io.portcullis.datapath.classify.Rules.udp;
import static io.portcullis.datapath.packet.Frames.datagramOf;
import static io.portcullis.datapath.packet.Frames.fromVm;
import static io.portcullis.datapath.packet.Frames.toVm;
import static io.portcullis.datapath.packet.PacketView.TCP_ACK;
import static io.portcullis.datapath.packet.PacketView.TCP_FIN;
import static io.portcullis.datapath.packet.PacketView.TCP_RST;
import static io.portcullis.datapath.packet.PacketView.TCP_SYN;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.classify.CompiledRules;
import io.portcullis.datapath.engine.ShadowReport.Difference;
import io.portcullis.datapath.guard.ConnectionLimits;
import io.portcullis.datapath.packet.FrameBuilder;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.datapath.rulelog.RuleLogEvent;
import io.portcullis.datapath.rulelog.RuleLogRing;
import io.portcullis.policy.Action;
import io.portcullis.policy.LiveFlowMode;
import io.portcullis.policy.TcpPickup;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.policy.table.ServiceMatch;
import io.portcullis.policy.table.TableRule;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Rules that judge each packet by itself, and rules that pick connections up or do not, frame by frame. */
class StatelessRulesTest {
    private static final int PORT = 40_000;
    private static final ServiceMatch FROM_443 = new ServiceMatch(6, 443, 443, 0, 65_535, -1, -1);
    private static final int SCTP_INIT = 1;
    private static final int SCTP_DATA = 0;

    private final EngineHarness vm = new EngineHarness();

    @AfterEach
    void close() {
        vm.close();
    }

    private static FrameBuilder request(int flags) {
        return fromVm().tcp(PORT, 443).flags(flags).sequence(9).acknowledgement(9);
    }

    private static FrameBuilder reply(int flags) {
        return toVm().tcp(443, PORT).flags(flags).sequence(9).acknowledgement(9);
    }

    @Test
    void shouldPassEveryPacketOfItsDirectionAndOpenNothing() {
        vm.with(
                1,
                table(
                        Action.DROP,
                        aRule(1).outbound().service(tcp(443)).stateless().allow()));

        for (int flags : new int[] {TCP_SYN, TCP_ACK, TCP_FIN | TCP_ACK, TCP_RST, TCP_SYN | TCP_ACK}) {
            assertThat(vm.out(request(flags))).as("flags %d", flags).isEqualTo(Verdict.ALLOW);
        }
        assertThat(vm.in(reply(TCP_SYN | TCP_ACK))).isEqualTo(Verdict.DROP);
        assertThat(vm.out(request(TCP_SYN | TCP_FIN))).as("nobody sends that").isEqualTo(Verdict.DROP);

        assertThat(vm.engine.connectionCount()).isZero();
        assertThat(vm.engine.ruleHits()).containsExactlyInAnyOrderEntriesOf(Map.of(1L, 5L, 0L, 0L));
        assertThat(vm.counter("dropped.in.invalid")).isOne();
        assertThat(vm.counter("invalid.no-connection")).isOne();
        assertThat(vm.counter("invalid.flags")).isOne();
        assertThat(vm.counter("connections.admitted")).isZero();
    }

    @Test
    void shouldPassRepliesByARuleOfTheirOwn() {
        vm.with(
                1,
                table(
                        Action.DROP,
                        aRule(1).outbound().service(tcp(443)).stateless().allow(),
                        aRule(2).inbound().service(FROM_443).stateless().allow()));

        assertThat(vm.out(request(TCP_SYN))).isEqualTo(Verdict.ALLOW);
        assertThat(vm.in(reply(TCP_SYN | TCP_ACK))).isEqualTo(Verdict.ALLOW);
        assertThat(vm.out(request(TCP_ACK))).isEqualTo(Verdict.ALLOW);
        assertThat(vm.engine.ruleHits()).containsEntry(1L, 2L).containsEntry(2L, 1L);
    }

    @Test
    void shouldDropAndRejectByStatelessRulesAndLeaveTheRestToTracking() {
        vm.with(
                1,
                table(
                        Action.ALLOW,
                        aRule(1).outbound().service(tcp(22)).stateless().drop(),
                        aRule(2).outbound().service(tcp(23)).stateless().reject(),
                        aRule(3).outbound().service(tcp(24)).drop()));

        assertThat(vm.out(fromVm().tcp(PORT, 22).flags(TCP_ACK))).isEqualTo(Verdict.DROP);
        assertThat(vm.counter("dropped.out.policy")).isOne();
        assertThat(vm.out(fromVm().tcp(PORT, 23).flags(TCP_ACK).acknowledgement(77)))
                .isEqualTo(Verdict.REJECT);
        assertThat(EngineHarness.only(vm.toVm).tcpSequence).isEqualTo(77);
        vm.toVm.clear();
        assertThat(vm.out(fromVm().tcp(PORT, 23).flags(TCP_RST)))
                .as("nobody answers a reset")
                .isEqualTo(Verdict.REJECT);
        assertThat(vm.toVm.isEmpty()).isTrue();
        assertThat(vm.out(fromVm().tcp(PORT, 24).flags(TCP_ACK))).isEqualTo(Verdict.DROP);
        assertThat(vm.out(fromVm().tcp(PORT, 25).flags(TCP_ACK)))
                .as("the default keeps state")
                .isEqualTo(Verdict.DROP);
        assertThat(vm.counter("dropped.out.invalid")).isEqualTo(2);
        assertThat(vm.engine.ruleHits()).containsExactlyInAnyOrderEntriesOf(Map.of(1L, 1L, 2L, 2L, 3L, 0L, 0L, 0L));
    }

    @Test
    void shouldLookForAConnectionFirst() {
        vm.with(
                1,
                table(
                        Action.DROP,
                        aRule(1).outbound().service(tcp(443)).allow(),
                        aRule(2).inbound().stateless().drop()));
        vm.openTcp(PORT);

        assertThat(vm.in(EngineHarness.answer(PORT))).isEqualTo(Verdict.ALLOW);
        assertThat(vm.in(reply(TCP_ACK).sequence(900_000_000)))
                .as("its connection knows better than any rule")
                .isEqualTo(Verdict.DROP);
        assertThat(vm.counter("invalid.sequence")).isOne();
        assertThat(vm.engine.ruleHits()).containsEntry(2L, 0L);
    }

    @Test
    void shouldJudgeDatagramsAndPingsInBothDirections() {
        vm.with(
                1,
                table(
                        Action.DROP,
                        aRule(1).outbound().service(udp(53)).stateless().allow(),
                        aRule(2).outbound()
                                .service(ServiceMatch.icmp(1, 8, 0))
                                .stateless()
                                .allow(),
                        aRule(3).inbound()
                                .service(ServiceMatch.icmp(1, 0, 0))
                                .stateless()
                                .allow()));

        assertThat(vm.out(fromVm().udp(5_000, 53))).isEqualTo(Verdict.ALLOW);
        assertThat(vm.in(toVm().udp(53, 5_000))).isEqualTo(Verdict.DROP);
        assertThat(vm.counter("dropped.in.policy")).isOne();
        assertThat(vm.out(fromVm().echoRequest(7, 1))).isEqualTo(Verdict.ALLOW);
        assertThat(vm.in(toVm().echoReply(7, 1))).isEqualTo(Verdict.ALLOW);
        assertThat(vm.in(toVm().echoReply(8, 1)))
                .as("nobody remembers a question")
                .isEqualTo(Verdict.ALLOW);
        assertThat(vm.engine.connectionCount()).isZero();
    }

    @Test
    void shouldPassErrorsByARuleOfTheirOwnButNoForgedOnes() {
        TableRule errors = aRule(3).inbound()
                .service(ServiceMatch.icmp(1, 3, -1))
                .stateless()
                .allow();
        FrameBuilder error =
                toVm().icmp(3, 3, 0).payload(datagramOf(fromVm().udp(5_000, 53).build()));
        vm.with(
                1,
                table(
                        Action.DROP,
                        aRule(1).outbound().service(udp(53)).stateless().allow()));
        vm.out(fromVm().udp(5_000, 53));
        assertThat(vm.in(error)).isEqualTo(Verdict.DROP);

        vm.with(2, table(Action.DROP, aRule(1).outbound().service(tcp(443)).allow(), errors));
        assertThat(vm.in(error)).isEqualTo(Verdict.ALLOW);
        vm.openTcp(PORT);
        byte[] forged =
                datagramOf(EngineHarness.segment(PORT).sequence(700_000_000).build());
        assertThat(vm.in(toVm().icmp(3, 3, 0).payload(forged))).isEqualTo(Verdict.DROP);
        assertThat(vm.counter("invalid.forged-error")).isOne();
    }

    private static FrameBuilder sctp(FrameBuilder frame, int from, int to, int tag, int chunk) {
        return frame.protocol(PacketView.PROTOCOL_SCTP)
                .payload(ByteBuffer.allocate(32)
                        .putShort((short) from)
                        .putShort((short) to)
                        .putInt(tag)
                        .putInt(0)
                        .put((byte) chunk)
                        .put((byte) 3)
                        .putShort((short) 20)
                        .array());
    }

    @Test
    void shouldJudgeChunksOfSctpByThemselves() {
        vm.with(
                1,
                table(
                        Action.DROP,
                        aRule(1).outbound()
                                .service(ServiceMatch.ports(PacketView.PROTOCOL_SCTP, 7, 7))
                                .stateless()
                                .allow(),
                        aRule(2).outbound()
                                .service(ServiceMatch.ports(PacketView.PROTOCOL_SCTP, 8, 8))
                                .allow()));

        assertThat(vm.out(sctp(fromVm(), 5, 7, 0, SCTP_INIT))).isEqualTo(Verdict.ALLOW);
        assertThat(vm.out(sctp(fromVm(), 5, 7, 99, SCTP_DATA))).isEqualTo(Verdict.ALLOW);
        assertThat(vm.in(sctp(toVm(), 7, 5, 99, SCTP_DATA))).isEqualTo(Verdict.DROP);
        assertThat(vm.engine.connectionCount()).isZero();
        assertThat(vm.out(sctp(fromVm(), 5, 8, 99, SCTP_DATA))).isEqualTo(Verdict.DROP);
        assertThat(vm.out(sctp(fromVm(), 5, 8, 0, SCTP_INIT))).isEqualTo(Verdict.ALLOW);
        assertThat(vm.engine.connectionCount()).isOne();
    }

    @Test
    void shouldJudgeFragmentsByTheFirst() {
        vm.with(
                1,
                table(
                        Action.DROP,
                        aRule(1).inbound().service(udp(53)).stateless().allow()));
        FrameBuilder allowed = toVm().udp(5, 53).payload(new byte[24]);

        assertThat(vm.in(allowed.fragment(1, 0, true))).isEqualTo(Verdict.ALLOW);
        assertThat(vm.in(allowed.fragment(1, 32, false))).isEqualTo(Verdict.ALLOW);
        FrameBuilder forbidden = toVm().udp(5, 54).payload(new byte[24]);
        assertThat(vm.in(forbidden.fragment(2, 0, true))).isEqualTo(Verdict.DROP);
        assertThat(vm.in(forbidden.fragment(2, 32, false))).isEqualTo(Verdict.DROP);
        assertThat(vm.engine.connectionCount()).isZero();
    }

    @Test
    void shouldNeverFillTheTableNorMeetLimits() {
        try (EngineHarness small = new EngineHarness(ConnectionLimits.onlyConnections(1))) {
            small.with(1, table(Action.DROP, aRule(1).inbound().stateless().allow()));
            for (int port = 1; port < 100; port++) {
                assertThat(small.in(toVm().tcp(port, 80).flags(TCP_SYN))).isEqualTo(Verdict.ALLOW);
            }
            assertThat(small.engine.connectionCount()).isZero();
        }
    }

    @Test
    void shouldPickUpWhereTheDecidingRuleDoes() {
        for (boolean isLoose : List.of(false, true)) {
            try (EngineHarness each = new EngineHarness()) {
                List<TableRule> rules = List.of(
                        aRule(1).outbound()
                                .service(tcp(1))
                                .pickup(TcpPickup.STRICT)
                                .allow(),
                        aRule(2).outbound()
                                .service(tcp(2))
                                .pickup(TcpPickup.LOOSE)
                                .allow(),
                        aRule(3).outbound().service(tcp(3)).allow(),
                        aRule(4).outbound()
                                .service(tcp(4))
                                .pickup(TcpPickup.STRICT)
                                .reject(),
                        aRule(5).outbound()
                                .service(tcp(5))
                                .pickup(TcpPickup.LOOSE)
                                .reject());
                each.with(1, new RuleTable("t", rules, Action.DROP, isLoose));

                assertThat(each.out(fromVm().tcp(PORT, 1).flags(TCP_ACK))).isEqualTo(Verdict.DROP);
                assertThat(each.counter("invalid.no-connection")).isOne();
                assertThat(each.out(fromVm().tcp(PORT, 2).flags(TCP_ACK))).isEqualTo(Verdict.ALLOW);
                assertThat(each.out(fromVm().tcp(PORT, 3).flags(TCP_ACK)).passes())
                        .isEqualTo(isLoose);
                assertThat(each.out(fromVm().tcp(PORT, 4).flags(TCP_ACK))).isEqualTo(Verdict.DROP);
                assertThat(each.out(fromVm().tcp(PORT, 5).flags(TCP_ACK))).isEqualTo(Verdict.REJECT);
                for (int flags : new int[] {TCP_RST, TCP_FIN | TCP_ACK, TCP_SYN | TCP_ACK}) {
                    assertThat(each.out(fromVm().tcp(PORT + 1, 2).flags(flags))).isEqualTo(Verdict.DROP);
                }
                for (int port = 1; port <= 3; port++) {
                    assertThat(each.out(fromVm().tcp(PORT + 2, port).flags(TCP_SYN)))
                            .isEqualTo(Verdict.ALLOW);
                }
                assertThat(each.engine.ruleHits()).containsEntry(1L, 1L).containsEntry(4L, 0L);
                assertThat(each.engine.connectionCount()).isEqualTo(isLoose ? 5 : 4);
            }
        }
    }

    @Test
    void shouldReleaseConnectionsToAStatelessRule() {
        vm.with(1, table(Action.DROP, aRule(1).outbound().allow()));
        vm.openTcp(PORT);
        vm.openTcp(PORT + 1);
        RuleTable stateless = table(
                Action.DROP,
                aRule(1).outbound().live(LiveFlowMode.RESET).stateless().allow());
        LiveFlowReview review = vm.engine.review(CompiledRules.of(stateless), 9);
        review.step(1_000, vm.nowNanos);
        assertThat(review.oneWay()).isEqualTo(2);
        assertThat(review.examples()).extracting(FlowExample::outcome).containsOnly(FlowOutcome.ONE_WAY);
        vm.with(2, stateless);

        assertThat(vm.out(EngineHarness.segment(PORT))).isEqualTo(Verdict.ALLOW);
        assertThat(vm.in(EngineHarness.answer(PORT))).isEqualTo(Verdict.DROP);
        assertThat(vm.in(EngineHarness.answer(PORT + 1)))
                .as("the answer comes first")
                .isEqualTo(Verdict.DROP);
        assertThat(vm.engine.connectionCount()).isZero();
        assertThat(vm.counter("connections.released")).isEqualTo(2);
        assertThat(vm.counter("connections.cut")).isZero();
        assertThat(vm.toVm.count() + vm.toNetwork.count()).isZero();
    }

    @Test
    void shouldKeepConnectionsOfWhichAStatelessRuleSaysSo() {
        vm.with(1, table(Action.DROP, aRule(1).outbound().allow()));
        vm.openTcp(PORT);
        vm.with(
                2,
                table(
                        Action.DROP,
                        aRule(1).outbound().live(LiveFlowMode.KEEP).stateless().allow()));

        assertThat(vm.in(EngineHarness.answer(PORT))).isEqualTo(Verdict.ALLOW);
        assertThat(vm.engine.connectionCount()).isOne();
        assertThat(vm.out(fromVm().tcp(PORT + 1, 443).flags(TCP_SYN))).isEqualTo(Verdict.ALLOW);
        assertThat(vm.engine.connectionCount()).isOne();
    }

    @Test
    void shouldMeetStatelessFlowsInMidStreamWhenStateIsKeptAgain() {
        vm.with(1, table(Action.DROP, aRule(1).stateless().allow()));
        assertThat(vm.out(request(TCP_SYN))).isEqualTo(Verdict.ALLOW);
        assertThat(vm.in(reply(TCP_SYN | TCP_ACK))).isEqualTo(Verdict.ALLOW);

        vm.with(2, table(Action.DROP, aRule(1).allow()));
        assertThat(vm.out(request(TCP_ACK))).isEqualTo(Verdict.DROP);
        vm.with(3, table(Action.DROP, aRule(1).pickup(TcpPickup.LOOSE).allow()));
        assertThat(vm.out(request(TCP_ACK))).isEqualTo(Verdict.ALLOW);
        assertThat(vm.engine.connectionCount()).isOne();
    }

    @Test
    void shouldLogEachPacketAsOne() {
        RuleLogRing ring = new RuleLogRing();
        vm.engine.logTo(ring);
        vm.with(1, table(Action.DROP, aRule(1).outbound().stateless().logged().allow()));
        vm.out(request(TCP_SYN));
        vm.out(request(TCP_ACK));

        List<RuleLogEvent> events = new ArrayList<>();
        ring.drain(events::add, 9);
        assertThat(events)
                .extracting(RuleLogEvent::cause)
                .containsOnly(RuleLogEvent.Cause.PACKET)
                .hasSize(2);
    }

    @Test
    void shouldSayInItsTraceWhatThePacketIs() {
        DecisionTrace trace = new DecisionTrace();
        vm.engine.setTrace(trace);
        vm.with(
                1,
                table(
                        Action.DROP,
                        aRule(7).outbound().stateless().allow(),
                        aRule(8).inbound().allow()));

        vm.out(request(TCP_ACK));
        assertThat(trace.isRuled()).isTrue();
        assertThat(trace.isStateless()).isTrue();
        assertThat(trace.ruleId()).isEqualTo(7);
        assertThat(trace.dropReason()).isNull();
        vm.in(reply(TCP_ACK));
        assertThat(trace.isRuled()).isFalse();
        assertThat(trace.isStateless()).isFalse();
        assertThat(trace.dropReason()).isEqualTo(DropReason.INVALID);
    }

    @Test
    void shouldCountInTheShadowWhatAStatelessPolicyWouldDoToAnswers() {
        vm.with(1, table(Action.DROP, aRule(1).outbound().allow()));
        vm.engine.installShadow(
                2,
                CompiledRules.of(
                        table(Action.DROP, aRule(1).outbound().stateless().allow())));
        vm.openTcp(PORT);
        vm.out(fromVm().udp(5_000, 53));

        ShadowReport report = vm.engine.shadowReport(vm.nowNanos);
        assertThat(report.examples()).singleElement().satisfies(example -> {
            assertThat(example.difference()).isEqualTo(Difference.WOULD_DENY);
            assertThat(example.sourcePort()).isEqualTo(443);
        });
        Survey survey = vm.engine.judgeLive();
        while (!survey.step(9, vm.nowNanos)) {
            // all of them
        }
        assertThat(vm.engine.shadowReport(vm.nowNanos).rules())
                .extracting(ShadowReport.RuleCount::wouldCut)
                .containsExactlyInAnyOrder(0L, 1L);
    }

    @Test
    void shouldCountInTheShadowOfStatelessRulesOnlyWhatItCanKnow() {
        vm.with(1, table(Action.DROP, aRule(1).stateless().allow()));
        vm.engine.installShadow(
                2, CompiledRules.of(table(Action.DROP, aRule(1).outbound().allow())));
        vm.out(request(TCP_SYN));
        vm.in(reply(TCP_SYN | TCP_ACK));
        vm.out(request(TCP_ACK));
        vm.out(fromVm().udp(5_000, 53));
        vm.in(toVm().udp(53, 5_000));
        assertThat(vm.engine.shadowReport(vm.nowNanos).examples())
                .as("answers of connections that it would know")
                .isEmpty();

        vm.engine.installShadow(
                3, CompiledRules.of(table(Action.DROP, aRule(1).stateless().drop())));
        vm.out(request(TCP_ACK));
        assertThat(vm.engine.shadowReport(vm.nowNanos).examples()).hasSize(1);
    }

    @Test
    void shouldCountInAStatelessShadowWhatItWouldLetPass() {
        vm.with(1, table(Action.ALLOW));
        vm.engine.installShadow(
                2,
                CompiledRules.of(
                        table(Action.DROP, aRule(1).outbound().stateless().allow())));
        assertThat(vm.out(request(TCP_ACK))).isEqualTo(Verdict.DROP);

        assertThat(vm.engine.shadowReport(vm.nowNanos).examples())
                .singleElement()
                .extracting(ShadowReport.Example::difference)
                .isEqualTo(Difference.WOULD_ALLOW);
    }
}
