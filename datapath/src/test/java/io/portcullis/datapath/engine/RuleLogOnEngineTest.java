package io.portcullis.datapath.engine;

import static io.portcullis.datapath.classify.Rules.aRule;
import static io.portcullis.datapath.classify.Rules.table;
import static io.portcullis.datapath.classify.Rules.tcp;
import static io.portcullis.datapath.packet.Frames.fromVm;
import static io.portcullis.datapath.packet.Frames.toVm;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.datapath.rulelog.RuleLog;
import io.portcullis.datapath.rulelog.RuleLogEvent;
import io.portcullis.datapath.rulelog.RuleLogEvent.Cause;
import io.portcullis.datapath.rulelog.RuleLogRing;
import io.portcullis.policy.Action;
import io.portcullis.policy.LiveFlowMode;
import io.portcullis.policy.table.EthernetMatch;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RuleLogOnEngineTest {
    private final EngineHarness vm = new EngineHarness();
    private final RuleLogRing ring = new RuleLogRing();

    @BeforeEach
    void log() {
        vm.engine.logTo(ring);
    }

    @AfterEach
    void close() {
        vm.close();
    }

    @Test
    void shouldLogTheFirstPacketOfEachConnectionAndNoOther() {
        vm.with(1, table(Action.DROP, aRule(7).service(tcp(443)).logged().allow(), aRule(8).allow()));
        vm.openTcp(40_000);
        vm.out(fromVm().udp(1, 53));
        assertThat(events()).singleElement().satisfies(event -> {
            assertThat(event.cause()).isEqualTo(Cause.FIRST_PACKET);
            assertThat(event.action()).isEqualTo(Action.ALLOW);
            assertThat(event.ruleName()).isEqualTo("test/7");
            assertThat(event.direction()).isEqualTo(Direction.OUT);
            assertThat(event.sourcePort()).isEqualTo(40_000);
            assertThat(event.tcpFlags()).isEqualTo(PacketView.TCP_SYN);
            assertThat(event.vnic()).hasToString("acme/web-1/eth0");
        });
    }

    @Test
    void shouldPutTheLabelOfTheRuleIntoEachLine() {
        vm.with(
                1,
                table(
                        Action.DROP,
                        aRule(7).service(tcp(443)).loggedAs("audit").allow(),
                        aRule(8).logged().allow()));
        vm.openTcp(40_000);
        vm.out(fromVm().udp(1, 53));
        assertThat(events())
                .extracting(RuleLogEvent::toString)
                .satisfiesExactly(
                        line -> assertThat(line).contains(" rule=test/7 label=audit ruleId=7 "),
                        line -> assertThat(line)
                                .contains(" rule=test/8 ruleId=8 ")
                                .doesNotContain("label"));
    }

    @Test
    void shouldLogACutWithTheRuleThatCuts() {
        vm.with(1, table(Action.ALLOW));
        vm.openTcp(40_000);
        vm.with(
                2,
                table(Action.ALLOW, aRule(9).live(LiveFlowMode.RESET).logged().drop()));
        vm.in(EngineHarness.answer(40_000));
        assertThat(events()).singleElement().satisfies(event -> {
            assertThat(event.cause()).isEqualTo(Cause.CUT);
            assertThat(event.ruleId()).isEqualTo(9);
            assertThat(event.revision()).isEqualTo(2);
            assertThat(event.direction()).isEqualTo(Direction.IN);
        });
    }

    @Test
    void shouldLogFramesThatARuleOfCategoryEthernetDecidesAbout() {
        vm.with(
                1,
                table(
                        Action.ALLOW,
                        aRule(5).ethernet(EthernetMatch.ANY).logged().drop()));
        vm.in(toVm().udp(1, 2));
        assertThat(events()).extracting(RuleLogEvent::cause).containsExactly(Cause.FRAME);
    }

    @Test
    void shouldCountWhatIsTooMuch() {
        vm.with(1, table(Action.DROP, aRule(7).logged().drop()));
        for (int i = 0; i < RuleLog.BURST_EVENTS + 200; i++) {
            vm.out(fromVm().udp(i + 1, 53));
        }
        // the harness lets one millisecond pass per frame: a token each tenth one
        int logged = events().size();
        assertThat(logged).isBetween(RuleLog.BURST_EVENTS, RuleLog.BURST_EVENTS + 80);
        assertThat(vm.counter("log.events")).isEqualTo(logged);
        assertThat(vm.counter("log.limited")).isEqualTo(RuleLog.BURST_EVENTS + 200 - logged);
        assertThat(vm.counter("log.dropped")).isZero();
    }

    private List<RuleLogEvent> events() {
        List<RuleLogEvent> events = new ArrayList<>();
        ring.drain(events::add, Integer.MAX_VALUE);
        return events;
    }
}
