package io.portcullis.datapath.engine;

import static io.portcullis.datapath.classify.Rules.aRule;
import static io.portcullis.datapath.classify.Rules.table;
import static io.portcullis.datapath.classify.Rules.tcp;
import static io.portcullis.datapath.packet.Frames.PEER;
import static io.portcullis.datapath.packet.Frames.PEER6;
import static io.portcullis.datapath.packet.Frames.PEER_MAC;
import static io.portcullis.datapath.packet.Frames.VM;
import static io.portcullis.datapath.packet.Frames.VM6;
import static io.portcullis.datapath.packet.Frames.VM_MAC;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.packet.Frames;
import io.portcullis.policy.Action;
import io.portcullis.policy.Category;
import io.portcullis.policy.evaluate.Cause;
import io.portcullis.policy.evaluate.FirstPacket;
import io.portcullis.policy.evaluate.FirstPacket.Datagram;
import io.portcullis.policy.table.EthernetMatch;
import io.portcullis.policy.table.RuleTable;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a firewall says about a flow when it is asked, and that asking leaves no trace. */
class FlowSearchTest {
    private static final int PORT = 40_000;
    private static final RuleTable HTTPS =
            table(Action.DROP, aRule(1).outbound().service(tcp(443)).allow());

    private final EngineHarness vm = new EngineHarness();

    @AfterEach
    void close() {
        vm.close();
    }

    private FlowSearch ask(Direction direction, Datagram datagram, boolean anySource) {
        FirstPacket packet = FirstPacket.of(datagram)
                .withMacs(
                        direction == Direction.OUT ? VM_MAC : PEER_MAC, direction == Direction.OUT ? PEER_MAC : VM_MAC);
        FlowSearch search = vm.engine.search(new FlowQuery(direction, packet, anySource, 2));
        while (!search.step(1, vm.nowNanos)) {
            // a slot at a time
        }
        return search;
    }

    @Test
    void shouldSayWhichRuleWouldDecideWithoutCountingIt() {
        vm.with(1, HTTPS);
        Map<String, Long> before = vm.engine.counters();

        FlowVerdict allowed =
                ask(Direction.OUT, Datagram.tcp(VM, PEER, PORT, 443), false).verdict();
        FlowVerdict dropped =
                ask(Direction.IN, Datagram.tcp(PEER, VM, PORT, 443), false).verdict();

        assertThat(allowed).isEqualTo(new FlowVerdict(Action.ALLOW, Cause.RULE, 1, "test/1", Category.APPLICATION));
        assertThat(dropped).isEqualTo(new FlowVerdict(Action.DROP, Cause.DEFAULT, 0, null, null));
        assertThat(vm.engine.ruleHits().values()).containsOnly(0L);
        assertThat(vm.engine.counters()).isEqualTo(before);
        assertThat(vm.engine.connectionCount()).isZero();
    }

    @Test
    void shouldSayThatThereAreNoRulesYet() {
        assertThat(ask(Direction.OUT, Datagram.tcp(VM, PEER, PORT, 443), false).verdict())
                .isNull();
    }

    @Test
    void shouldAskTheRulesOnFramesFirst() {
        vm.with(
                1,
                table(
                        Action.ALLOW,
                        aRule(7).ethernet(EthernetMatch.ANY).inbound().reject()));

        assertThat(ask(Direction.IN, Datagram.tcp(PEER, VM, PORT, 80), false).verdict())
                .isEqualTo(new FlowVerdict(Action.REJECT, Cause.RULE, 7, "test/7", Category.ETHERNET));
        assertThat(vm.engine.ruleHits()).containsEntry(7L, 0L);
        assertThat(ask(Direction.OUT, Datagram.icmp(VM6, PEER6, 135, 0), false).verdict())
                .extracting(FlowVerdict::cause)
                .isEqualTo(Cause.NEIGHBOURHOOD);
    }

    @Test
    void shouldFindTheConnectionOfAFiveTupleFromBothEnds() {
        vm.with(1, HTTPS);
        vm.openTcp(PORT);
        vm.nowNanos += 3_000_000_000L;

        FlowSearch asOpened = ask(Direction.OUT, Datagram.tcp(VM, PEER, PORT, 443), false);
        FlowSearch backwards = ask(Direction.IN, Datagram.tcp(PEER, VM, 443, PORT), false);

        assertThat(asOpened.matching()).isOne();
        assertThat(asOpened.connections())
                .isEqualTo(backwards.connections())
                .singleElement()
                .satisfies(connection -> {
                    assertThat(connection.state()).isEqualTo("ESTABLISHED");
                    assertThat(connection.ruleId()).isEqualTo(1);
                    assertThat(connection.idleNanos()).isGreaterThanOrEqualTo(2_900_000_000L);
                    assertThat(connection.ageNanos()).isGreaterThanOrEqualTo(connection.idleNanos());
                    assertThat(connection.packets()).isEqualTo(4);
                });
        assertThat(ask(Direction.OUT, Datagram.tcp(VM, PEER, PORT + 1, 443), false)
                        .matching())
                .isZero();
    }

    @Test
    void shouldCountAllConnectionsOfAFlowAndListSome() {
        vm.with(
                1,
                table(
                        Action.DROP,
                        aRule(1).outbound().service(tcp(443), tcp(80)).allow()));
        for (int i = 0; i < 5; i++) {
            vm.openTcp(PORT + i);
        }
        vm.out(Frames.fromVm().tcp(PORT, 80).flags(2));

        FlowSearch search = ask(Direction.OUT, Datagram.tcp(VM, PEER, 1, 443), true);

        assertThat(search.matching()).isEqualTo(5);
        assertThat(search.connections()).hasSize(2);
        assertThat(ask(Direction.IN, Datagram.tcp(PEER, VM, 1, PORT), true).matching())
                .as("opened from the other end")
                .isZero();
    }

    @Test
    void shouldNotFindWhatIsOver() {
        vm.with(1, HTTPS);
        vm.openTcp(PORT);
        vm.nowNanos += 6L * 24 * 3_600 * 1_000_000_000L;

        assertThat(ask(Direction.OUT, Datagram.tcp(VM, PEER, PORT, 443), false).matching())
                .isZero();
        assertThat(ask(Direction.OUT, Datagram.tcp(VM, PEER, PORT, 443), true).matching())
                .isZero();
        assertThat(vm.engine.connectionCount()).as("left to the sweep").isOne();
    }
}
