package io.portcullis.datapath.engine;

import static io.portcullis.datapath.classify.Rules.aRule;
import static io.portcullis.datapath.classify.Rules.table;
import static io.portcullis.datapath.classify.Rules.tcp;
import static io.portcullis.datapath.classify.Rules.udp;
import static io.portcullis.datapath.packet.Frames.fromVm;
import static io.portcullis.datapath.packet.Frames.toVm;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.classify.CompiledRules;
import io.portcullis.datapath.engine.ShadowReport.Difference;
import io.portcullis.datapath.engine.ShadowReport.RuleCount;
import io.portcullis.datapath.packet.FrameBuilder;
import io.portcullis.datapath.packet.Frames;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.policy.Action;
import io.portcullis.policy.LiveFlowMode;
import io.portcullis.policy.table.EthernetMatch;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.policy.table.TableRule;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a shadow counts, and that it only counts. */
class ShadowPolicyTest {
    private static final TableRule HTTPS = aRule(1).outbound().service(tcp(443)).allow();
    private static final TableRule DNS = aRule(2).outbound().service(udp(53)).allow();

    private final EngineHarness vm = new EngineHarness();

    @AfterEach
    void close() {
        vm.close();
    }

    private void shadow(long revision, Action defaultAction, TableRule... rules) {
        RuleTable table = table(defaultAction, rules);
        assertThat(vm.engine.installShadow(revision, CompiledRules.of(table))).isTrue();
    }

    private void judgeLive() {
        Survey survey = vm.engine.judgeLive();
        assertThat(report().judging()).isTrue();
        while (!survey.step(2, vm.nowNanos)) {
            assertThat(report().judging()).isTrue();
        }
        assertThat(report().judging()).isFalse();
    }

    private ShadowReport report() {
        ShadowReport report = vm.engine.shadowReport(vm.nowNanos);
        assertThat(report).isNotNull();
        return report;
    }

    private static FrameBuilder syn(int port, int to) {
        return fromVm().tcp(port, to).flags(PacketView.TCP_SYN);
    }

    @Test
    void shouldCountNewConnectionsThatItWouldDenyOrAllow() {
        vm.with(1, table(Action.DROP, HTTPS));
        shadow(2, Action.DROP, DNS);

        vm.openTcp(40_000);
        assertThat(vm.out(fromVm().udp(4_000, 53))).isEqualTo(Verdict.DROP);
        assertThat(vm.out(syn(1, 22))).isEqualTo(Verdict.DROP);

        assertThat(report().rules())
                .containsExactly(
                        new RuleCount(2, DNS.name(), 1, 0, 1, 0),
                        new RuleCount(RuleTable.DEFAULT_RULE_ID, "", 2, 1, 0, 0));
        assertThat(report().examples())
                .extracting(ShadowReport.Example::difference)
                .containsExactly(Difference.WOULD_ALLOW, Difference.WOULD_DENY);
        ShadowReport.Example denied = report().examples().getLast();
        assertThat(denied.ruleNow()).isEqualTo(HTTPS.name());
        assertThat(denied.ruleThen()).isEmpty();
        assertThat(denied.destinationPort()).isEqualTo(443);
        assertThat(denied.source()).isEqualTo(Frames.VM);
        assertThat(vm.engine.ruleHits()).as("hits of what is in force").containsEntry(1L, 1L);
    }

    @Test
    void shouldJudgeLiveConnectionsOnceWhenItComesIntoForceAndWhenItChanges() {
        vm.with(1, table(Action.DROP, HTTPS, DNS));
        vm.openTcp(40_000);
        vm.openTcp(40_001);
        vm.out(fromVm().udp(4_000, 53));

        shadow(2, Action.DROP, DNS);
        judgeLive();

        assertThat(report().liveJudged()).isEqualTo(3);
        assertThat(report().rules()).containsExactly(new RuleCount(RuleTable.DEFAULT_RULE_ID, "", 0, 0, 0, 2));
        assertThat(vm.out(EngineHarness.segment(40_000)))
                .as("cut only in the shadow")
                .isEqualTo(Verdict.ALLOW);

        shadow(3, Action.DROP, aRule(3).outbound().live(LiveFlowMode.KEEP).drop());
        judgeLive();
        assertThat(report().rules()).as("counted anew").isEmpty();
        assertThat(vm.engine.connectionCount()).isEqualTo(3);
    }

    @Test
    void shouldEndASurveyWhoseShadowIsJudgedAnewOrGone() {
        vm.with(1, table(Action.DROP, HTTPS));
        vm.openTcp(40_000);
        vm.openTcp(40_001);
        shadow(2, Action.DROP);
        Survey first = vm.engine.judgeLive();
        assertThat(first.step(1, vm.nowNanos)).isFalse();

        judgeLive();

        assertThat(first.step(100, vm.nowNanos)).isTrue();
        assertThat(report().rules()).containsExactly(new RuleCount(RuleTable.DEFAULT_RULE_ID, "", 0, 0, 0, 2));
        Survey ofFormer = vm.engine.judgeLive();
        shadow(3, Action.DROP, DNS);
        assertThat(ofFormer.step(100, vm.nowNanos)).isTrue();
        assertThat(report().rules()).isEmpty();
    }

    @Test
    void shouldNotCountWhatThePolicyInForceCutsAnyway() {
        vm.with(1, table(Action.DROP, HTTPS));
        vm.openTcp(40_000);
        vm.with(2, table(Action.DROP, DNS));
        shadow(3, Action.DROP);
        judgeLive();

        assertThat(report().liveJudged()).isZero();
        assertThat(report().rules()).isEmpty();
    }

    @Test
    void shouldGoOnCountingWhenItsTableChanges() {
        vm.with(1, table(Action.DROP, HTTPS));
        shadow(2, Action.DROP, DNS);
        vm.out(fromVm().udp(4_000, 53));

        shadow(3, Action.DROP, HTTPS, DNS);
        vm.out(fromVm().udp(4_001, 53));

        assertThat(report().revision()).isEqualTo(3);
        assertThat(report().rules()).contains(new RuleCount(2, DNS.name(), 2, 0, 2, 0));
        assertThat(report().examples()).singleElement().satisfies(example -> {
            assertThat(example.times()).isEqualTo(2);
            assertThat(example.sourcePort()).isEqualTo(4_001);
        });
    }

    @Test
    void shouldLetNoOlderShadowReplaceAYoungerOne() {
        vm.with(1, table(Action.DROP, HTTPS));
        shadow(5, Action.DROP, DNS);

        assertThat(vm.engine.installShadow(4, null)).isFalse();
        assertThat(vm.engine.shadowHash()).isNotEmpty();
        assertThat(vm.engine.installShadow(6, null)).isTrue();
        assertThat(vm.engine.installShadow(5, CompiledRules.of(table(Action.DROP))))
                .isFalse();

        assertThat(vm.engine.shadowHash()).isEmpty();
        assertThat(vm.engine.shadowRevision()).isEqualTo(6);
        assertThat(vm.engine.shadowReport(vm.nowNanos)).isNull();
        assertThat(vm.engine.judgeLive()).isNull();
    }

    @Test
    void shouldJudgeFramesByCategoryEthernet() {
        TableRule noIpv4 = aRule(8).ethernet(EthernetMatch.etherTypes(0x0800)).drop();
        TableRule ptp = aRule(9).ethernet(EthernetMatch.etherTypes(0x88f7)).allow();
        vm.with(1, table(Action.DROP, HTTPS));
        shadow(2, Action.DROP, noIpv4, ptp, HTTPS);

        assertThat(vm.out(FrameBuilder.frame(Frames.VM_MAC, Frames.PEER_MAC).etherType(0x88f7)))
                .isEqualTo(Verdict.DROP);
        vm.openTcp(40_000);

        Map<String, RuleCount> counts = new TreeMap<>();
        report().rules().forEach(count -> counts.put(count.rule(), count));
        assertThat(counts)
                .containsOnly(
                        Map.entry(ptp.name(), new RuleCount(9, ptp.name(), 1, 0, 1, 0)),
                        Map.entry(noIpv4.name(), new RuleCount(8, noIpv4.name(), 1, 1, 0, 0)));
        assertThat(report().examples().getLast().etherType()).isEqualTo(0x88f7);
        assertThat(report().examples().getLast().source()).isNull();
    }

    @Test
    void shouldBoundItsExamplesAndKeepTheLatest() {
        vm.with(1, table(Action.ALLOW));
        shadow(2, Action.DROP);
        for (int port = 1_001; port <= 1_100; port++) {
            vm.out(fromVm().udp(4_000, port));
        }
        vm.in(toVm().udp(9, 7));

        assertThat(report().examples()).hasSize(DifferenceRing.CAPACITY);
        assertThat(report().examples().getFirst().destinationPort()).isEqualTo(7);
        assertThat(report().examples().get(1).destinationPort()).isEqualTo(1_100);
        assertThat(report().rules().getFirst().wouldDeny()).isEqualTo(101);
    }

    @Test
    void shouldBoundTheRulesOfAReport() {
        int many = ShadowPolicy.MAX_REPORTED_RULES + 50;
        TableRule[] rules = new TableRule[many];
        for (int i = 0; i < many; i++) {
            rules[i] = aRule(i + 1L).outbound().service(udp(1_000 + i)).allow();
        }
        vm.with(1, table(Action.DROP));
        shadow(2, Action.DROP, rules);
        for (int i = 0; i < many; i++) {
            vm.out(fromVm().udp(4_000, 1_000 + i));
        }

        assertThat(report().rules()).hasSize(ShadowPolicy.MAX_REPORTED_RULES);
        assertThat(report().omittedRules()).isEqualTo(50);
    }
}
